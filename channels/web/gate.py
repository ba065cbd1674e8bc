"""The gate of a form: pure decisions about what may be a machine's doing. Nothing is dropped: what does not pass goes
back to its sender with all that was written, and a word about what to do."""

from collections.abc import Mapping
from dataclasses import dataclass

from channels.web.form_token import QUICKEST, FormToken, FormTokens
from channels.web.question import Question
from gateway.core.clock import Instant
from gateway.core.texts import Language, mark

TOKEN_FIELD = "form_token"  # noqa: S105 (a field's name)
TRAP_FIELD = "website"
"""Nobody sees this field; what fills it in is most likely a machine, or a password manager in good faith."""
ANSWER_FIELD = "sum"

_STALE = mark("This page had been open for too long. Your text is still here: please send it once more.")
_QUESTIONED = mark("One question first, since machines fill in forms too. It stands at the end of the form:")
_WRONG = mark("That was not the answer. Here is another question.")


@dataclass(frozen=True, slots=True)
class Passage:
    """What the gate says of a form that was sent."""

    token: FormToken
    """Its own, or the one to send it back with."""
    outcome: str | None = None
    """Why it goes back, as metrics call it: `stale`, `questioned`; None where it may pass."""
    notice: str | None = None
    """The same for people, in their language."""
    wrong: bool = False
    """The question was answered wrongly."""
    wait: float = 0.0
    """Seconds before it is taken: a right answer may come quicker than a person would give it."""


class Gate:
    """Judges what is sent with the forms of one kind."""

    def __init__(self, tokens: FormTokens) -> None:
        self._tokens = tokens

    def judge(self, fields: Mapping[str, str], language: Language, now: Instant, *, suspicious: bool) -> Passage:
        """`suspicious`: so many have come that this one is to be questioned in any case."""
        token = self._tokens.read(fields.get(TOKEN_FIELD, ""))
        if token is None:
            return Passage(self._tokens.fresh(now).again(now), "stale", language(_STALE))
        if token.expired(now):
            return Passage(token.again(now), "stale", language(_STALE))
        if token.asked:
            if self.question(token).answered_by(fields.get(ANSWER_FIELD, ""), language):
                return Passage(token, wait=max(0.0, QUICKEST - (now - token.issued_at)))
            return Passage(token.with_question(now), "questioned", language(_WRONG), wrong=True)
        if suspicious or fields.get(TRAP_FIELD) or token.too_quick(now):
            return Passage(token.with_question(now), "questioned", language(_QUESTIONED))
        return Passage(token)

    def question(self, token: FormToken) -> Question:
        return Question.of(self._tokens.secret_of(token))

    def token(self, fields: Mapping[str, str], now: Instant) -> FormToken:
        """The token that a form came with, to show it again; a fresh one in place of what is none, or too old."""
        token = self._tokens.read(fields.get(TOKEN_FIELD, ""))
        if token is None:
            return self._tokens.fresh(now)
        return token.again(now) if token.expired(now) else token

    def another(self, now: Instant) -> Passage:
        """A form with the same words for another message."""
        return Passage(self._tokens.fresh(now).again(now))

    def written(self, token: FormToken) -> str:
        return self._tokens.write(token)
