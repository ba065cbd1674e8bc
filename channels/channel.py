"""What a channel is, and what it is given."""

from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from gateway.core.clock import Clock
from gateway.core.delivery import Case
from gateway.core.organisation import Organisation
from gateway.core.ports import Blobs, Intaker, Measurements, Routing
from gateway.core.tokens import TokenSigner


class TicketReads(Protocol):
    """What a channel may read: one ticket, whose id it has proved a right to."""

    async def ticket(self, ticket_id: str) -> Case | None: ...


@dataclass(frozen=True, slots=True)
class ChannelContext:
    """All that a channel gets beside its settings."""

    name: str
    """The channel's key in the configuration."""
    intake: Intaker
    reads: TicketReads
    routing: Routing
    signer: TokenSigner
    clock: Clock
    measurements: Measurements
    organisation: Organisation
    """As people see it."""
    public_url: str
    """Where the outside reaches the public listener, without a final slash."""
    blobs: Blobs
    """Where the content of attachments is kept."""


class Channel(Protocol):
    """A way in. It returns its routes, and the public listener mounts them."""

    def routes(self) -> list[web.RouteDef]: ...
