"""Phone calls as the store keeps them: each moves only forward, by compare-and-set, and what follows from a step (the
ticket opened, a message in it, a provider who has taken the call, the ticket released) is in the same commit."""

from enum import Enum, auto

from gateway.core.clock import Instant
from gateway.core.delivery import Delivery, Lease
from gateway.core.events import Event
from gateway.core.ticket import Intake, Message
from gateway.core.values import dataclass


@dataclass(frozen=True, slots=True)
class KeptCall:
    """A call as it lies in the store."""

    sid: str
    channel: str
    version: int
    """Grows with every change."""
    record: str | None
    """All that is known of it, in the channel's own words; None once it was given up."""
    ticket_id: str | None = None
    over: bool = False
    """Nothing more is expected of it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A provider's agent has taken the call: the provider has the ticket, and somebody works on it."""

    provider: str
    at: Instant


@dataclass(frozen=True, slots=True)
class CallChange:
    """One step of a call, with all that follows from it."""

    sid: str
    channel: str
    record: str
    at: Instant
    seen: int = 0
    """The version that the step was made from; 0 for a call that isn't kept yet."""
    over: bool = False
    """From now on, for ever. Until then a delivery (CALL or CALLBACK) has the call's key in its payload: else the audit
    finds it astray."""
    ticket_id: str | None = None
    """The call's ticket, from now on."""
    opening: Intake | None = None
    """The ticket itself, where this step opens it. It comes once since the call does; no dedupe key is looked at."""
    messages: tuple[Message, ...] = ()
    """Further ones in its ticket; the store numbers them. One whose id is there already changes nothing. An
    inbound one opens a resolved ticket again, unless the call has been taken: then it is only an account of it."""
    taken: Taken | None = None
    """Of a ticket that no provider has yet; else it changes nothing."""
    release: bool = False
    """The ticket, if it is held still, is owed to a provider from now on, with the whole of its contracted time."""
    events: tuple[Event, ...] = ()
    owed: tuple[Delivery, ...] = ()
    """What the channel has to do about it."""
    done: Lease | None = None
    """Of the delivery that this step finishes; where it is lost, somebody else is at it: CHANGED."""
    calls: str | None = None
    """The number (E.164) that is called back by it. While such a call isn't over, there is no other to that number. A
    change without it leaves both, number and seconds, as they are."""
    reserved: float = 0.0
    """Seconds that calling back costs at most, while it isn't over; then those that it took."""


class CallKept(Enum):
    """What became of a change."""

    KEPT = auto()
    CHANGED = auto()
    """Somebody else has changed the call meanwhile: read it, and make the step again."""
    REFERENCE_TAKEN = auto()
    """The new ticket's reference belongs to another: draw a new one."""
    BUSY = auto()
    """That number is being called back already."""


@dataclass(frozen=True, slots=True)
class CallsMade:
    """What calling back has come to."""

    calls: int
    seconds: float
    """Those reserved for calls under way included."""
