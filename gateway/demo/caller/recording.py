"""A message is left after the tone; what is reported of it, and its transcription."""

from gateway.core.texts import Saying
from gateway.demo.caller.conversation import Network
from gateway.demo.caller.document import Document, Verb
from gateway.demo.caller.script import Caller
from gateway.demo.caller.transcript import Who
from gateway.demo.caller.webhooks import new_sid

_SHORTEST = 1.0
"""Seconds: Twilio makes no recording of less."""
_TRANSCRIBED = 120.0
"""Seconds: Twilio transcribes no longer ones."""
_KEYS = "1234567890*#"


class Recording:
    """One Record performed (https://www.twilio.com/docs/voice/twiml/record)."""

    def __init__(self, verb: Verb, document: Document, network: Network, caller: Caller, call_sid: str) -> None:
        self.sid = new_sid("RE")
        self.seconds = 0.0
        self.caller_gone = False
        self._verb = verb
        self._document = document
        self._network = network
        self._caller = caller
        self._call_sid = call_sid
        self._key = ""

    async def speak(self) -> bool:
        """Until the message ends. False where nothing was said: then no action is called, and the next verb follows;
        only the status tells of it. Raises CallerHungUp."""
        network, verb = self._network, self._verb
        silence = verb.seconds("timeout", 5)
        if self._caller.message < _SHORTEST:
            await network.pace.wait(silence)
            network.tell(Who.CALLER, Saying("says nothing after the tone"))
            await self._report_status("absent")
            return False
        self.seconds = min(self._caller.message, verb.seconds("maxLength", 3600))
        await network.pace.wait(self.seconds)
        network.tell(Who.CALLER, Saying("leaves a message of {seconds} seconds", seconds=f"{self.seconds:g}"))
        ends = self._caller.ends_message
        if ends == "hangup":
            self.caller_gone = True
        elif ends and ends in verb.attributes.get("finishOnKey", _KEYS):
            network.tell(Who.CALLER, Saying("presses {keys}", keys=ends))
            self._key = ends
        else:
            await network.pace.wait(silence)
        return True

    def told(self) -> dict[str, str]:
        """What the action is told."""
        told = {"RecordingSid": self.sid, "RecordingUrl": self._url(), "RecordingDuration": f"{self.seconds:.0f}"}
        digits = "hangup" if self.caller_gone else self._key
        return {**told, "Digits": digits} if digits else told

    async def report(self) -> None:
        """The recording is there, and is transcribed where that was asked for."""
        await self._report_status("completed")
        if self._verb.attributes.get("transcribe") == "true" and self.seconds <= _TRANSCRIBED:
            words = self._caller.words
            told = {
                "TranscriptionSid": new_sid("TR"),
                "TranscriptionStatus": "completed" if words else "failed",
                "TranscriptionText": words,
                "TranscriptionType": "fast",
            }
            await self._post("transcribeCallback", told)

    async def _report_status(self, status: str) -> None:
        if status in self._verb.attributes.get("recordingStatusCallbackEvent", "completed").split():
            told = {
                "RecordingStatus": status,
                "RecordingDuration": f"{self.seconds:.0f}",
                "RecordingChannels": "1",
                "RecordingSource": "RecordVerb",
            }
            await self._post("recordingStatusCallback", told)

    async def _post(self, attribute: str, told: dict[str, str]) -> None:
        url = self._verb.attributes.get(attribute)
        if url is not None:
            told = {"CallSid": self._call_sid, "RecordingSid": self.sid, "RecordingUrl": self._url(), **told}
            await self._network.hooks.report(self._document.address(url), told, self._network.pace.now)

    def _url(self) -> str:
        line = self._network.line
        return f"{line.api}/2010-04-01/Accounts/{line.account_sid}/Recordings/{self.sid}"
