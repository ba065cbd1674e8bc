"""What happens to a call, as Twilio's webhooks tell it. `at` is when we heard of it, `step` is in a webhook's address.

The parameters named are those of Twilio's pages on voice webhooks, TwiML's Gather, Dial, Number, Record and on call
resources (www.twilio.com/docs/voice).
"""

from gateway.core.clock import Instant
from gateway.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Incoming:
    """`/voice`: somebody calls, or Twilio asks again."""

    at: Instant
    sid: str
    caller: str
    """From: often a number, but also `anonymous`, a SIP address, or nothing."""
    called: str
    attestation: str | None = None
    """StirVerstat, such as TN-Validation-Passed-A (www.twilio.com/docs/voice/trusted-calling-with-shakenstir)."""


@dataclass(frozen=True, slots=True)
class Keys:
    """`/keys`: what the caller pressed at a Gather; "" where nothing came in time. With a final CallStatus it is HungUp
    instead: who presses a key and hangs up at once must not have a desk dialled for him."""

    at: Instant
    step: int
    digits: str


@dataclass(frozen=True, slots=True)
class Whispered:
    """`/whisper`: the desk's end was picked up, and its document is asked for."""

    at: Instant
    step: int


@dataclass(frozen=True, slots=True)
class WhisperKeys:
    """`/accept`: what was pressed at the desk's end."""

    at: Instant
    step: int
    digits: str


@dataclass(frozen=True, slots=True)
class DialEnded:
    """`/dial`: a Dial is over, whoever ended it."""

    at: Instant
    step: int
    status: str
    """DialCallStatus: completed, answered, busy, no-answer, failed, canceled."""
    bridged: bool | None = None
    """DialBridged; None where it isn't said."""
    seconds: float | None = None
    """DialCallDuration: from picking up to the end."""
    sip_code: int | None = None
    """DialSipResponseCode, of SIP addresses alone."""
    caller_gone: bool = False
    """CallStatus says that the caller's own line is over."""


@dataclass(frozen=True, slots=True)
class LegReported:
    """`/status` of a leg (`step` in its address): how far it is. These come late and in any order."""

    at: Instant
    """By the report's own Timestamp."""
    step: int
    sid: str
    status: str
    """CallStatus of the leg: initiated, ringing, in-progress, completed and so on."""


@dataclass(frozen=True, slots=True)
class RecordEnded:
    """`/voicemail`: a Record is over. An empty one never calls its action: the verb after it brings us here."""

    at: Instant
    step: int
    seconds: float = 0.0
    caller_gone: bool = False
    """Digits is `hangup`, or CallStatus says so."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """`/recording`, completed: there is a recording to be fetched."""

    at: Instant
    sid: str
    seconds: float


@dataclass(frozen=True, slots=True)
class RecordingAbsent:
    """`/recording`, absent or failed: there is none."""

    at: Instant
    step: int


@dataclass(frozen=True, slots=True)
class HungUp:
    """`/status` of the call itself, with a final CallStatus; or the REST API says so."""

    at: Instant


@dataclass(frozen=True, slots=True)
class NothingMore:
    """The call is over, and what is still missing won't come any more (`ending.patience`)."""

    at: Instant


Input = (
    Incoming
    | Keys
    | Whispered
    | WhisperKeys
    | DialEnded
    | LegReported
    | RecordEnded
    | Recorded
    | RecordingAbsent
    | HungUp
    | NothingMore
)
