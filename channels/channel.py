"""What a channel is, and what it is given."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import web

from gateway.core.clock import Clock
from gateway.core.delivery import Case, Kind
from gateway.core.dialling import Desk
from gateway.core.errors import StoreFailed
from gateway.core.organisation import Organisation
from gateway.core.ports import (
    Blobs,
    CallStore,
    DeliveryEnds,
    DeliveryHandler,
    Intaker,
    MailMeasurements,
    MailStore,
    Measurements,
    PhoneMeasurements,
    Routing,
    TextStore,
)
from gateway.core.post import DeskContact, Post
from gateway.core.tokens import TokenSigner


class TicketReads(Protocol):
    """What a channel may read: one ticket, whose id it has proved a right to."""

    async def ticket(self, ticket_id: str) -> Case | None: ...


@dataclass(frozen=True, slots=True)
class MailAddresses:
    """Where the mails of one mail channel come in."""

    own: frozenset[str]
    """In lower case."""
    reply_pattern: str
    """Of its tickets' addresses: `{token}` stands for the token."""


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
    pages: bool = False
    """There is a web channel, which shows requesters their tickets."""
    spoken: frozenset[str] = frozenset()
    """The channels by which people speak: what stands in their messages are our words, and nobody else's."""
    mail_addresses: tuple[MailAddresses, ...] = ()
    """Of all mail channels: a mail to one of them may be read by any."""

    def page_of(self, ticket_id: str) -> str | None:
        """Where its requester can follow the ticket; None without a web channel."""
        return f"{self.public_url}/t/{self.signer.sign(ticket_id)}" if self.pages else None


class BackstageStore(MailStore, CallStore, TextStore, DeliveryEnds, Protocol):
    """What the store does for channels that are no web pages."""

    async def ticket_by_reference(self, reference: str) -> Case | None: ...


class BackstageMeasurements(MailMeasurements, PhoneMeasurements, Protocol):
    """What they tell of themselves."""


class DeskAnswers:
    """Tells all channels which letters to desks were answered: whichever of them reads the answer, another may have
    sent the letter."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[str, str, str], None]] = []

    def listen(self, heard: Callable[[str, str, str], None]) -> None:
        """`heard` is called with the provider, and the letter's `unique`, or "" and our reference."""
        self._listeners.append(heard)

    def tell(self, provider: str, unique: str, reference: str) -> None:
        for heard in self._listeners:
            heard(provider, unique, reference)


@dataclass(frozen=True, slots=True)
class Backstage:
    """What a channel gets besides where it works by itself: fetches, listens, sends."""

    store: BackstageStore
    measurements: BackstageMeasurements
    desks: Callable[[], Sequence[DeskContact]]
    """The help desks that are reached by mail, as the configuration in force has them."""
    owed: Callable[[Kind], None]
    """To be called when a mail or an acknowledgement has come to be owed: it is done at once then, and not only when
    somebody looks."""
    failed: Callable[[StoreFailed], None]
    """Told when the store has failed for good; the service stops."""
    answers: DeskAnswers = field(default_factory=DeskAnswers)
    phones: Callable[[], Mapping[str, Desk]] = dict
    """Every help desk that has a phone, by what is dialled, whether it may be dialled now or not."""


class Channel:
    """A way in, and out. What a channel doesn't have is as here."""

    def routes(self) -> Sequence[web.RouteDef]:
        """What the public listener mounts for it."""
        return ()

    def handlers(self) -> Mapping[Kind, DeliveryHandler]:
        """How it does what is owed through it."""
        return {}

    def post(self) -> Post | None:
        """How help desks are written to through it."""
        return None

    async def start(self) -> None:
        """Open its doors; the store is ready. Raises StartError."""

    async def run(self) -> None:
        """What it does by itself, until cancelled."""
        await asyncio.Event().wait()

    async def stop(self, grace: float) -> None:
        """Close its doors; what is coming in has `grace` seconds to end."""

    async def close(self) -> None:
        """The last of all: end its connections and processes. Nothing is handed to it any more."""
