"""A store that can be away, and what stands before it meanwhile: the spool over a real folder."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.blobs import FileBlobs
from gateway.core.errors import OutcomeUnknown, StoreFailed, StoreUnavailable
from gateway.store import SqlStore
from gateway.store.runner import Committed
from gateway.store.spool import Drainer, Spool, SpooledBlobs, SpooledStore, SpoolWatch
from gateway.store.transaction import Command, Result, Verb
from tests.support.clock import SetClock
from tests.support.store import Heard, InlineRunner

_ROOM = 10_000_000


class SwitchedRunner(InlineRunner):
    """The real verbs in memory. While it is `away` nothing is kept; while it is `mute` everything is, and nobody hears
    of it. `guilty` is a ticket whose transaction fails for a reason of its own."""

    away = False
    mute = False
    guilty = ""
    refusal: str | None = None
    _opened = False

    async def start(self, committed: Committed) -> bool:
        """The first gateway opens it; one that comes after finds what is there."""
        if not self._opened:
            self._opened = await super().start(committed)
        self._committed = committed
        return True

    async def write(self, verb: Verb[Command, Result], commands: Sequence[Command]) -> list[Result]:
        if self.away:
            self.refusal = "no connection"
            raise StoreUnavailable(self.refusal)
        if self.guilty and self.guilty in repr(commands):
            raise ValueError(self.guilty)
        results = await super().write(verb, commands)
        if self.mute:
            self.refusal = "the connection ended in the middle"
            raise OutcomeUnknown(self.refusal)
        self.refusal = None
        return results


class Site:
    """One gateway: its store, and the spool before it. `heard` is what the store told, `alarmed` what raises alarms."""

    def __init__(self, folder: Path, limit: int, runner: SwitchedRunner) -> None:
        self.runner = runner
        self.clock = SetClock(1_000.0)
        self.heard, self.alarmed = Heard(), Heard()
        self.store = SqlStore(runner, self.clock, [self.heard, self.alarmed])
        self.spool = Spool(folder / "spool", limit, unexpected)
        self.beside = FileBlobs(folder / "beside", self.clock, unexpected)
        self.here = FileBlobs(folder / "spool" / "blobs", self.clock, unexpected)
        self.blobs = SpooledBlobs(self.beside, self.here, self.store.why_not_ready, self.spool.index.named)
        self.watch = SpoolWatch(self.spool, self.store, self.alarmed, self.clock)
        self.spooled = SpooledStore(self.store, self.spool, self.blobs, self.watch, self.clock)
        self.drainer = Drainer(self.spool, self.store, self.blobs, self.watch, self.spooled.reserve)

    async def references(self) -> list[str]:
        """Of the tickets in the store, in the order in which they came there."""
        events = await self.store.events(0, 1_000)
        return [each.event.reference or "" for each in events if each.event.type == "ticket.received"]


@asynccontextmanager
async def opened_site(folder: Path, runner: SwitchedRunner, *, limit: int = _ROOM) -> AsyncIterator[Site]:
    """A gateway, started. Left, it is as after a crash: what it had in memory is gone. The runner's database stays."""
    site = Site(folder, limit, runner)
    await site.store.start()
    await site.spool.start()
    await site.blobs.start()
    await site.spooled.reserve()
    site.watch.resume()
    try:
        yield site
    finally:
        await site.spool.close()
        await site.blobs.close()


def unexpected(error: StoreFailed) -> None:
    raise AssertionError("nothing has failed for good here") from error
