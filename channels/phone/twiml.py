"""Answers as TwiML. All of it is built by Twilio's library, which escapes what it is given (T37)."""

import secrets
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from twilio.twiml.voice_response import VoiceResponse  # type: ignore[import-untyped]

from channels.phone import answers
from channels.phone.settings import VoiceName, VoiceSettings

_VOICES = {
    "es": VoiceName(voice="Polly.Lucia", locale="es-ES"),
    "en": VoiceName(voice="Polly.Amy", locale="en-GB"),
}
_LEG_EVENTS = "initiated ringing answered completed"
SILENCE = 5
"""Seconds of silence that end a message."""
_AUDIO = "audio"
NOTHING = str(VoiceResponse())
"""What most webhooks are answered: Twilio goes on as it would."""
_THE_CALL = secrets.token_hex(16)
"""Stands where the call's own name comes in: nobody else's words can have it in them."""
_DOCUMENTS = 256
"""That are kept, of a kilobyte each: all but those that read a reference out are alike for many calls."""


def voice_of(settings: VoiceSettings, language: str) -> VoiceName:
    """Who speaks that language."""
    own = {str(each): voice for each, voice in settings.voices.items()}
    return own.get(language) or _VOICES[language]


class TwiML:
    """Writes answers down. `base` is where Twilio reaches the channel, without a final slash."""

    def __init__(self, settings: VoiceSettings, base: str) -> None:
        self._settings = settings
        self._base = base
        self._alike = lru_cache(_DOCUMENTS)(self._document)

    def write(self, answer: answers.Answer, call: str) -> str:
        """The document that this call is answered."""
        return self._alike(answer).replace(_THE_CALL, quote(call)) if answer else NOTHING

    def url(self, address: answers.Address, call: str) -> str:
        """Where that page is, for this call."""
        return self._url(address).replace(_THE_CALL, quote(call))

    def _document(self, answer: answers.Answer) -> str:
        response = VoiceResponse()
        for verb in answer:
            self._append(response, verb)
        return str(response)

    def _append(self, to: Any, verb: answers.Verb) -> None:
        match verb:
            case answers.Say():
                voice = voice_of(self._settings, verb.language)
                to.say(verb.text, voice=voice.voice, language=voice.locale)
            case answers.Play():
                to.play(f"{self._base}/{_AUDIO}/{verb.prompt}/{verb.language}")
            case answers.Pause():
                to.pause(length=verb.seconds)
            case answers.Gather():
                self._gather(to, verb)
            case answers.Dial():
                self._dial(to, verb)
            case answers.DialRequester():
                self._dial_requester(to, verb)
            case answers.Record():
                self._record(to, verb)
            case answers.Redirect():
                to.redirect(self._url(verb.to), method="POST")
            case answers.Hangup():
                to.hangup()

    def _gather(self, to: Any, verb: answers.Gather) -> None:
        gather = to.gather(
            input="dtmf", action=self._url(verb.to), method="POST", num_digits=verb.most, timeout=verb.timeout
        )
        for prompt in verb.prompts:
            self._append(gather, prompt)

    def _dial(self, to: Any, verb: answers.Dial) -> None:
        dial = to.dial(
            action=self._url(verb.to),
            method="POST",
            timeout=verb.desk.timeout,
            caller_id=verb.caller_id,
            hangup_on_star=verb.star_leaves or None,
        )
        leg = dial.sip if verb.desk.dial.startswith("sip") else dial.number
        leg(
            verb.desk.dial,
            url=self._url(verb.whisper) if verb.whisper else None,
            status_callback=self._url(verb.status),
            status_callback_event=_LEG_EVENTS,
        )

    def _dial_requester(self, to: Any, verb: answers.DialRequester) -> None:
        dial = to.dial(
            action=self._url(verb.to),
            method="POST",
            timeout=verb.timeout,
            time_limit=verb.longest,
            caller_id=verb.caller_id,
            answer_on_bridge=True,  # who waits hears it ring until the other end has pressed a key
        )
        dial.number(verb.number, url=self._url(verb.greeting))

    def _record(self, to: Any, verb: answers.Record) -> None:
        to.record(
            action=self._url(verb.to),
            method="POST",
            max_length=verb.longest,
            timeout=SILENCE,
            finish_on_key="#",
            play_beep=True,
            recording_status_callback=self._url(verb.status),
            recording_status_callback_event="completed absent failed",
            transcribe=True if verb.transcription else None,
            transcribe_callback=self._url(verb.transcription) if verb.transcription else None,
        )

    def _url(self, address: answers.Address) -> str:
        # In the order of their names: Twilio signs an address as it is written, and asks for it with its query sorted.
        call = f"call={_THE_CALL}&" if address.names_call else ""
        return f"{self._base}/{address.page}?{call}step={address.step}"
