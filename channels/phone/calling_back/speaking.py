"""What is heard at the two ends of a call back. Each answer follows from what is kept alone: it can be given again."""

from pathlib import Path

from channels.phone.answers import Address, Answer, DialRequester, Gather, Hangup, Page, Pause, Prompts, Say
from channels.phone.call import LegResult
from channels.phone.calling_back.callback import Answered, Callback, DeskLeg
from channels.phone.calling_back.flow import DECLINE_KEY, JOIN_KEY, accept_key
from channels.phone.calling_back.guard import GREETING_WITHIN, accept_within
from channels.phone.settings import CallbackSettings
from channels.phone.speaking import TEXTS_FOLDER
from channels.phone.spoken import seconds_of, spoken_reference
from gateway.core.clock import Instant
from gateway.core.texts import Texts, mark

_PAUSE = 2
_LAST_CHANCE = 1
"""Seconds after the last word: a Gather has no shorter timeout."""
_HANG_UP: Answer = (Hangup(),)


class CallbackSpeaker:
    """The words of one channel; `own` is the organisation's folder of texts, which stand in place of ours."""

    def __init__(self, settings: CallbackSettings, organisation: str, own: Path | None = None) -> None:
        self._settings = settings
        self._organisation = organisation
        self._texts = Texts(TEXTS_FOLDER, own)

    # the desk's end

    def to_agent(self, callback: Callback, step: int, now: Instant) -> Answer:
        """Who has picked up is asked for the key while there is time; whose key has come waits for the requester."""
        leg = callback.leg_of(step)
        if leg is None or leg is not callback.legs[-1]:
            return _HANG_UP
        if leg.requester is not None and leg.requester.answered is None:
            return self._call_requester(callback, leg)
        if leg.result is not None or leg.picked_up_at is None:
            return _HANG_UP
        text = mark("A call back for {organisation}, reference {reference}. Press {key} to have the person called now.")
        say = self._say(
            callback,
            text,
            organisation=self._organisation,
            reference=spoken_reference(callback.reference),
            key=accept_key(leg.desk),
        )
        left = accept_within(leg.desk) - (now - leg.picked_up_at)
        return _asked(say, left, Address(Page.CALLBACK_ACCEPT, step, names_call=True))

    def to_agent_afterwards(self, callback: Callback, step: int) -> Answer:
        """The requester's line is cut; `step` is the one that called it."""
        leg = next((leg for leg in callback.legs if leg.requester and leg.requester.step == step), None)
        answered = leg.requester.answered if leg and leg.requester else None
        if answered is Answered.NOBODY:
            return self._say(callback, mark("The person could not be reached. Thank you. Goodbye.")), Hangup()
        if answered is Answered.DECLINED:
            return self._say(callback, mark("The person does not want to be called. Thank you. Goodbye.")), Hangup()
        return _HANG_UP

    def _call_requester(self, callback: Callback, leg: DeskLeg) -> Answer:
        requester = leg.requester
        if requester is None or leg.result is not LegResult.ANSWERED:
            return _HANG_UP
        wait = self._say(callback, mark("Thank you. We are calling the person now. Please stay on the line."))
        dial = DialRequester(
            callback.number,
            to=Address(Page.CALLBACK_OVER, requester.step, names_call=True),
            greeting=Address(Page.CALLBACK_GREETING, requester.step, names_call=True),
            caller_id=callback.caller_id,
            timeout=round(self._settings.ring),
            longest=round(self._settings.longest),
        )
        return wait, dial

    # the requester's end

    def to_requester(self, callback: Callback, step: int, now: Instant) -> Answer:
        """Who calls, and a key to speak; nothing of the request itself, since anybody may have picked up."""
        leg = callback.legs[-1] if callback.legs else None
        requester = leg.requester if leg else None
        if requester is None or requester.step != step or requester.picked_up_at is None:
            return _HANG_UP
        if requester.answered is Answered.JOINED and requester.ended_at is None:
            return ()
        if requester.answered is Answered.DECLINED:
            return self._say(callback, mark("We will not call you about this again. Goodbye.")), Hangup()
        if requester.answered is not None:
            return _HANG_UP
        if callback.asked_by is None:
            text = mark(
                "This is {organisation}. You asked us to call you back. To speak with us, press {join}. "
                "If you do not want this call, press {decline}."
            )
        else:
            text = mark(
                "This is {organisation}, about your request. To speak with us, press {join}. "
                "If you do not want this call, press {decline}."
            )
        say = self._say(callback, text, organisation=self._organisation, join=JOIN_KEY, decline=DECLINE_KEY)
        left = GREETING_WITHIN - (now - requester.picked_up_at)
        return _asked(say, left, Address(Page.CALLBACK_JOIN, step, names_call=True))

    def _say(self, callback: Callback, text: str, **values: object) -> Say:
        return Say(self._texts.get(callback.language)(text, **values), callback.language)


def _asked(say: Say, left: float, to: Address) -> Answer:
    """Said again and again while there is time for the key; then the line is cut."""
    if left <= 0:
        return _HANG_UP
    once: Prompts = (say, Pause(_PAUSE))
    return Gather(once * max(1, int(left // seconds_of(once))), to, 1, _LAST_CHANCE), Hangup()
