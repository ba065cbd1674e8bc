"""What happens to a call back: what Twilio's webhooks tell, what its REST API answers, and time.

`step` is in a webhook's address; `sid` is its CallSid. The parameters named are those of Twilio's pages on call
resources, TwiML's Dial and its status callbacks (www.twilio.com/docs/voice).
"""

from channels.phone.calling_back.callback import Refusal
from gateway.core.clock import Instant
from gateway.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Due:
    """The wait is over."""

    at: Instant
    step: int


@dataclass(frozen=True, slots=True)
class Refused:
    """It may not be made."""

    at: Instant
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Ordering:
    """Twilio is about to be asked to call the desk: kept before the request leaves, so that after a crash it is looked
    for and not just ordered again."""

    at: Instant
    step: int
    orders: int
    """How many there were before, as far as whoever asks has seen: of two at once only one may go on."""


@dataclass(frozen=True, slots=True)
class NotOrdered:
    """The request surely came to nothing, and may be made again later."""

    at: Instant
    step: int


@dataclass(frozen=True, slots=True)
class OrderRefused:
    """Twilio won't call that desk."""

    at: Instant
    step: int


@dataclass(frozen=True, slots=True)
class Ordered:
    """Twilio has the order; or tells of the desk's line for the first time."""

    at: Instant
    step: int
    sid: str


@dataclass(frozen=True, slots=True)
class PickedUp:
    """`/callback/desk`: the desk's end was picked up, and its document is asked for."""

    at: Instant
    step: int
    sid: str


@dataclass(frozen=True, slots=True)
class AgentKeys:
    """`/callback/accept`: what was pressed at the desk's end."""

    at: Instant
    step: int
    sid: str
    digits: str


@dataclass(frozen=True, slots=True)
class RequesterPickedUp:
    """`/callback/greeting`: the requester's end was picked up, and its document is asked for."""

    at: Instant
    step: int


@dataclass(frozen=True, slots=True)
class RequesterKeys:
    """`/callback/join`: what was pressed at the requester's end."""

    at: Instant
    step: int
    digits: str


@dataclass(frozen=True, slots=True)
class RequesterEnded:
    """`/callback/over`: the Dial of the requester is over, whoever ended it."""

    at: Instant
    step: int
    bridged: bool | None = None
    """DialBridged; None where it isn't said."""
    seconds: float = 0.0
    """DialCallDuration: from picking up to the end."""


@dataclass(frozen=True, slots=True)
class DeskEnded:
    """`/callback/status` with a final CallStatus, or the REST API says so: the desk's line is cut."""

    at: Instant
    step: int
    sid: str
    status: str
    """completed, busy, no-answer, failed, canceled."""
    seconds: float = 0.0
    """CallDuration: from picking up to the end."""


Input = (
    Due
    | Refused
    | Ordering
    | NotOrdered
    | OrderRefused
    | Ordered
    | PickedUp
    | AgentKeys
    | RequesterPickedUp
    | RequesterKeys
    | RequesterEnded
    | DeskEnded
)
