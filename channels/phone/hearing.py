"""What Twilio's webhooks say of a call, as the flow takes it. Pure: the only place that knows their parameters.

Their pages: www.twilio.com/docs/voice/twiml (requests), .../twiml/gather, dial, number, record, .../api/call-resource.
"""

from collections.abc import Callable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache

from channels.phone import inputs
from channels.phone.answers import Page
from channels.phone.twilio.form import Form
from channels.phone.twilio.signed import Webhook
from gateway.core.clock import Instant
from gateway.core.values import dataclass

FINAL = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
"""What a call's status is once it is over."""
NEEDS: Mapping[Page, tuple[str, ...]] = {
    Page.DIAL: ("CallSid", "CallStatus", "DialCallStatus"),
    Page.RECORDING: ("CallSid", "RecordingSid", "RecordingStatus"),
    Page.TRANSCRIPTION: ("CallSid", "TranscriptionSid", "TranscriptionStatus"),
}
"""What always comes with a page's webhooks, beside what comes with all of them."""
NEEDED = ("CallSid", "CallStatus")


@dataclass(frozen=True, slots=True)
class Heard:
    """What a webhook says, about which call."""

    sid: str
    said: tuple[inputs.Input, ...]
    incoming: inputs.Incoming | None = None
    """The call's beginning, as the webhook of its caller tells it anew: for a call that isn't known yet. None where
    it comes in the name of a leg, or the caller is gone."""

    @property
    def is_first(self) -> bool:
        """Twilio begins each call with it: unless it comes again, the call is new."""
        return bool(self.said) and isinstance(self.said[0], inputs.Incoming)


def heard(page: Page, webhook: Webhook, at: Instant) -> Heard:
    """`at` is now."""
    form = webhook.form
    call = webhook.query.get("call", "") or form["CallSid"]
    said = _READERS[page](webhook, at)
    begins = page in _OF_CALLER and not _is_over(form)
    return Heard(call, tuple(said), _incoming(form, at) if begins else None)


def _voice(webhook: Webhook, at: Instant) -> list[inputs.Input]:
    return [inputs.HungUp(at)] if _is_over(webhook.form) else [_incoming(webhook.form, at)]


def _incoming(form: Form, at: Instant) -> inputs.Incoming:
    attestation = form.get("StirVerstat") or None
    return inputs.Incoming(at, form["CallSid"], form.get("From", ""), form.get("To", ""), attestation)


def _keys(webhook: Webhook, at: Instant) -> list[inputs.Input]:
    if _is_over(webhook.form):
        return [inputs.HungUp(at)]
    return [inputs.Keys(at, _step(webhook), webhook.form.get("Digits", ""))]


def _dial(webhook: Webhook, at: Instant) -> list[inputs.Input]:
    form = webhook.form
    bridged = {"true": True, "false": False}.get(form.get("DialBridged", ""))
    sip_code = _number(form, "DialSipResponseCode")
    return [
        inputs.DialEnded(
            at,
            _step(webhook),
            form["DialCallStatus"],
            bridged,
            _number(form, "DialCallDuration"),
            None if sip_code is None else int(sip_code),
            caller_gone=_is_over(form),
        )
    ]


def _whisper(webhook: Webhook, at: Instant) -> list[inputs.Input]:
    return [inputs.Whispered(at, _step(webhook))]


def _accept(webhook: Webhook, at: Instant) -> list[inputs.Input]:
    return [inputs.WhisperKeys(at, _step(webhook), webhook.form.get("Digits", ""))]


def _voicemail(webhook: Webhook, at: Instant) -> list[inputs.Input]:
    form = webhook.form
    seconds = _number(form, "RecordingDuration") or 0.0
    gone = _is_over(form) or form.get("Digits") == "hangup"
    ended = inputs.RecordEnded(at, _step(webhook), seconds, gone)
    # The recording's own report may come late, or never.
    recorded = [inputs.Recorded(at, form["RecordingSid"], seconds)] if form.get("RecordingSid") and seconds else []
    return [ended, *recorded]


def _recording(webhook: Webhook, at: Instant) -> list[inputs.Input]:
    form = webhook.form
    if form["RecordingStatus"] == "completed" and form["RecordingSid"]:
        return [inputs.Recorded(at, form["RecordingSid"], _number(form, "RecordingDuration") or 0.0)]
    return [inputs.RecordingAbsent(at, _step(webhook))] if form["RecordingStatus"] in ("absent", "failed") else []


def _status(webhook: Webhook, at: Instant) -> list[inputs.Input]:
    form = webhook.form
    if "call" in webhook.query:
        return [inputs.LegReported(_reported_at(form, at), _step(webhook), form["CallSid"], form["CallStatus"])]
    return [inputs.HungUp(at)] if _is_over(form) else []


_READERS: Mapping[Page, Callable[[Webhook, Instant], list[inputs.Input]]] = {
    Page.VOICE: _voice,
    Page.KEYS: _keys,
    Page.DIAL: _dial,
    Page.WHISPER: _whisper,
    Page.ACCEPT: _accept,
    Page.VOICEMAIL: _voicemail,
    Page.RECORDING: _recording,
    Page.STATUS: _status,
}
PAGES = tuple(_READERS)
_OF_CALLER = frozenset({Page.VOICE, Page.KEYS, Page.DIAL, Page.VOICEMAIL})
"""Asked in the name of the caller's own line."""


def _is_over(form: Form) -> bool:
    return form.get("CallStatus") in FINAL


def _step(webhook: Webhook) -> int:
    """0, which is no answer's, where the address has none."""
    step = webhook.query.get("step", "")
    return int(step) if step.isascii() and step.isdigit() and len(step) < 10 else 0


def _number(form: Form, name: str) -> float | None:
    """Never negative: Twilio writes -1 where it doesn't know yet."""
    written = form.get(name, "")
    return float(written) if written.isascii() and written.isdigit() else None


def _reported_at(form: Form, now: Instant) -> Instant:
    """By the report's own word, which is whole seconds of Twilio's clock; never later than now."""
    try:
        return min(now, _seconds(form.get("Timestamp", "")))
    except ValueError:
        return now


@lru_cache(maxsize=16)
def _seconds(date: str) -> Instant:
    """Many reports come within one second. Raises ValueError."""
    at = parsedate_to_datetime(date)
    return at.replace(tzinfo=at.tzinfo or UTC).timestamp()
