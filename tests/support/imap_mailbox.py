"""A mailbox in memory, for a follower under virtual time: a server, and the connections to it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import date

from channels.email.imap.errors import ConnectionFailed, MailGone
from channels.email.imap.responses import Facts, Selected
from gateway.core.clock import Instant


class MailServer:
    """One folder. What goes wrong with it is set by the test."""

    def __init__(self) -> None:
        self.mails: dict[int, bytes] = {}
        self.uidvalidity = 1
        self.seen: set[int] = set()
        self.invisible: set[int] = set()
        """UIDs that a search doesn't find, though they are there."""
        self.failures: dict[int, Exception] = {}
        """What a fetch of that UID raises."""
        self.unreachable = False
        self.stalls = False
        """IDLE says nothing, and ends at its deadline by a dead line."""
        self.opened_at: list[Instant] = []
        self.arrived = asyncio.Event()

    def deliver(self, *uids: int) -> None:
        self.mails.update((uid, b"mail %d" % uid) for uid in uids)
        self.arrived.set()

    async def open(self) -> "MailConnection":
        self.opened_at.append(asyncio.get_running_loop().time())
        if self.unreachable:
            raise ConnectionFailed("nobody answers")
        return MailConnection(self)


class MailConnection:
    """The port Mailbox."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def select(self, folder: str) -> Selected:
        server = self._server
        if server.unreachable:
            raise ConnectionFailed("it hung up")
        server.arrived.clear()
        return Selected(server.uidvalidity, max(server.mails, default=0) + 1, len(server.mails))

    async def uids_after(self, uid: int, since: date | None = None) -> list[int]:
        return sorted(each for each in self._server.mails if each > uid and each not in self._server.invisible)

    async def fetch(self, uid: int, largest: int) -> "MemoryMail":
        if uid in self._server.failures:
            raise self._server.failures[uid]
        if uid not in self._server.mails:
            raise MailGone("gone")
        return MemoryMail(Facts(uid, part=self._server.mails[uid]))

    async def mark_seen(self, uids: Sequence[int]) -> None:
        self._server.seen.update(uids)

    async def move(self, uids: Sequence[int], folder: str) -> None:
        await self.delete(uids)

    async def delete(self, uids: Sequence[int]) -> None:
        for uid in uids:
            del self._server.mails[uid]

    async def idle(self, seconds: float) -> None:
        if self._server.stalls:
            await asyncio.sleep(seconds + 10.0)
            raise ConnectionFailed("no answer to DONE within 10 s")
        try:
            async with asyncio.timeout(seconds):
                await self._server.arrived.wait()
        except TimeoutError:
            return

    async def close(self) -> None: ...


class MemoryMail:
    """A mail that is here."""

    whole = True

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    async def content(self) -> AsyncIterator[bytes]:
        yield self.facts.part
