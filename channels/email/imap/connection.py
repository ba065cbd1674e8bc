"""A connection to a mail server that we are logged in to, with the verbs that we need."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, TypeVar

from aioimaplib.aioimaplib import AioImapException, Response  # type: ignore[import-untyped]

from channels.email.imap.errors import CommandRefused, ConnectionFailed, MailGone, MailTooLarge
from channels.email.imap.folder_names import encode_folder, quote
from channels.email.imap.patience import Patience
from channels.email.imap.protocol import ImapProtocol
from channels.email.imap.responses import MONTHS, Facts, Selected, fetched, found, listed, selected

PART = 1024 * 1024
"""Bytes of a mail that are asked for at once."""
_LEAVE_WITHIN = 2.0
"""Seconds for a polite goodbye."""

T = TypeVar("T")


async def answered(protocol: ImapProtocol, waiting: Awaitable[T], command: str, seconds: float) -> T:
    """Its answer. Whoever gives up, by the deadline or by cancellation, leaves an answer behind that nobody expects:
    the connection is given up with it. Raises ConnectionFailed."""
    try:
        async with asyncio.timeout(seconds):
            return await waiting
    except TimeoutError:
        protocol.abort()
        raise ConnectionFailed(f"the mail server didn't answer {command} within {seconds:g} s") from None
    except asyncio.CancelledError:
        protocol.abort()
        raise
    except (AioImapException, OSError, ValueError, IndexError) as error:
        protocol.abort()
        raise ConnectionFailed(f"the mail server's answer to {command} makes no sense: {error}") from error


class Connection:
    """An open mailbox."""

    def __init__(self, protocol: ImapProtocol, patience: Patience) -> None:
        self._protocol = protocol
        self._patience = patience

    async def select(self, folder: str) -> Selected:
        name = quote(encode_folder(folder))
        lines = await self._ask(self._protocol.select(name), f"SELECT {name}", self._patience.search)
        self._protocol.stirred.clear()
        opened = selected(lines)
        if opened is None:
            raise CommandRefused(f"SELECT {name}", "it has no UIDVALIDITY, so mails can't be told apart there")
        return opened

    async def folders(self) -> list[str]:
        """All there are, by the names that people see."""
        listing = self._protocol.simple_command("LIST", '""', '"*"')
        return listed(await self._ask(listing, "LIST", self._patience.search))

    async def uids_after(self, uid: int, since: date | None = None) -> list[int]:
        criteria = [f"UID {uid + 1}:*"]
        if since is not None:
            criteria.append(f"SINCE {since.day}-{MONTHS[since.month - 1].title()}-{since.year}")
        search = self._protocol.search(*criteria, charset=None, by_uid=True)
        uids = found(await self._ask(search, "UID SEARCH", self._patience.search))
        return [each for each in uids if each > uid]  # `*` is the last mail, even where it is none of those after

    async def fetch(self, uid: int, largest: int) -> "OpenMail":
        facts = await self.part(uid, 0)
        if max(facts.size, len(facts.part)) > largest:
            raise MailTooLarge(largest)
        return OpenMail(self, facts, largest)

    async def part(self, uid: int, offset: int) -> Facts:
        """PART bytes of the mail, fewer at its end; with all its facts. Raises MailGone."""
        wanted = f"(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[]<{offset}.{PART}>)"
        command = f"UID FETCH {uid}"
        lines = await self._ask(self._protocol.fetch(str(uid), wanted, by_uid=True), command, self._patience.part)
        # The server may speak of other mails in between, and of this one's flags alone.
        try:
            about = [facts for facts in fetched(lines) if facts.uid == uid]
        except ConnectionFailed:
            self._protocol.abort()
            raise
        facts = max(about, key=lambda each: (each.size, len(each.part)), default=None)
        if facts is None:
            raise MailGone(f"the mail with UID {uid} is gone")
        return facts

    async def mark_seen(self, uids: Sequence[int]) -> None:
        await self._flag(uids, "\\Seen")

    async def move(self, uids: Sequence[int], folder: str) -> None:
        try:
            await self._move(uids, quote(encode_folder(folder)))
        except CommandRefused as error:
            if "[TRYCREATE]" not in error.answer.upper():
                raise
            await self._quickly(self._protocol.simple_command("CREATE", quote(encode_folder(folder))), "CREATE")
            await self._move(uids, quote(encode_folder(folder)))

    async def delete(self, uids: Sequence[int]) -> None:
        await self._flag(uids, "\\Deleted")
        # A plain EXPUNGE would take along what other people have marked.
        if "UIDPLUS" in self._protocol.capabilities:
            await self._quickly(self._protocol.uid("EXPUNGE", _set(uids)), "UID EXPUNGE")

    async def idle(self, seconds: float) -> None:
        protocol = self._protocol
        if "IDLE" not in protocol.capabilities:
            await self._stirred(seconds)
            await self._quickly(protocol.simple_command("NOOP"), "NOOP")
        elif not protocol.stirred.is_set():
            idling = asyncio.ensure_future(protocol.idle())
            try:
                await self._stirred(seconds)
                if not idling.done():  # else the server has refused, and we have waited instead
                    protocol.idle_done()
                await answered(protocol, idling, "DONE", self._patience.answer)
            except asyncio.CancelledError:
                protocol.abort()  # it would take any further command for a part of this one
                raise
            finally:
                idling.cancel()
                await asyncio.gather(idling, return_exceptions=True)

    async def close(self) -> None:
        with suppress(ConnectionFailed):
            await answered(self._protocol, self._protocol.logout(), "LOGOUT", _LEAVE_WITHIN)
        self._protocol.abort()

    async def _flag(self, uids: Sequence[int], flag: str) -> None:
        store = self._protocol.uid("STORE", _set(uids), f"+FLAGS.SILENT ({flag})")
        await self._quickly(store, f"UID STORE {flag}")

    async def _move(self, uids: Sequence[int], name: str) -> None:
        if "MOVE" in self._protocol.capabilities:
            await self._quickly(self._protocol.uid("MOVE", _set(uids), name), f"UID MOVE to {name}")
        else:
            await self._quickly(self._protocol.uid("COPY", _set(uids), name), f"UID COPY to {name}")
            await self.delete(uids)

    async def _stirred(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._protocol.stirred.wait()

    async def _quickly(self, asked: Awaitable[Response], command: str) -> None:
        await self._ask(asked, command, self._patience.answer)

    async def _ask(self, asked: Awaitable[Response], command: str, seconds: float) -> list[Any]:
        """The lines of a yes. Raises CommandRefused, ConnectionFailed."""
        answer = await answered(self._protocol, asked, command, seconds)
        if answer.result != "OK":
            raise CommandRefused(command, bytes(answer.lines[-1])[:200].decode(errors="replace"))
        lines: list[Any] = answer.lines
        return lines


class OpenMail:
    """One mail of a connection's folder."""

    def __init__(self, connection: Connection, facts: Facts, largest: int) -> None:
        self.facts = facts
        self.whole = len(facts.part) < PART and len(facts.part) >= facts.size
        self._connection = connection
        self._largest = largest

    async def content(self) -> AsyncIterator[bytes]:
        """Ends where the server has no more, since the size that some tell beforehand is a guess."""
        part, offset = self.facts.part, 0
        if not part and self.facts.size:
            raise CommandRefused(f"UID FETCH {self.facts.uid}", "it gave nothing of the mail")
        while part:
            offset += len(part)
            if offset > self._largest:
                raise MailTooLarge(self._largest)
            yield part
            if len(part) < PART and offset >= self.facts.size:
                return
            part = (await self._connection.part(self.facts.uid, offset)).part


def _set(uids: Sequence[int]) -> str:
    return ",".join(str(int(uid)) for uid in uids)
