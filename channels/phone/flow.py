"""The way of a call: a pure machine, moved by Twilio's webhooks and only forward.

| state     | the caller hears                | input                     | goes to                                    |
|-----------|---------------------------------|---------------------------|--------------------------------------------|
| -         | -                               | Incoming                  | the first of LANGUAGE, MENU, *next* needed |
| LANGUAGE  | "For English, press 2"          | Keys: a language, nothing | MENU or *next*                             |
|           |                                 | Keys: wrong               | again; the second time as for nothing      |
| MENU      | categories, callback, reference | Keys: a category, nothing | *next*                                     |
|           |                                 | Keys: callback            | CLOSING, callback                          |
|           |                                 | Keys: reference           | REFERENCE                                  |
|           |                                 | Keys: wrong               | again; the second time as for nothing      |
| REFERENCE | "Key in the ten digits"         | Keys: one that can be one | *next*; it is kept as claimed              |
|           |                                 | Keys: anything else       | again; the third time *next*               |
| DIALLING  | ringing                         | Whispered, WhisperKeys    | stays; when picked up, when accepted       |
|           |                                 | DialEnded: answered       | CLOSING, answered                          |
|           |                                 | DialEnded: in doubt       | LEAVING                                    |
|           |                                 | DialEnded: anything else  | *next*                                     |
|           |                                 | DialEnded, caller gone    | ENDED, answered or abandoned               |
|           |                                 | HungUp                    | GONE, for DialEnded may still come         |
| LEAVING   | "Somebody else? Press 1"        | Keys: 1                   | *next*                                     |
|           |                                 | Keys: nothing             | CLOSING, answered                          |
|           |                                 | Keys: wrong               | again; the second time as for nothing      |
|           |                                 | HungUp                    | ENDED, answered                            |
| OFFER     | "Called back, or a message?"    | Keys: 1                   | CLOSING, callback                          |
|           |                                 | Keys: 2, nothing          | VOICEMAIL, or CLOSING, unanswered          |
|           |                                 | Keys: wrong               | again; the second time as for nothing      |
| VOICEMAIL | "After the tone"                | RecordEnded: something    | CLOSING, or ENDED if gone; voicemail       |
|           |                                 | RecordEnded: nothing      | again; then CLOSING, unanswered            |
|           |                                 | HungUp                    | GONE; ENDED, voicemail, if there is one    |
| CLOSING   | the last words                  | HungUp                    | ENDED                                      |
| GONE      | -                               | DialEnded, RecordEnded    | ENDED, as they say                         |
|           |                                 | Recorded                  | ENDED, voicemail                           |
|           |                                 | RecordingAbsent           | ENDED, abandoned                           |
|           |                                 | NothingMore               | ENDED, by what is known                    |
| any other |                                 | HungUp                    | ENDED, abandoned                           |
| any       |                                 | NothingMore               | ENDED, as by HungUp and then from GONE     |
| any       |                                 | LegReported, Recorded     | stays; fills in what wasn't known          |

*next* is DIALLING the first desk that may be dialled now and has not been in this call; where there is none, OFFER if
callers may be called back, else VOICEMAIL, else CLOSING, unanswered.

What isn't in the table changes nothing, and the answer is what the state says: so a webhook that comes twice, because
Twilio or somebody else sends it again or a gateway died after its commit, hears the same answer as before, and one that
belongs to an earlier answer (its `step`) can't move a call that has gone on. What is dialled is kept with the call, so
that this answer is the same after a reload, too.

What Twilio does, that this rests on:
- A Gather without digits falls through: a Redirect after it brings us Keys without any. A hang-up there is told by the
  call's own status alone.
- Dial asks its action whoever hung up, and the caller's own status may come before or after it, or it never comes.
- A leg whose whisper ends without Hangup is joined, key or no key; so the document ends in one.
- Record without anything recorded never asks its action, and its `absent` comes later than the hang-up.
- Reports of legs come late and in any order: they fill in what isn't known, and decide nothing.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from channels.phone import inputs
from channels.phone.call import Call, Leg, LegResult, Outcome, State
from channels.phone.ending import end, end_leg, hang_up, is_about, keep_recording, miss_recording, settle, with_result
from channels.phone.legs import judge, note_report, note_whisper, with_leg
from channels.phone.menu import (
    ANOTHER_DESK,
    CALL_BACK,
    LEAVE_MESSAGE,
    MOST_ASKED,
    MOST_ASKED_REFERENCE,
    Wish,
    choices,
    chosen,
    chosen_language,
)
from channels.phone.settings import VoiceSettings
from gateway.core.clock import Instant
from gateway.core.dialling import Desk
from gateway.core.reference import parse_reference
from gateway.core.values import replace


class Facts(Protocol):
    """What the machine asks of the world, as it is at this moment."""

    def desks(self, call: Call) -> Sequence[Desk]:
        """Who may be dialled now for such a call, the best first: none that is down or closed."""

    def may_call_back(self, incoming: inputs.Incoming) -> bool:
        """Whether that caller's number may be called by us."""


