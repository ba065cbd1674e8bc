"""What a mail channel is given: a real store in memory, blobs, desks; and what it tells."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from channels.channel import Backstage, ChannelContext
from gateway.core.clock import Instant
from gateway.core.delivery import Case, ClaimRequest, Kind
from gateway.core.dialling import Desk
from gateway.core.errors import StoreFailed
from gateway.core.organisation import Organisation
from gateway.core.post import DeskContact
from gateway.core.ticket import Priority, Terms
from gateway.core.tokens import TokenSigner
from gateway.intake import IntakeDoor
from gateway.store import SqlStore
from tests.support.blobs import MemoryBlobs
from tests.support.clock import SetClock
from tests.support.incoming import SUR
from tests.support.simulation import Unmeasured
from tests.support.store import Heard, inline_store
from tests.support.tickets import NOW

SIGNER = TokenSigner(b"k" * 32)
LEASE = 600.0
"""Seconds."""


class Promised:
    """The port Routing: one policy for all."""

    def terms(self, channel: str, language: str | None, category: str | None, priority: Priority) -> Terms:
        return Terms("default", 1.0, 5.0)

    def serving(self, policy: str) -> str | None:
        return None

    def desks(self, channel: str, language: str | None, category: str | None, priority: Priority) -> list[Desk]:
        return []


@dataclass
class Told:
    """The port MailMeasurements, remembered."""

    read: list[str] = field(default_factory=list)
    counted: list[tuple[str, str, int, int]] = field(default_factory=list)
    succeeded_at: list[Instant] = field(default_factory=list)

    def channel_succeeded(self, channel: str, at: Instant) -> None:
        self.succeeded_at.append(at)

    def mail_read(self, channel: str, outcome: str) -> None:
        self.read.append(outcome)

    def mail_sent(self, channel: str, outcome: str) -> None: ...

    def webhook_refused(self, channel: str, reason: str) -> None: ...

    def mailbox_counted(self, channel: str, folder: str, mails: int, missing: int) -> None:
        self.counted.append((channel, folder, mails, missing))


@dataclass
class MailParts:
    """All of it, for a channel `mail`."""

    store: SqlStore
    clock: SetClock
    heard: Heard
    blobs: MemoryBlobs
    context: ChannelContext
    backstage: Backstage
    told: Told
    desks: list[DeskContact]
    owed: list[Kind]
    failures: list[StoreFailed]

    async def claim(self, kind: Kind) -> list[Case]:
        """What of that kind is due now, under a lease."""
        now = self.clock.now()
        return (await self.store.claim([ClaimRequest(frozenset({kind}), 100, now, now + LEASE)]))[0]


@asynccontextmanager
async def mail_parts() -> AsyncIterator[MailParts]:
    """The store is started and empty."""
    clock, heard, told = SetClock(NOW), Heard(), Told()
    desks, owed, failures = [SUR], list[Kind](), list[StoreFailed]()
    store = inline_store(clock, [heard])
    blobs = MemoryBlobs(clock)
    context = ChannelContext(
        name="mail",
        intake=IntakeDoor(store, Promised(), clock, Unmeasured()),
        reads=store,
        routing=Promised(),
        signer=SIGNER,
        clock=clock,
        measurements=Unmeasured(),
        organisation=Organisation("Example"),
        public_url="http://127.0.0.1:8080",
        blobs=blobs,
    )
    backstage = Backstage(store=store, measurements=told, desks=lambda: desks, owed=owed.append, failed=failures.append)
    await store.start()
    try:
        yield MailParts(store, clock, heard, blobs, context, backstage, told, desks, owed, failures)
    finally:
        await store.close()
