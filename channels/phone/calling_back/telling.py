"""What a call back leaves in its ticket, in words.

Desks are counted and not named: requesters may read this on their page, and other providers at their desks. Events have
the names.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from channels.phone.call import LegResult
from channels.phone.calling_back.callback import Answered, Callback, DeskLeg, Outcome, Refusal, RequesterLeg
from channels.phone.calling_back.story import talking
from channels.phone.speaking import TEXTS_FOLDER
from channels.phone.telling import lasting
from gateway.core.clock import Instant
from gateway.core.texts import Language, Texts, mark

_LEGS: Mapping[LegResult, str] = {
    LegResult.BUSY: mark("Desk {number}: busy."),
    LegResult.NO_ANSWER: mark("Desk {number}: no answer."),
    LegResult.NOT_ACCEPTED: mark("Desk {number}: a queue or a machine picked up, and nobody took the call."),
}
_NOT_CALLED = mark("Desk {number}: could not be reached.")
_OUTCOMES: Mapping[Outcome, str] = {
    Outcome.REACHED: mark("Called back, {waiting} after it was asked for; they spoke for {talking}."),
    Outcome.NOT_REACHED: mark("Called back in vain: the person did not answer. Calls: {tries}."),
    Outcome.NO_AGENT: mark("Not called back: no agent took the call within {waiting}."),
    Outcome.DECLINED: mark("Called back: whoever answered does not want to be called."),
}
_REFUSALS: Mapping[Refusal, str] = {
    Refusal.NO_NUMBER: mark("Not called back automatically: the number is withheld, or is none."),
    Refusal.COUNTRY: mark("Not called back automatically: the number is of a country that is not called."),
    Refusal.COSTLY: mark("Not called back automatically: the number is no ordinary subscriber's, and may be costly."),
    Refusal.NOT_VERIFIED: mark("Not called back automatically: nobody has proved that number."),
    Refusal.UNWANTED: mark("Not called back automatically: that number does not want to be called."),
    Refusal.HOURS: mark("Not called back automatically: people are not called at this time."),
    Refusal.OURS: mark("Not called back automatically: the number is one of ours."),
    Refusal.BUSY: mark("Not called back automatically: that number is being called back for another request."),
    Refusal.MOST_A_DAY: mark("Not called back automatically: there were as many calls back as there may be in a day."),
    Refusal.MOST_A_DAY_EACH: mark(
        "Not called back automatically: that number was called as often as it may be in a day."
    ),
    Refusal.SPEND: mark("Not called back automatically: the day's money for calls back is spent."),
}
_STILL_WAITS = mark("The person is waiting for a call.")


class CallbackTeller:
    """Of one channel; `own` is the organisation's folder of texts, which stand in place of ours."""

    def __init__(self, own: Path | None = None) -> None:
        self._texts = Texts(TEXTS_FOLDER, own)

    def account(self, callback: Callback) -> str:
        """Of one that has ended: who was called and with what result."""
        say = self._texts.get(callback.language)
        waits = [say(_STILL_WAITS)] if _still_waits(callback) else []
        return "\n".join([*self._legs(say, callback), self._outcome(say, callback), *waits])

    def _legs(self, say: Language, callback: Callback) -> Iterator[str]:
        """What came of each desk, once with how often: there may be many rounds."""
        numbers = {name: number for number, name in enumerate(dict.fromkeys(map(_desk, callback.legs)), 1)}
        lines = Counter(self._leg(say, numbers[_desk(leg)], leg) for leg in callback.legs)
        for line, times in lines.items():
            yield line if times == 1 else say(mark("{line} ({times} times)"), line=line, times=times)

    def _leg(self, say: Language, number: int, leg: DeskLeg) -> str:
        if leg.requester is None:
            return say(_LEGS.get(leg.result or LegResult.FAILED, _NOT_CALLED), number=number)
        return say(_requester_words(leg.requester), number=number)

    def _outcome(self, say: Language, callback: Callback) -> str:
        if callback.refusal is not None:
            return say(_REFUSALS[callback.refusal])
        waiting = lasting(say, _waited_until(callback) - callback.asked_at)
        text = _OUTCOMES[callback.outcome or Outcome.NO_AGENT]
        return say(text, waiting=waiting, talking=lasting(say, talking(callback)), tries=callback.tries)


def _desk(leg: DeskLeg) -> str:
    return leg.desk.provider


def _requester_words(requester: RequesterLeg) -> str:
    if requester.answered is Answered.JOINED:
        return mark("Desk {number}: an agent took the call, and the person answered.")
    if requester.answered is Answered.DECLINED:
        return mark("Desk {number}: an agent took the call, and the person did not want it.")
    if requester.picked_up_at is not None:
        return mark("Desk {number}: an agent took the call; at the person's number nobody pressed the key.")
    return mark("Desk {number}: an agent took the call, and the person did not answer.")


def _waited_until(callback: Callback) -> Instant:
    joined = next((leg.requester.joined_at for leg in callback.legs if leg.requester and leg.requester.joined_at), None)
    ended_at = callback.asked_at if callback.ended_at is None else callback.ended_at
    return ended_at if joined is None else joined


def _still_waits(callback: Callback) -> bool:
    """Who has asked for a call and has not been called."""
    return callback.asked_by is None and callback.outcome in (Outcome.NO_AGENT, Outcome.REFUSED)