class Flow:
    """A phone's way of dealing with calls."""

    def __init__(self, settings: VoiceSettings) -> None:
        self._settings = settings

    def begin(self, incoming: inputs.Incoming, facts: Facts) -> Call:
        """A call that is not known yet."""
        own = self._settings.number_languages.get(incoming.called)
        call = Call(
            sid=incoming.sid,
            caller=incoming.caller,
            called=incoming.called,
            began_at=incoming.at,
            language=own or self._settings.languages[0],
            state=State.LANGUAGE,
            step=0,
            attestation=incoming.attestation,
            callback_offered=self._settings.callback.offer and facts.may_call_back(incoming),
        )
        if own is None and len(self._settings.languages) > 1:
            return _to(call, State.LANGUAGE)
        return self._introduce(call, incoming.at, facts)

    def advance(self, call: Call, received: inputs.Input, facts: Facts) -> Call:
        """The call after it; the same where it changes nothing."""
        match received:
            case inputs.Keys():
                return self._hear_keys(call, received, facts) if received.step == call.step else call
            case inputs.Whispered() | inputs.WhisperKeys():
                return note_whisper(call, received)
            case inputs.DialEnded():
                return self._end_dial(call, received, facts) if received.step == call.step else call
            case inputs.LegReported():
                return note_report(call, received)
            case inputs.RecordEnded():
                return self._end_record(call, received) if received.step == call.step else call
            case inputs.Recorded():
                return keep_recording(call, received)
            case inputs.RecordingAbsent():
                return miss_recording(call, received)
            case inputs.HungUp():
                return hang_up(call, received.at)
            case inputs.NothingMore():
                return settle(call, received)
            case inputs.Incoming():
                return call

    # questions

    def _hear_keys(self, call: Call, keys: inputs.Keys, facts: Facts) -> Call:
        hear: Callable[[Call, inputs.Keys, Facts], Call] | None = {
            State.LANGUAGE: self._hear_language,
            State.MENU: self._hear_menu,
            State.REFERENCE: self._hear_reference,
            State.LEAVING: self._hear_leaving,
            State.OFFER: self._hear_offer,
        }.get(call.state)
        return hear(call, keys, facts) if hear else call

    def _hear_language(self, call: Call, keys: inputs.Keys, facts: Facts) -> Call:
        language = chosen_language(self._settings.languages, keys.digits)
        if language is None and _may_ask_again(call, keys):
            return _again(call)
        chosen = replace(call, language=language or call.language, language_chosen=language is not None)
        return self._introduce(chosen, keys.at, facts)

    def _introduce(self, call: Call, at: Instant, facts: Facts) -> Call:
        """The language is known: the next answer may say the notice."""
        if self._settings.notice is not None:
            call = replace(call, notice_step=call.step + 1, told_of_recording=True)
        if choices(self._settings, callback=call.callback_offered):
            return _to(call, State.MENU)
        return self._next(call, at, facts)

    def _hear_menu(self, call: Call, keys: inputs.Keys, facts: Facts) -> Call:
        choice = chosen(choices(self._settings, callback=call.callback_offered), keys.digits)
        if choice is None:
            return _again(call) if _may_ask_again(call, keys) else self._next(call, keys.at, facts)
        if choice.wish is Wish.CALLBACK:
            return _to(call, State.CLOSING, outcome=Outcome.CALLBACK)
        if choice.wish is Wish.REFERENCE:
            return _to(call, State.REFERENCE)
        return self._next(replace(call, category=choice.category), keys.at, facts)

    def _hear_reference(self, call: Call, keys: inputs.Keys, facts: Facts) -> Call:
        claimed = parse_reference(keys.digits)
        if claimed is None and call.asked < MOST_ASKED_REFERENCE:
            return _again(call)
        return self._next(replace(call, claimed=claimed), keys.at, facts)

    def _hear_leaving(self, call: Call, keys: inputs.Keys, facts: Facts) -> Call:
        if keys.digits == ANOTHER_DESK:
            return self._next(with_result(call, LegResult.LEFT), keys.at, facts)
        if _may_ask_again(call, keys):
            return _again(call)
        return _to(with_result(call, LegResult.ANSWERED), State.CLOSING, outcome=Outcome.ANSWERED)

    def _hear_offer(self, call: Call, keys: inputs.Keys, _: Facts) -> Call:
        if keys.digits == CALL_BACK:
            return _to(call, State.CLOSING, outcome=Outcome.CALLBACK)
        if keys.digits != LEAVE_MESSAGE and _may_ask_again(call, keys):
            return _again(call)
        return self._take_message(call)

    # desks

    def _next(self, call: Call, at: Instant, facts: Facts) -> Call:
        tried = {leg.desk.provider for leg in call.legs}
        desk = next((each for each in facts.desks(call) if each.provider not in tried), None)
        if desk is not None:
            return _to(call, State.DIALLING, legs=(*call.legs, Leg(call.step + 1, desk, at)))
        return _to(call, State.OFFER) if call.callback_offered else self._take_message(call)

    def _end_dial(self, call: Call, ended: inputs.DialEnded, facts: Facts) -> Call:
        if not is_about(call, State.DIALLING):
            return call
        leg = call.legs[-1]
        verdict = judge(leg, ended, star_leaves=self._settings.star_leaves)
        call = with_leg(call, replace(leg, ended_at=ended.at, seconds=ended.seconds, sip_code=ended.sip_code))
        if ended.caller_gone or call.state is State.GONE:
            return end_leg(hang_up(call, ended.at), verdict)
        if verdict is None:
            return _to(call, State.LEAVING)
        call = with_result(call, verdict)
        if verdict is LegResult.ANSWERED:
            return _to(call, State.CLOSING, outcome=Outcome.ANSWERED)
        return self._next(call, ended.at, facts)

    # messages

    def _take_message(self, call: Call) -> Call:
        if self._settings.voicemail.offer:
            return _to(call, State.VOICEMAIL, told_of_recording=True)
        return _to(call, State.CLOSING, outcome=Outcome.UNANSWERED)

    def _end_record(self, call: Call, ended: inputs.RecordEnded) -> Call:
        if not is_about(call, State.VOICEMAIL):
            return call
        if ended.caller_gone or call.state is State.GONE:
            left = hang_up(call, ended.at)
            return end(left, Outcome.VOICEMAIL) if ended.seconds else left
        if ended.seconds:
            return _to(call, State.CLOSING, outcome=Outcome.VOICEMAIL)
        return _again(call) if call.asked < MOST_ASKED else _to(call, State.CLOSING, outcome=Outcome.UNANSWERED)


def _to(call: Call, state: State, **changes: Any) -> Call:
    """A new answer: whatever belongs to the one before is late from now on."""
    return replace(call, state=state, step=call.step + 1, **{"asked": 1, **changes})


def _again(call: Call) -> Call:
    return _to(call, call.state, asked=call.asked + 1)


def _may_ask_again(call: Call, keys: inputs.Keys) -> bool:
    """A wrong key is asked again; who presses nothing has no keys, or wants to speak to somebody."""
    return bool(keys.digits) and call.asked < MOST_ASKED
