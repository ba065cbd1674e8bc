"""The promises of a demo run, in words, each with the reason why it was broken where it was. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.core.provider import Takeover
from gateway.core.settings import show_duration
from gateway.core.texts import Saying
from gateway.demo.traffic import HandIn

_NAMED = 5
"""How many references a reason names at most."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise in words, and where it was broken, why."""

    words: Saying
    because: Saying | None = None

    @property
    def held(self) -> bool:
        return self.because is None


def every_hand_in_taken(hand_ins: Sequence[HandIn]) -> Promise:
    reasons = Counter(hand_in.failure for hand_in in hand_ins if hand_in.reference is None)
    shown = ", ".join(f"{reason} ({count})" for reason, count in reasons.most_common(3))
    because = Saying("{count} failed: {reasons}", count=reasons.total(), reasons=shown) if reasons else None
    return Promise(Saying("no hand-in failed"), because)


def nothing_lost(lost: Sequence[str]) -> Promise:
    because = Saying("{count} lost: {references}", **_named(lost)) if lost else None
    return Promise(Saying("nothing that was accepted is lost"), because)


def none_waiting(waiting: Sequence[str]) -> Promise:
    because = Saying("{count} still wait: {references}", **_named(waiting)) if waiting else None
    return Promise(Saying("no ticket is left waiting"), because)


def handed_off_in_time(seconds: Sequence[float], within: float) -> Promise:
    """`seconds` of each hand-off, ascending."""
    words = Saying("every ticket was handed off within {limit}", limit=show_duration(within))
    late = [each for each in seconds if each > within]
    if not late:
        return Promise(words)
    return Promise(words, Saying("{count} late, the longest {longest}", count=len(late), longest=measured(late[-1])))


def taken_over(takeovers: Sequence[Takeover]) -> Promise:
    return Promise(Saying("the backup took over within its bound"), _why_not_taken_over(takeovers))


def one_copy(open_twice: Sequence[str]) -> Promise:
    because = Saying("{count} open twice: {references}", **_named(open_twice)) if open_twice else None
    return Promise(Saying("no ticket is open at two desks"), because)


def measured(seconds: float) -> str:
    """A measured time, to the millisecond."""
    return show_duration(round(seconds, 3))


def _named(references: Sequence[str]) -> dict[str, object]:
    return {"count": len(references), "references": ", ".join(references[:_NAMED])}


def _why_not_taken_over(takeovers: Sequence[Takeover]) -> Saying | None:
    for takeover in takeovers:
        took, bound = takeover.switch_seconds, takeover.detection_bound
        if took > bound:
            return Saying("it took {took}, the bound was {bound}", took=measured(took), bound=measured(bound))
    for takeover in takeovers:
        if takeover.met is False:
            return Saying("an assumption failed: {assumption}", assumption=takeover.failed_assumption)
        if takeover.met is None or takeover.to_provider is None:
            return Saying("a takeover isn't finished, or nobody took over")
    return None if takeovers else Saying("there was no takeover")
