"""A mail server that does what no real one will on demand: each command's answer can be replaced by a test's own."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

_PARTIAL = re.compile(rb"BODY\.PEEK\[\]<(\d+)\.(\d+)>")
_COMMANDS_WITH_UID = re.compile(rb"UID (\w+) ([0-9:*,]+|UID [0-9:*]+)(?: (.*))?")


class Session:
    """One client's connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.tag = b""
        """Of the command in hand."""

    async def line(self) -> bytes:
        line = await self._reader.readline()
        if not line:
            raise ConnectionResetError
        return line.rstrip(b"\r\n")

    def say(self, *lines: bytes) -> None:
        """Whole lines."""
        self._writer.write(b"".join(line + b"\r\n" for line in lines))

    def raw(self, content: bytes) -> None:
        self._writer.write(content)

    def done(self, answer: bytes = b"OK done") -> None:
        """To the command in hand."""
        self.say(self.tag + b" " + answer)

    def cut(self) -> None:
        """Hang up."""
        self._writer.transport.abort()


Answer = Callable[[Session, bytes], Awaitable[None]]


class ScriptedImap:
    """One folder, whatever it is called; its mails have the UIDs that they are given."""

    def __init__(self) -> None:
        self.mails: dict[int, bytes] = {}
        self.uidvalidity = 7
        self.greeting = b"* OK here"
        self.capabilities = b"IMAP4rev1 IDLE UIDPLUS AUTH=PLAIN SASL-IR"
        self.answers: dict[str, Answer] = {}
        """By command, such as `SELECT` or `UID FETCH`, in place of the ordinary answer."""
        self.commands: list[bytes] = []
        """As they came, without their tags."""
        self.port = 0
        self.connections = 0
        self._idle = asyncio.Event()

    def announce(self) -> None:
        """Tell whoever idles how many mails there are."""
        self._idle.set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["ScriptedImap"]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        tasks = self._tasks = set[asyncio.Task[None]]()
        try:
            yield self
        finally:
            server.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        session = Session(reader, writer)
        with suppress(ConnectionError, asyncio.CancelledError):
            session.say(self.greeting)
            while True:
                session.tag, _, command = (await session.line()).partition(b" ")
                self.commands.append(command)
                await self._answer(session, command)
        session.cut()

    async def _answer(self, session: Session, command: bytes) -> None:
        words = command.upper().split()
        name = b" ".join(words[:2] if words[0] == b"UID" else words[:1]).decode()
        scripted = self.answers.get(name)
        if scripted is not None:
            await scripted(session, command)
        else:
            await self.ordinary(session, command)

    async def ordinary(self, session: Session, command: bytes) -> None:
        """What a server does that means well."""
        if command.startswith(b"UID "):
            self._by_uid(session, command)
        elif command == b"CAPABILITY":
            session.say(b"* CAPABILITY " + self.capabilities)
        elif command.startswith(b"SELECT"):
            session.say(
                b"* %d EXISTS" % len(self.mails),
                b"* OK [UIDVALIDITY %d] valid" % self.uidvalidity,
                b"* OK [UIDNEXT %d] next" % (max(self.mails, default=0) + 1),
            )
        elif command == b"IDLE":
            session.say(b"+ idling")
            await self._idling(session)
        elif command == b"LOGOUT":
            session.say(b"* BYE goodbye")
        session.done()

    async def _idling(self, session: Session) -> None:
        done = asyncio.create_task(session.line())
        stirred = asyncio.create_task(self._idle.wait())
        await asyncio.wait({done, stirred}, return_when=asyncio.FIRST_COMPLETED)
        if stirred.done():
            self._idle.clear()
            session.say(b"* %d EXISTS" % len(self.mails))
        stirred.cancel()
        assert await done == b"DONE"

    def _by_uid(self, session: Session, command: bytes) -> None:
        match = _COMMANDS_WITH_UID.fullmatch(command)
        assert match is not None, command
        if match[1] == b"SEARCH":
            first = int(match[2].removeprefix(b"UID ").partition(b":")[0])
            last = max(self.mails, default=0)
            found = [uid for uid in self.mails if uid >= first or uid == last]
            session.say(b" ".join([b"* SEARCH", *(b"%d" % uid for uid in found)]))
        elif match[1] == b"FETCH" and int(match[2]) in self.mails:
            self.give(session, int(match[2]), match[3])
        elif match[1] == b"EXPUNGE":
            for uid in match[2].split(b","):
                self.mails.pop(int(uid), None)

    def give(self, session: Session, uid: int, wanted: bytes) -> None:
        """The part of the mail that is `wanted`, with its facts."""
        partial = _PARTIAL.search(wanted)
        assert partial is not None, wanted
        offset, length = int(partial[1]), int(partial[2])
        mail = self.mails[uid]
        part = mail[offset : offset + length]
        session.raw(
            b'* 1 FETCH (UID %d FLAGS () INTERNALDATE "17-Jul-2026 02:44:25 -0700" RFC822.SIZE %d BODY[]<%d> {%d}\r\n'
            % (uid, len(mail), offset, len(part))
        )
        session.raw(part + b")\r\n")
