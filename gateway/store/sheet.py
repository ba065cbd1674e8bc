"""One ticket with its copies and what is owed about it, while facts are applied: read once, changed in memory, and
written back in one statement per table."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cached_property

from gateway.core.clock import Instant
from gateway.core.delivery import HANDING_OVER, Delivery, Kind
from gateway.core.events import Event
from gateway.core.handoff import Handoff
from gateway.core.ids import new_id
from gateway.core.ticket import Direction, Message, Priority, TicketState
from gateway.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules need of a ticket; only the fields from `state` on ever change."""

    id: str
    reference: str
    channel: str
    policy: str
    priority: Priority
    received_at: Instant
    answer_by: str | None
    state: TicketState
    hedge_at: Instant
    due_at: Instant
    handed_off_at: Instant | None
    reason: str | None
    waiting_since: Instant
    """From when `hedge_at` and `due_at` count."""
    held_until: Instant | None
    """Until when it is, or was, owed to nobody."""
    overdue_at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCopy(Handoff):
    """A hand-off with what only the store keeps."""

    superseded_at: Instant | None = None
    """When a rescue superseded it."""
    surplus_at: Instant | None = None
    """Since when it is one copy too many; None while it is not."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A delivery of the ticket, as far as the rules look at it."""

    id: str
    kind: Kind
    handoff_id: str | None
    message_id: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """A message's place in the conversation."""

    id: str
    number: int
    direction: Direction


class Sheet:
    """Changes go through its methods, so that it knows what to write back; `emit` takes the events."""

    def __init__(
        self,
        standing: Standing,
        copies: Iterable[StoredCopy],
        owed: Iterable[Owed],
        lines: Iterable[Line],
        emit: Callable[[Event], None],
    ) -> None:
        """`owed` and `lines` are gone through when they are first asked for."""
        self.standing = self.stood = standing
        self.copies = {copy.id: copy for copy in copies}
        self.loaded = dict(self.copies)
        self._owed, self._lines = owed, lines
        self.emit = emit
        self.created: dict[str, Delivery] = {}
        self.dropped: set[str] = set()
        self.hastened: dict[str, Instant] = {}
        """What is due sooner than it was, by its id: at that instant, unless somebody is at it."""
        self.new_messages: list[Message] = []

    @cached_property
    def owed(self) -> dict[str, Owed]:
        """By id."""
        return {each.id: each for each in self._owed}

    @cached_property
    def lines(self) -> list[Line]:
        """The conversation, in order."""
        return list(self._lines)

    def put(self, copy: StoredCopy) -> None:
        """Add or replace a copy."""
        self.copies[copy.id] = copy

    def add(self, message: Message) -> None:
        """Add a message; its number must be `next_number`."""
        self.new_messages.append(message)
        self.lines.append(Line(message.id, message.number, message.direction))

    @property
    def next_number(self) -> int:
        return max((line.number for line in self.lines), default=0) + 1

    def written(self, direction: Direction) -> int:
        """How many of its messages went that way."""
        return sum(line.direction is direction for line in self.lines)

    def owe(
        self,
        kind: Kind,
        due_at: Instant,
        at: Instant,
        copy: Handoff | None = None,
        message: str | None = None,
        channel: str | None = None,
    ) -> None:
        """Owe a delivery, by that channel or else to the copy's provider, unless the very same is owed already."""
        handoff_id = copy.id if copy else None
        if any(
            each.kind is kind and (each.handoff_id, each.message_id) == (handoff_id, message)
            for each in self.owed.values()
        ):
            return
        delivery = Delivery(
            id=new_id(),
            kind=kind,
            due_at=due_at,
            created_at=at,
            ticket_id=self.standing.id,
            handoff_id=handoff_id,
            message_id=message,
            target=channel or (copy.provider if copy else None),
            priority=self.standing.priority,
        )
        self.created[delivery.id] = delivery
        self.owed[delivery.id] = Owed(delivery.id, kind, handoff_id, message)

    def drop(self, kinds: frozenset[Kind], handoff_id: str | None = None) -> None:
        """Owe no longer what is of these kinds (about that copy)."""
        for each in [each for each in self.owed.values() if each.kind in kinds and each.handoff_id == handoff_id]:
            del self.owed[each.id]
            if self.created.pop(each.id, None) is None:
                self.dropped.add(each.id)

    def hasten(self, kinds: frozenset[Kind], at: Instant) -> None:
        """What is owed of these kinds is due then, unless somebody is at it."""
        for each in self.owed.values():
            if each.kind in kinds and each.id in self.created:
                self.created[each.id] = replace(self.created[each.id], due_at=at)
            elif each.kind in kinds:
                self.hastened[each.id] = at

    @property
    def handing_over(self) -> bool:
        """Is the ticket itself owed to a provider?"""
        return any(each.kind in HANDING_OVER for each in self.owed.values())
