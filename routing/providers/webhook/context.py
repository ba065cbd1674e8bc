"""What the routes of a desk get."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from gateway.core.clock import Clock
from gateway.core.delivery import Case
from gateway.core.links import AttachmentLinks
from gateway.core.ports import Blobs, Intaker


class TicketReads(Protocol):
    """The tickets that a desk may ask about, once it has proved which of them it has."""

    async def ticket(self, ticket_id: str) -> Case | None: ...

    async def ticket_by_reference(self, reference: str) -> Case | None: ...


@dataclass(frozen=True, slots=True)
class DeskContext:
    """The gateway, as far as a desk that asks or reports has to do with it."""

    intaker: Intaker
    reads: TicketReads
    blobs: Blobs
    links: AttachmentLinks
    clock: Clock
    called_back_by: Mapping[str, str] = field(default_factory=dict)
    """See ProviderReport."""
