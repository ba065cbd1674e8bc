"""What a call hears where it stands: each answer follows from the kept call alone, so it can be given again."""

from collections.abc import Callable
from pathlib import Path

from channels.phone import inputs
from channels.phone.answers import (
    Address,
    Answer,
    Dial,
    Gather,
    Hangup,
    Page,
    Pause,
    Play,
    Prompts,
    Record,
    Redirect,
    Say,
)
from channels.phone.call import Call, Leg, Outcome, State
from channels.phone.menu import ANOTHER_DESK, CALL_BACK, LEAVE_MESSAGE, Choice, Wish, choices
from channels.phone.settings import Prompt, VoiceSettings
from channels.phone.spoken import is_number, seconds_of, spoken_reference
from gateway.core.clock import Instant
from gateway.core.texts import Texts, in_language, mark

TEXTS_FOLDER = Path(__file__).parent / "texts"
KEY_SECONDS = 5
"""How long a key is waited for after a menu."""
REFERENCE_SECONDS = 8
REFERENCE_DIGITS = 10
_WHISPER_PAUSE = 2
_LAST_CHANCE = 1
"""Seconds after the last word to an agent: a Gather has no shorter timeout."""
_HANG_UP: Answer = (Hangup(),)
_WORDS: dict[Prompt, str] = {
    "greeting": mark("Thank you for calling {organisation}."),
    "connecting": mark("One moment, please. We are connecting you."),
    "another": mark("We are trying another team for you. Please stay on the line."),
    "goodbye": mark("Thank you for calling. Goodbye."),
}
_LAST_WORDS = {
    Outcome.VOICEMAIL: mark("Thank you. We have your message."),
    Outcome.CALLBACK: mark("We will call you back at the number that you are calling from."),
    Outcome.UNANSWERED: mark("Nobody can take your call right now, but your request is with us."),
}


