"""What a call leaves in its ticket, in words: who called, how it went, what was said after the tone.

Desks are counted and not named: requesters may read this on their page, and other providers at their desks. Events have
the names.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from channels.phone.call import Call, Leg, LegResult, Outcome
from channels.phone.facts import answered_at, facts_of, rang_for
from channels.phone.settings import VoiceSettings
from channels.phone.speaking import TEXTS_FOLDER
from channels.phone.spoken import is_number
from gateway.core.clock import Instant
from gateway.core.reference import show_reference
from gateway.core.texts import Language, Texts, in_language, mark

_TRANSCRIPTION_LENGTH = 10_000

_LEGS: Mapping[LegResult, str] = {
    LegResult.BUSY: mark("Desk {number}: busy."),
    LegResult.NO_ANSWER: mark("Desk {number}: no answer in {rang}."),
    LegResult.FAILED: mark("Desk {number}: could not be reached."),
    LegResult.NOT_ACCEPTED: mark("Desk {number}: a queue or a machine picked up, and nobody took the call."),
    LegResult.LEFT: mark("Desk {number}: the caller left its queue."),
    LegResult.CANCELED: mark("Desk {number}: rang for {rang}, until the caller hung up."),
}
_OUTCOMES: Mapping[Outcome, str] = {
    Outcome.ANSWERED: mark("The call was answered after {waiting}; they spoke for {talking}."),
    Outcome.VOICEMAIL: mark("Nobody answered within {waiting}; the caller left a message."),
    Outcome.CALLBACK: mark("The caller waited {waiting} and asks to be called back at this number."),
    Outcome.UNANSWERED: mark("Nobody answered within {waiting}, and the caller left no message."),
    Outcome.ABANDONED: mark("The caller hung up after {waiting}, before anybody answered."),
}


class Teller:
    """Of one channel; `own` is the organisation's folder of texts, which stand in place of ours."""

    def __init__(self, settings: VoiceSettings, own: Path | None = None) -> None:
        self._settings = settings
        self._texts = Texts(TEXTS_FOLDER, own)

    def subject(self, call: Call) -> str:
        """Of the call's ticket."""
        say = self._texts.get(call.language)
        category = self._settings.category(call.category)
        if category is None:
            return say(mark("Phone call"))
        return say(mark("Phone call: {category}"), category=in_language(call.language, category.name))

    def opening(self, call: Call, *, joined: bool) -> str:
        """The first message: who calls, by what number, for what. `joined` where it is in the ticket whose reference
        the caller keyed in."""
        return "\n".join(self._opening(call, self._texts.get(call.language), joined=joined))

    def account(self, call: Call) -> str:
        """Of a call that has ended: how long the caller waited, who was dialled and with what result."""
        say = self._texts.get(call.language)
        facts = facts_of(call)
        outcome = call.outcome or Outcome.ABANDONED
        waiting, talking = lasting(say, facts.waiting), lasting(say, facts.talking)
        legs = (self._leg(say, number, leg, call.began_at) for number, leg in enumerate(call.legs, 1))
        return "\n".join([*legs, say(_OUTCOMES[outcome], waiting=waiting, talking=talking)])

    def recording(self, call: Call, seconds: float) -> str:
        """Goes with the recording itself."""
        say = self._texts.get(call.language)
        return say(mark("Message that the caller left, {seconds} long."), seconds=lasting(say, seconds))

    def recording_name(self, call: Call, number: int) -> str:
        """What the file is called; `number` counts the call's recordings from 1."""
        word = self._texts.get(call.language)(mark("message"))
        return f"{word}-{number}.mp3"

    def transcription(self, call: Call, text: str) -> str:
        """As a machine wrote the message down."""
        say = self._texts.get(call.language)
        heading = say(mark("The message as a machine wrote it down, which may have misheard:"))
        return f"{heading}\n\n{text[:_TRANSCRIPTION_LENGTH]}"

    def _opening(self, call: Call, say: Language, *, joined: bool) -> Iterator[str]:
        if is_number(call.caller):
            yield say(mark("Phone call from {caller} to {called}."), caller=call.caller, called=call.called)
            yield say(mark("The network shows the caller's number; nobody has proved that it is the caller's."))
        else:
            yield say(mark("Phone call to {called}. The caller's number is withheld."), called=call.called)
        category = self._settings.category(call.category)
        if category is not None:
            yield say(mark("Chosen by key: {category}."), category=in_language(call.language, category.name))
        if joined:
            yield say(mark("The caller keyed in the reference of this request."))
        elif call.claimed is not None:
            text = mark("The caller keyed in the reference {reference}, and is not known to be its requester.")
            yield say(text, reference=show_reference(call.claimed))
        if call.told_of_recording and self._settings.notice is not None:
            yield say(mark("The caller heard the notice about recording."))

    def _leg(self, say: Language, number: int, leg: Leg, began_at: Instant) -> str:
        rang = lasting(say, rang_for(leg))
        if leg.result is LegResult.ANSWERED:
            after = lasting(say, answered_at(leg) - began_at)
            return say(mark("Desk {number}: answered, {after} after the call began."), number=number, after=after)
        return say(_LEGS[leg.result or LegResult.CANCELED], number=number, rang=rang)


def lasting(say: Language, seconds: float) -> str:
    """`12 s`, `2 min 5 s`."""
    whole = round(max(0.0, seconds))
    if whole < 60:
        return say(mark("{seconds} s"), seconds=whole)
    return say(mark("{minutes} min {seconds} s"), minutes=whole // 60, seconds=whole % 60)
