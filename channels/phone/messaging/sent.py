"""One text that goes out (an answer, or a part of a long one), from the moment before Twilio is asked: it only moves
forward, whatever comes twice, late or in disorder. Pure.

Twilio's statuses: https://www.twilio.com/docs/messaging/guides/track-outbound-message-status.
"""

from dataclasses import replace
from enum import StrEnum

from pydantic import TypeAdapter

from gateway.core.clock import Instant
from gateway.core.values import dataclass


class State(StrEnum):
    """How far it has come."""

    ORDERING = "ordering"
    """Twilio is being asked, or was, and nobody knows whether it took it."""
    AGAIN = "again"
    """Twilio surely hasn't got it, or couldn't deliver it and a person wants it sent anew."""
    TAKEN = "taken"
    """Twilio has it."""
    SENT = "sent"
    """The network has it."""
    FAILED = "failed"
    """It was not delivered, and nobody tries any more."""
    DELIVERED = "delivered"
    READ = "read"
    """WhatsApp says so of some."""


_STATES = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending"), State.TAKEN),
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.READ,
    **dict.fromkeys(("undelivered", "failed", "canceled"), State.FAILED),
}
_ORDER = (State.ORDERING, State.AGAIN, State.TAKEN, State.SENT, State.FAILED, State.DELIVERED, State.READ)
_FINAL = frozenset({State.FAILED, State.READ})


@dataclass(frozen=True, slots=True)
class About:
    """What a text is owed for."""

    ticket_id: str
    reference: str
    message_id: str
    """The requester's message that is acknowledged, or the desk's that is sent on."""
    part: int
    """Which one of its texts this is, from 1."""
    is_answer: bool

    @property
    def key(self) -> str:
        """Under which the store has it."""
        return key_of(self.message_id, self.part)


@dataclass(frozen=True, slots=True)
class Sent:
    """One text, as it is kept."""

    about: About
    state: State
    ordered_at: Instant
    """When Twilio was last asked to send it."""
    sid: str | None = None
    """Twilio's name of it, once known."""
    code: int | None = None
    """Twilio's, of why it failed."""
    earlier: tuple[str, ...] = ()
    """Twilio's names of those that were sent in vain before."""

    @property
    def could_not_be_delivered(self) -> bool:
        """Now, or before it was sent anew: a delivery of its own has been owed for it since."""
        return self.state is State.FAILED or bool(self.earlier)

    def again(self) -> "Sent":
        """Surely not there; to be ordered anew."""
        earlier = self.earlier if self.sid is None else (*self.earlier, self.sid)
        return replace(self, state=State.AGAIN, sid=None, code=None, earlier=earlier)

    def ordered(self, at: Instant) -> "Sent":
        """Twilio is asked now."""
        return replace(self, state=State.ORDERING, ordered_at=at)

    def moved(self, sid: str, status: str, code: int | None = None) -> "Sent | None":
        """After Twilio has said so of the message with that name; None where that is nothing new."""
        state = state_of(status)
        if state is None or sid in self.earlier or self.sid not in (None, sid):
            return None
        if self.state in _FINAL or _ORDER.index(state) <= _ORDER.index(self.state):
            return None
        return replace(self, state=state, sid=sid, code=code if state is State.FAILED else None)


_SENT = TypeAdapter(Sent)


def state_of(status: str) -> State | None:
    """What one of Twilio's statuses means; None where it says nothing."""
    return _STATES.get(status)


def written(sent: Sent) -> str:
    """What `read` reads."""
    return _SENT.dump_json(sent, exclude_defaults=True).decode()


def read(kept: str) -> Sent:
    """Raises ValueError."""
    return _SENT.validate_json(kept)


def key_of(message_id: str, part: int) -> str:
    """Under which the store has that part, from 1, of what that message owes."""
    return f"{message_id}.{part}"
