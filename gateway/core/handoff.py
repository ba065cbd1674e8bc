"""Hand-offs: one provider's copy of one ticket, from the first attempt to the end, and which copy stays."""

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

from gateway.core.clock import Instant
from gateway.core.values import dataclass


class Outcome(StrEnum):
    """How an attempt to hand a ticket to a provider ended."""

    ACCEPTED = "accepted"
    """It has the ticket: it said so, or whoever its configuration takes at their word for it."""
    REFUSED = "refused"
    """It won't, or can't, have this ticket."""
    UNAVAILABLE = "unavailable"
    """It surely hasn't got it."""
    UNKNOWN = "unknown"
    """It may have it: timeout, reset, 5xx after the body was sent."""


class HandoffState(StrEnum):
    """Where a provider's copy stands."""

    STARTED = "started"
    """Recorded before the request leaves; after a crash it means unknown."""
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"
    """There is a duty to reconcile it."""
    ABSENT = "absent"
    """Looked for by key and not there."""
    ACCEPTED = "accepted"
    PICKED_UP = "picked_up"
    """Somebody works on it."""
    RESOLVED = "resolved"
    LOST = "lost"
    """Accepted once, but no longer there when read back."""
    WITHDRAWN = "withdrawn"


LIVE = frozenset({HandoffState.ACCEPTED, HandoffState.PICKED_UP})
"""The provider has an open copy."""
UNSURE = frozenset({HandoffState.STARTED, HandoffState.UNKNOWN})
"""The provider may have a copy."""
MAY_HAVE = UNSURE | LIVE | {HandoffState.RESOLVED}
"""The provider may have the ticket. When it is withdrawn, so are its files, and the right to reply."""
_WORKED_ON = frozenset({HandoffState.PICKED_UP, HandoffState.RESOLVED})


@dataclass(frozen=True, slots=True)
class Handoff:
    """One provider's copy of one ticket. Its id is the idempotency key of every attempt to create that copy."""

    id: str
    ticket_id: str
    provider: str
    state: HandoffState
    started_at: Instant
    attempts: int = 1
    messages_sent: int = 0
    """How many of the ticket's messages the provider has been given."""
    provider_reference: str | None = None
    answered_at: Instant | None = None
    confirmed_at: Instant | None = None
    picked_up_at: Instant | None = None
    reopened_at: Instant | None = None
    """When the requester wrote again after the provider had resolved it."""
    superseded: bool = False
    """Its provider failed, and the ticket is to go (or went) to another."""
    reason: str | None = None
    to_record: bool = False
    """Its provider's agent speaks, or spoke, with the requester: its own system is given the ticket after the call."""

    @property
    def live(self) -> bool:
        return self.state in LIVE

    @property
    def held_since(self) -> Instant:
        """From when the promise to pick it up counts."""
        return self.reopened_at or self.answered_at or self.started_at


H = TypeVar("H", bound=Handoff)


def holding_copy(handoffs: Iterable[H]) -> H | None:
    """The copy that has the ticket in an operative provider's hands, and stays; None where there is none.

    The one that its provider has resolved; else, of those live, the one that somebody works on before one that nobody
    has touched; then the one accepted first. A superseded copy that nobody works on holds nothing.
    """
    holding = [
        handoff for handoff in handoffs if handoff.state in _WORKED_ON or (handoff.live and not handoff.superseded)
    ]
    return min(holding, key=_rank, default=None)


def _rank(handoff: Handoff) -> tuple[bool, bool, Instant, str]:
    return (
        handoff.state is not HandoffState.RESOLVED,
        handoff.state is not HandoffState.PICKED_UP,
        handoff.answered_at or handoff.started_at,
        handoff.id,  # of two accepted at the same instant it must be the same one, in whatever order they are given
    )


def surplus_copies(handoffs: Iterable[H]) -> list[H]:
    """The live copies of one ticket that must be withdrawn since another stays. None while all are superseded: which
    of them stays is decided when a provider is back, or has picked one up."""
    copies = list(handoffs)
    holding = holding_copy(copies)
    return [handoff for handoff in copies if handoff.live and handoff is not holding] if holding else []
