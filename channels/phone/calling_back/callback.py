"""A call back as it is kept: plain data that says all of where it stands, so that any gateway can go on with it."""

from enum import StrEnum

from channels.phone.call import LegResult
from gateway.core.clock import Instant
from gateway.core.dialling import Desk
from gateway.core.ticket import Priority
from gateway.core.values import dataclass


class State(StrEnum):
    """What is being done; flow.py has the table."""

    WAITING = "waiting"
    """Until `due_at`, when the desks are called."""
    DESK = "desk"
    """One desk's phone is called, or about to be."""
    REQUESTER = "requester"
    """An agent is on the line, and the requester's phone rings."""
    TALKING = "talking"
    """The requester has accepted, and the two are joined."""
    ENDED = "ended"


class Outcome(StrEnum):
    """What came of it; each has exactly one, and it never changes."""

    REACHED = "reached"
    """Agent and requester have spoken."""
    NOT_REACHED = "not_reached"
    """The requester did not answer, as often as the phone was called."""
    NO_AGENT = "no_agent"
    """No desk's agent took it in time."""
    DECLINED = "declined"
    """Whoever answered doesn't want to be called."""
    REFUSED = "refused"
    """It may not be made: see `refusal`."""


class Refusal(StrEnum):
    """Why somebody isn't called back (T35)."""

    NO_NUMBER = "no_number"
    """Withheld, or none."""
    COUNTRY = "country"
    """Not one of those that are called."""
    COSTLY = "costly"
    """No ordinary subscriber's number: premium, shared cost and the like."""
    NOT_VERIFIED = "not_verified"
    """Somebody wrote it, or its carrier doesn't vouch for it."""
    UNWANTED = "unwanted"
    """A desk wants it, and whoever answered there last wanted no such call."""
    HOURS = "hours"
    """People aren't called now."""
    OURS = "ours"
    """The line's own number, or a desk's: the call would come back to us."""
    BUSY = "busy"
    """That number is being called back already."""
    MOST_A_DAY = "most_a_day"
    MOST_A_DAY_EACH = "most_a_day_each"
    SPEND = "spend"
    """It could cost more than what is left of the day's money."""


class Answered(StrEnum):
    """What the requester's end said to being called."""

    JOINED = "joined"
    DECLINED = "declined"
    NOBODY = "nobody"
    """It was busy, or wasn't answered, or a machine answered: nobody pressed a key."""


@dataclass(frozen=True, slots=True)
class RequesterLeg:
    """The requester's phone, called while an agent waits."""

    step: int
    dialled_at: Instant
    picked_up_at: Instant | None = None
    """By whoever or whatever."""
    joined_at: Instant | None = None
    ended_at: Instant | None = None
    answered: Answered | None = None
    seconds: float | None = None
    """From picking up to the end, by Twilio's count; None until it is told."""


@dataclass(frozen=True, slots=True)
class DeskLeg:
    """One desk's phone, called."""

    step: int
    """The step of the call back that called it: its name in the addresses of its webhooks."""
    round: int
    desk: Desk
    orders: int = 0
    """How many times Twilio was asked to call it: more than once only where it surely hasn't."""
    ordered_at: Instant | None = None
    """When it was asked last; None where that surely came to nothing."""
    sid: str | None = None
    """Twilio's name of the call."""
    picked_up_at: Instant | None = None
    """By whoever or whatever."""
    accepted_at: Instant | None = None
    """An agent pressed the key."""
    ended_at: Instant | None = None
    result: LegResult | None = None
    seconds: float = 0.0
    """From picking up to the end, by Twilio's count."""
    requester: RequesterLeg | None = None

    @property
    def open(self) -> bool:
        """There may be a line of it."""
        return self.ordered_at is not None and self.ended_at is None


@dataclass(frozen=True, slots=True)
class Callback:
    """One call back. `number` is personal data."""

    id: str
    """Our own: Twilio has one for each line only."""
    number: str
    """The requester's (E.164)."""
    caller_id: str
    """The number of ours that is shown."""
    language: str
    """That is spoken."""
    ticket_id: str
    reference: str
    asked_at: Instant
    until: Instant
    """When no further try begins."""
    state: State
    due_at: Instant
    """The end of WAITING."""
    step: int = 1
    category: str | None = None
    priority: Priority = Priority.NORMAL
    arrived_by: str = ""
    """The channel that the ticket came by; routing goes by it, and by its language."""
    written_in: str | None = None
    """The ticket's language: text messages may be in any."""
    asked_by: str | None = None
    """The provider that asked for it, whose agents alone are called; None for the requester."""
    holder: str | None = None
    """The provider that has the ticket: its agents are called first."""
    round: int = 0
    """How many times the desks have been gone through."""
    legs: tuple[DeskLeg, ...] = ()
    outcome: Outcome | None = None
    refusal: Refusal | None = None
    ended_at: Instant | None = None

    @property
    def over(self) -> bool:
        """It has ended, and no line of it is open."""
        return self.state is State.ENDED and not any(leg.open for leg in self.legs)

    def leg_of(self, step: int) -> DeskLeg | None:
        """The one that this step called."""
        return next((leg for leg in self.legs if leg.step == step), None)

    @property
    def tries(self) -> int:
        """How many times the requester's phone was called."""
        return sum(1 for leg in self.legs if leg.requester is not None)
