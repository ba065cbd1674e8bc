"""What Twilio says and does while Relevo is away: a document without any address of ours, to be kept at Twilio.

It can decide nothing: the desks are dialled one after the other, whatever picks up has answered, and who is still on
the line afterwards may leave a message. Relevo makes tickets of calls and messages when it is back.
"""

from collections.abc import Sequence
from pathlib import Path

from twilio.twiml.voice_response import VoiceResponse  # type: ignore[import-untyped]

from channels.phone.settings import VoiceSettings
from channels.phone.speaking import TEXTS_FOLDER
from channels.phone.twiml import SILENCE, voice_of
from gateway.core.dialling import Desk
from gateway.core.texts import Texts, in_language, mark
from gateway.core.values import dataclass

_GREETING = mark("Thank you for calling {organisation}.")
_CONNECTING = mark("One moment, please. We are connecting you.")
_NOBODY = mark("Nobody can take your call right now.")
_RECORD = mark("Please leave a message after the tone. It will be recorded. Press the hash key when you are done.")
_MESSAGE = mark("If you have been helped, you can hang up. Otherwise, please leave a message after the tone.")
_THANKS = mark("Thank you. We have your message.")
_GOODBYE = mark("Thank you for calling. Goodbye.")


@dataclass(frozen=True, slots=True)
class Fallback:
    """Two documents of TwiML. The first goes on to the second after a message: Record without an action would ask for
    its own document again, and dial again."""

    call: str
    thanks: str


class FallbackWriter:
    """Writes them in one language; `own` is the organisation's folder of texts."""

    def __init__(self, settings: VoiceSettings, organisation: str, language: str, own: Path | None = None) -> None:
        self._settings = settings
        self._organisation = organisation
        self._say = Texts(TEXTS_FOLDER, own).get(language)
        self._voice = voice_of(settings, language)

    def write(self, desks: Sequence[Desk], thanks_url: str) -> Fallback:
        """`desks`, the primary first, are dialled, where there are any; `thanks_url` is where the second document will
        be."""
        thanks = VoiceResponse()
        self._speak(thanks, self._say(_THANKS))
        self._speak(thanks, self._say(_GOODBYE))
        return Fallback(self._call(desks, thanks_url), str(thanks))

    def _call(self, desks: Sequence[Desk], thanks_url: str) -> str:
        response = VoiceResponse()
        greeting = self._settings.greeting
        own = in_language(self._say.code, greeting) if greeting else None
        self._speak(response, own or self._say(_GREETING, organisation=self._organisation))
        if desks:
            self._dial(response, desks)
        else:
            self._speak(response, self._say(_NOBODY))
            self._speak(response, self._say(_RECORD))
        longest = round(self._settings.voicemail.longest)
        response.record(action=thanks_url, method="GET", max_length=longest, timeout=SILENCE, finish_on_key="#")
        self._speak(response, self._say(_GOODBYE))
        return str(response)

    def _dial(self, response: VoiceResponse, desks: Sequence[Desk]) -> None:
        self._speak(response, self._say(_CONNECTING))
        # One Dial, since a second one after it would also be dialled when the first desk has hung up.
        dial = response.dial(sequential=True, timeout=max(desk.timeout for desk in desks), caller_id=desks[0].caller_id)
        for desk in desks:
            (dial.sip if desk.dial.startswith("sip") else dial.number)(desk.dial)
        self._speak(response, self._say(_MESSAGE))

    def _speak(self, response: VoiceResponse, text: str) -> None:
        response.say(text, voice=self._voice.voice, language=self._voice.locale)
