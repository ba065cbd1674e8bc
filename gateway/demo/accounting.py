"""The account of a demo run: from what was handed in, what the desks have and what Relevo says, were the promises held?

Pure. What the desks have counts more than what Relevo says: a ticket that Relevo believes handed off, and that no desk
has, is lost.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.core.clock import Instant
from gateway.core.provider import Takeover
from gateway.demo.desk.ticket import DeskTicket
from gateway.demo.promises import (
    Promise,
    every_hand_in_taken,
    handed_off_in_time,
    none_waiting,
    nothing_lost,
    one_copy,
    taken_over,
)
from gateway.demo.traffic import HandIn

_STILL_OWED = frozenset({"waiting", "quarantined"})


@dataclass(frozen=True, slots=True)
class TicketView:
    """A ticket as operations see it."""

    reference: str
    state: str
    provider: str | None
    received_at: Instant
    handed_off_at: Instant | None

    @property
    def handoff_seconds(self) -> float | None:
        """From durable acceptance to a provider's hands."""
        return None if self.handed_off_at is None else self.handed_off_at - self.received_at


@dataclass(frozen=True, slots=True)
class Books:
    """Everything that the account is made from; `desks` has each desk's tickets, withdrawn ones too."""

    hand_ins: Sequence[HandIn]
    desks: Mapping[str, Sequence[DeskTicket]]
    tickets: Sequence[TicketView]
    takeovers: Sequence[Takeover]
    takeover_within: float
    """The contracted time T, in seconds."""


@dataclass(frozen=True, slots=True)
class Account:
    """The figures, and what they say of the promises. Times are seconds."""

    accepted: int
    failed: int
    handed_off: int
    waiting: int
    lost: tuple[str, ...]
    at_desks: Mapping[str, int]
    rescued: int
    doubles: int
    """Tickets of which the desks got more than one copy."""
    doubles_known: int
    doubles_open: tuple[str, ...]
    p50: float | None
    p99: float | None
    longest: float | None
    takeovers: tuple[Takeover, ...]
    promises: tuple[Promise, ...]

    @property
    def doubles_withdrawn(self) -> int:
        return self.doubles - len(self.doubles_open)

    @property
    def held(self) -> bool:
        """Every promise held."""
        return all(promise.held for promise in self.promises)


def settle(books: Books) -> Account:
    """The account of those books."""
    accepted = {hand_in.reference for hand_in in books.hand_ins if hand_in.reference is not None}
    copies = Counter(ticket.reference for desk in books.desks.values() for ticket in desk)
    held = Counter(ticket.reference for desk in books.desks.values() for ticket in desk if ticket.held)
    owed: set[str | None] = {ticket.reference for ticket in books.tickets if ticket.state in _STILL_OWED}
    waiting = accepted & owed
    lost = tuple(sorted(reference for reference in accepted - owed if not held[reference]))
    doubles = {reference for reference, count in copies.items() if count > 1}
    doubles_open = tuple(sorted(reference for reference in doubles if held[reference] > 1))
    times = sorted(
        ticket.handoff_seconds
        for ticket in books.tickets
        if ticket.handoff_seconds is not None and ticket.reference in accepted
    )
    return Account(
        accepted=len(accepted),
        failed=sum(hand_in.reference is None for hand_in in books.hand_ins),
        handed_off=len(accepted) - len(waiting) - len(lost),
        waiting=len(waiting),
        lost=lost,
        at_desks={
            name: len({ticket.reference for ticket in desk if ticket.held}) for name, desk in books.desks.items()
        },
        rescued=sum(takeover.rescued for takeover in books.takeovers),
        doubles=len(doubles),
        doubles_known=sum(takeover.doubles for takeover in books.takeovers),
        doubles_open=doubles_open,
        p50=percentile(times, 0.50),
        p99=percentile(times, 0.99),
        longest=times[-1] if times else None,
        takeovers=tuple(books.takeovers),
        promises=(
            every_hand_in_taken(books.hand_ins),
            nothing_lost(lost),
            none_waiting(sorted(waiting)),
            handed_off_in_time(times, books.takeover_within),
            taken_over(books.takeovers),
            one_copy(doubles_open),
        ),
    )


def percentile(ordered: Sequence[float], part: float) -> float | None:
    """The nearest-rank percentile of ascending values; None where there are none."""
    return ordered[max(math.ceil(part * len(ordered)), 1) - 1] if ordered else None
