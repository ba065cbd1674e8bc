"""The account of a demo run: from what was handed in, what the desks have and what Relevo says, were the promises held?

Pure. What the desks have counts more than what Relevo says: a ticket that Relevo believes handed off, and that no desk
has, is lost.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.core.provider import Takeover
from gateway.demo.desk.ticket import DeskTicket
from gateway.demo.ops_client import TicketView
from gateway.demo.traffic import HandIn

_STILL_OWED = frozenset({"waiting", "quarantined"})


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
class Promise:
    """Whether a promise held; where not, `because` names a text, and `details` what it says."""

    name: str
    because: str | None = None
    details: Mapping[str, object] | None = None

    @property
    def held(self) -> bool:
        return self.because is None


@dataclass(frozen=True, slots=True)
class TakeoverTime:
    """One takeover: seconds from the last good probe to the switch, and their bound."""

    origin: str
    target: str | None
    took: float
    bound: float


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
    takeovers: tuple[TakeoverTime, ...]
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
    takeovers = tuple(_takeover_time(takeover) for takeover in books.takeovers)
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
        takeovers=takeovers,
        promises=(
            _intake(books.hand_ins),
            _none("nothing_lost", lost),
            _none("none_waiting", sorted(waiting)),
            _in_time(times, books.takeover_within),
            _taken_over(books.takeovers, takeovers),
            _none("one_copy", doubles_open),
        ),
    )


def percentile(ordered: Sequence[float], part: float) -> float | None:
    """The nearest-rank percentile of ascending values; None where there are none."""
    return ordered[max(math.ceil(part * len(ordered)), 1) - 1] if ordered else None


def _takeover_time(takeover: Takeover) -> TakeoverTime:
    since = takeover.first_bad_at if takeover.last_good_at is None else takeover.last_good_at
    took = takeover.switched_at - since
    return TakeoverTime(takeover.from_provider, takeover.to_provider, took, takeover.detection_bound)


def _intake(hand_ins: Sequence[HandIn]) -> Promise:
    reasons = Counter(hand_in.failure for hand_in in hand_ins if hand_in.reference is None)
    if not reasons:
        return Promise("intake")
    shown = ", ".join(f"{reason} ({count})" for reason, count in reasons.most_common(3))
    return Promise("intake", "intake", {"count": reasons.total(), "reasons": shown})


def _none(name: str, references: Sequence[str]) -> Promise:
    if not references:
        return Promise(name)
    return Promise(name, name, {"count": len(references), "references": ", ".join(references[:5])})


def _in_time(times: Sequence[float], limit: float) -> Promise:
    late = [time for time in times if time > limit]
    return Promise("in_time", "in_time", {"count": len(late), "longest": late[-1]}) if late else Promise("in_time")


def _taken_over(evidence: Sequence[Takeover], times: Sequence[TakeoverTime]) -> Promise:
    if not evidence:
        return Promise("takeover", "no_takeover", {})
    for time in times:
        if time.took > time.bound:
            return Promise("takeover", "late_takeover", {"took": time.took, "bound": time.bound})
    for takeover in evidence:
        if takeover.met is False:
            return Promise("takeover", "assumption", {"assumption": takeover.failed_assumption})
        if takeover.met is None or takeover.to_provider is None:
            return Promise("takeover", "unfinished", {})
    return Promise("takeover")
