"""A call as it is kept: plain data that says all of where it stands, so that any gateway can go on with it."""

from enum import StrEnum

from gateway.core.clock import Instant
from gateway.core.dialling import Desk
from gateway.core.values import dataclass


class State(StrEnum):
    """What the caller is at; flow.py has the table."""

    LANGUAGE = "language"
    MENU = "menu"
    REFERENCE = "reference"
    DIALLING = "dialling"
    LEAVING = "leaving"
    """A desk's end was hung up and the caller is still there: asked whether that was all."""
    OFFER = "offer"
    """Nobody has answered: asked whether to be called back or to leave a message."""
    VOICEMAIL = "voicemail"
    CLOSING = "closing"
    """The outcome is known, and the caller hears the last words."""
    GONE = "gone"
    """The caller has hung up, and how a leg or a recording ended is not known yet."""
    ENDED = "ended"


ASKING = frozenset({State.LANGUAGE, State.MENU, State.REFERENCE})
"""Before anything is dialled or decided."""
OVER = frozenset({State.GONE, State.ENDED})


class Outcome(StrEnum):
    """What came of a call; each has exactly one, and it never changes."""

    ANSWERED = "answered"
    VOICEMAIL = "voicemail"
    CALLBACK = "callback"
    """To be called back."""
    UNANSWERED = "unanswered"
    """Nobody answered, and the caller left no message though still there."""
    ABANDONED = "abandoned"
    """The caller hung up before anybody answered."""


class LegResult(StrEnum):
    """How dialling one desk ended."""

    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    NOT_ACCEPTED = "not_accepted"
    """A queue or a machine picked up, and nobody pressed the key."""
    LEFT = "left"
    """The caller left the desk's queue."""
    CANCELED = "canceled"
    """The caller hung up first."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One desk dialled."""

    step: int
    """The step of the call that dialled it: its name in the addresses of its webhooks."""
    desk: Desk
    dialled_at: Instant
    sid: str | None = None
    """Twilio's name of the leg."""
    rang_at: Instant | None = None
    picked_up_at: Instant | None = None
    """By whoever or whatever."""
    accepted_at: Instant | None = None
    """An agent pressed the key."""
    ended_at: Instant | None = None
    result: LegResult | None = None
    seconds: float | None = None
    """From picking up to the end, by Twilio's count."""
    sip_code: int | None = None


class Fetching(StrEnum):
    """How far a recording has come to us."""

    WAITING = "waiting"
    KEPT = "kept"
    DELETED = "deleted"
    """Kept here, and gone at Twilio."""
    MISSED = "missed"
    """It can't be had."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A message left."""

    sid: str
    seconds: float
    known_at: Instant
    """When we heard of it."""
    fetching: Fetching = Fetching.WAITING
    why: str | None = None
    """It is missed."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `caller` is personal data, and a hint, never a login: anybody can show any number."""

    sid: str
    caller: str
    called: str
    began_at: Instant
    language: str
    state: State
    step: int = 1
    """Counts the answers given. It stands in every address that an answer names, so that what comes late is known."""
    asked: int = 1
    """How many times the question at hand has been asked."""
    language_chosen: bool = False
    """By key."""
    category: str | None = None
    claimed: str | None = None
    """A reference that the caller keyed in; it proves nothing."""
    callback_offered: bool = False
    notice_step: int = 0
    """The step whose answer begins with the notice; 0 where there is none."""
    told_of_recording: bool = False
    legs: tuple[Leg, ...] = ()
    recordings: tuple[Recording, ...] = ()
    ticket_id: str | None = None
    reference: str | None = None
    outcome: Outcome | None = None
    left_in: State | None = None
    """Where the caller hung up."""
    ended_at: Instant | None = None
    """When the caller's line was cut, by either side."""
    attestation: str | None = None
    """What the caller's carrier says of his number, see Incoming."""
    released: bool = False
    """Its ticket is owed to a provider from now on."""

    @property
    def needs_ticket(self) -> bool:
        """Its ticket must be opened in the commit that keeps this state."""
        return self.ticket_id is None and self.state not in ASKING

    @property
    def leg(self) -> Leg | None:
        """The one dialled last."""
        return self.legs[-1] if self.legs else None