class Speaker:
    """The words of one channel; `own` is the organisation's folder of texts, which stand in place of ours."""

    def __init__(self, settings: VoiceSettings, organisation: str, own: Path | None = None) -> None:
        self._settings = settings
        self._organisation = organisation
        self._texts = Texts(TEXTS_FOLDER, own)
        self._verbs: dict[State, Callable[[Call], Answer]] = {
            State.LANGUAGE: self._language,
            State.MENU: self._menu,
            State.REFERENCE: self._reference,
            State.DIALLING: self._dialling,
            State.LEAVING: self._leaving,
            State.OFFER: self._offer,
            State.VOICEMAIL: self._voicemail,
            State.CLOSING: self._closing,
        }

    def answer_to(self, received: inputs.Input, call: Call) -> Answer:
        """What the webhook that brought `received` is answered, by the call as it is kept now."""
        match received:
            case inputs.Whispered() | inputs.WhisperKeys():
                return self._whisper(call, received.step, received.at)
            case inputs.Incoming() | inputs.Keys() | inputs.DialEnded() | inputs.RecordEnded():
                return self.answer(call)
            case _:
                return ()

    def answer(self, call: Call) -> Answer:
        """What the caller hears; only a cut line once the call is over."""
        verbs = self._verbs.get(call.state)
        return verbs(call) if verbs else _HANG_UP

    # questions

    def _language(self, call: Call) -> Answer:
        offered = enumerate(self._settings.languages, 1)
        lines = [self._say(language, mark("For English, press {key}."), key=key) for key, language in offered]
        return self._ask(call, (*self._opening(call), *lines))

    def _menu(self, call: Call) -> Answer:
        menu = choices(self._settings, callback=call.callback_offered)
        stay = self._say(call.language, mark("Or stay on the line."))
        return self._ask(call, (*self._opening(call), *(self._choice(call, choice) for choice in menu), stay))

    def _choice(self, call: Call, choice: Choice) -> Say:
        category = self._settings.category(choice.category)
        if category is not None:
            name = in_language(call.language, category.name)
            return self._say(call.language, mark("For {name}, press {key}."), name=name, key=choice.key)
        if choice.wish is Wish.CALLBACK:
            text = mark("To be called back instead of waiting, press {key}.")
        else:
            text = mark("If you already have a reference, press {key}.")
        return self._say(call.language, text, key=choice.key)

    def _reference(self, call: Call) -> Answer:
        if call.asked > 1:
            text = mark("That is no reference. Please key in its ten digits again.")
        else:
            text = mark("Please key in the ten digits of your reference.")
        return self._ask(call, (self._say(call.language, text),), REFERENCE_DIGITS, REFERENCE_SECONDS)

    def _leaving(self, call: Call) -> Answer:
        text = mark("If you have been helped, you can hang up. To speak to somebody else, press {key}.")
        return self._ask(call, (self._say(call.language, text, key=ANOTHER_DESK),))

    def _offer(self, call: Call) -> Answer:
        nobody = self._say(call.language, mark("Nobody can take your call right now."))
        back = self._say(call.language, mark("To be called back at this number, press {key}."), key=CALL_BACK)
        if not self._settings.voicemail.offer:
            return self._ask(call, (nobody, back))
        message = mark("To leave a message, press {key} or stay on the line.")
        return self._ask(call, (nobody, back, self._say(call.language, message, key=LEAVE_MESSAGE)))

    def _ask(self, call: Call, prompts: Prompts, most: int = 1, seconds: int = KEY_SECONDS) -> Answer:
        to = Address(Page.KEYS, call.step)
        return Gather(prompts, to, most, seconds), Redirect(to)

    # desks

    def _dialling(self, call: Call) -> Answer:
        leg = call.legs[-1]
        words = (*self._opening(call), self._prompt(call.language, "another" if len(call.legs) > 1 else "connecting"))
        if self._settings.star_leaves and len(call.legs) == 1:
            words = (*words, self._say(call.language, mark("You can leave the queue at any time by the star key.")))
        return (*words, self._dial(call, leg))

    def _dial(self, call: Call, leg: Leg) -> Dial:
        whisper = Address(Page.WHISPER, leg.step, names_call=True) if leg.desk.accept_key else None
        return Dial(
            leg.desk,
            to=Address(Page.DIAL, leg.step),
            status=Address(Page.STATUS, leg.step, names_call=True),
            whisper=whisper,
            caller_id=leg.desk.caller_id or (None if is_number(call.caller) else self._own_number(call)),
            star_leaves=self._settings.star_leaves,
        )

    def _own_number(self, call: Call) -> str:
        """In place of a caller's who hides his: a carrier takes none from us that is nobody's."""
        numbers = self._settings.numbers
        return call.called if call.called in numbers else numbers[0]

    def _whisper(self, call: Call, step: int, now: Instant) -> Answer:
        """At the desk's end: joined once the key was pressed, asked for it while there is time, else cut off."""
        leg = call.leg
        if call.state is not State.DIALLING or leg is None or leg.step != step:
            return _HANG_UP
        if leg.accepted_at is not None:
            return ()
        left = leg.desk.accept_within - (now - (now if leg.picked_up_at is None else leg.picked_up_at))
        if left <= 0 or leg.desk.accept_key is None:
            return _HANG_UP
        text = mark("A call from {organisation}. Press {key} to take it.")
        say = self._say(call.language, text, organisation=self._organisation, key=leg.desk.accept_key)
        once: Prompts = (say, Pause(_WHISPER_PAUSE))
        prompts = once * max(1, int(left // seconds_of(once)))
        return Gather(prompts, Address(Page.ACCEPT, step, names_call=True), 1, _LAST_CHANCE), Hangup()

    # messages and last words

    def _voicemail(self, call: Call) -> Answer:
        settings = self._settings.voicemail
        to = Address(Page.VOICEMAIL, call.step)
        if call.asked > 1:
            words: Prompts = (self._say(call.language, mark("We have not heard anything.")),)
        elif call.callback_offered:
            words = self._by_reference(call)  # that nobody can take the call was said with the offer
        else:
            nobody = self._say(call.language, mark("Nobody can take your call right now."))
            words = (*self._opening(call), nobody, *self._by_reference(call))
        how = mark("Please leave a message after the tone. It will be recorded. Press the hash key when you are done.")
        transcription = Address(Page.TRANSCRIPTION, call.step) if settings.transcribe else None
        record = Record(to, Address(Page.RECORDING, call.step), round(settings.longest), transcription)
        return (*words, self._say(call.language, how), record, Redirect(to))

    def _closing(self, call: Call) -> Answer:
        text = _LAST_WORDS.get(call.outcome) if call.outcome else None
        words = (self._say(call.language, text),) if text else ()
        # Whoever has left a message has just heard the reference.
        reference = () if call.outcome is Outcome.VOICEMAIL else self._by_reference(call)
        return (*self._opening(call), *words, *reference, self._prompt(call.language, "goodbye"), Hangup())

    # words

    def _opening(self, call: Call) -> Prompts:
        """The greeting in the first answer, the notice in the first one whose language is known."""
        greeting = (self._prompt(call.language, "greeting"),) if call.step == 1 else ()
        says_notice = call.step == call.notice_step and self._settings.notice is not None
        return (*greeting, *((self._prompt(call.language, "notice"),) if says_notice else ()))

    def _by_reference(self, call: Call) -> Prompts:
        """Twice, since nobody has a pen at once. Who keyed a reference in is told none: whether it is the same one
        would tell a stranger whose ticket that is."""
        if call.reference is None or call.claimed is not None:
            return ()
        said = spoken_reference(call.reference)
        text = mark("Your request has the reference {reference}. Once more: {reference}.")
        return (self._say(call.language, text, reference=said),)

    def _prompt(self, language: str, prompt: Prompt) -> Say | Play:
        if language in self._settings.audio.get(prompt, {}):
            return Play(prompt, language)
        own = {"greeting": self._settings.greeting, "notice": self._settings.notice}.get(prompt)
        if own is not None:
            return Say(in_language(language, own), language)
        return self._say(language, _WORDS[prompt], organisation=self._organisation)

    def _say(self, language: str, text: str, **values: object) -> Say:
        return Say(self._texts.get(language)(text, **values), language)
