"""A mail listener on a random port, spoken to through bare sockets, with raw mails kept in memory."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from channels.email.reception.listener import MailListener
from channels.email.reception.settings import ListenerSettings
from gateway.core.clock import SystemClock
from gateway.core.raw_mail import Kept, Origin
from tests.support.stream_end import rest_of

ADDRESS = "help@example.org"
MAIL = b"From: ana@example.net\r\nTo: help@example.org\r\nSubject: printer\r\n\r\nIt burns.\r\n"


@dataclass
class KeptMails:
    """Keeps what comes; or fails, or waits until it is told to go on."""

    kept: list[tuple[Origin, bytes]] = field(default_factory=list)
    failure: Exception | None = None
    fails_after: int = 0
    """Pieces that are taken before it fails."""
    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    largest_piece: int = 0
    interrupted: list[BaseException] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.may_end.set()

    async def keep(self, origin: Origin, content: AsyncIterable[bytes], *, ours: int = 0) -> Kept:
        pieces: list[bytes] = []
        try:
            async for piece in content:
                self._fail_after(len(pieces))
                self.largest_piece = max(self.largest_piece, len(piece))
                pieces.append(piece)
            await self.may_end.wait()
        except BaseException as error:
            self.interrupted.append(error)
            raise
        self._fail_after(self.fails_after)
        self.kept.append((origin, b"".join(pieces)))
        return Kept.NEW

    def _fail_after(self, pieces: int) -> None:
        if self.failure is not None and pieces >= self.fails_after:
            raise self.failure

    @property
    def contents(self) -> list[bytes]:
        """Without the lines that the listener wrote above them."""
        return [content.partition(b" +0000\r\n")[2] for _, content in self.kept]


@dataclass
class Dialogue:
    """One bare connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def reply(self, within: float = 5.0) -> str:
        """The next reply's last line; "" where the other side has hung up."""
        async with asyncio.timeout(within):
            while True:
                line = await self.reader.readline()
                if line[3:4] != b"-":
                    return line.decode().rstrip("\r\n")

    async def say(self, command: bytes | str) -> str:
        """Its reply."""
        self.send(command)
        return await self.reply()

    def send(self, command: bytes | str) -> None:
        self.writer.write((command.encode() if isinstance(command, str) else command) + b"\r\n")

    async def envelope(self, *recipients: str, sender: str = "ana@example.net") -> None:
        """Up to DATA's 354."""
        replies = [await self.say(f"MAIL FROM:<{sender}>")]
        replies += [await self.say(f"RCPT TO:<{each}>") for each in recipients or (ADDRESS,)]
        replies.append(await self.say("DATA"))
        assert [each[:3] for each in replies] == ["250"] * (len(replies) - 1) + ["354"], replies

    async def hand_in(self, content: bytes = MAIL, *recipients: str) -> str:
        """A whole mail; the reply to its content."""
        await self.envelope(*recipients)
        return await self.say(content + b".")

    async def to_the_end(self, within: float = 5.0) -> bytes:
        """All that comes until the other side hangs up."""
        return await rest_of(self.reader, within)


@dataclass
class Reception:
    """A listener that is up."""

    listener: MailListener
    mails: KeptMails
    _dialogues: list[Dialogue] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.listener.address.port

    async def open(self) -> Dialogue:
        """A connection from which nothing has been read; it is closed with the listener."""
        dialogue = Dialogue(*await asyncio.open_connection("127.0.0.1", self.port))
        self._dialogues.append(dialogue)
        return dialogue

    async def connect(self, greeting: str = "LHLO client.example") -> Dialogue:
        """A connection, greeted."""
        dialogue = await self.open()
        await dialogue.reply()
        await dialogue.say(greeting)
        return dialogue

    async def full(self) -> str | None:
        """None where a newcomer is greeted; else what it is told."""
        greeting = await (await self.open()).reply()
        return None if greeting.startswith("220") else greeting

    def hang_up(self) -> None:
        for each in self._dialogues:
            each.writer.close()


@asynccontextmanager
async def receiving(
    *, addresses: Sequence[str] = (ADDRESS,), reply_pattern: str = "", **settings: object
) -> AsyncIterator[Reception]:
    """An LMTP listener, unless the settings say otherwise."""
    mails = KeptMails()
    listener = MailListener(
        "mail",
        ListenerSettings.model_validate({"listen": "127.0.0.1:0", **settings}),
        mails,
        SystemClock(),
        addresses=addresses,
        reply_pattern=reply_pattern,
        host="mx.example.org",
    )
    await listener.start()
    reception = Reception(listener, mails)
    try:
        yield reception
    finally:
        reception.hang_up()
        await listener.stop(1.0)
