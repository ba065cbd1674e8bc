"""aioimaplib's protocol with its listening half replaced.

From the library come commands, their tags and rendering (CR, LF and NUL refused, T24), the states in which each is
allowed, and its verbs. What comes in is ours: the library's own way recurses over big answers, never tells that a
connection is lost, answers no challenge, and writes what it sends and gets into the log.
"""

import asyncio
import ssl
from collections.abc import Iterator

from aioimaplib.aioimaplib import (  # type: ignore[import-untyped]
    LOGOUT,
    NONAUTH,
    Command,
    IMAP4ClientProtocol,
    Response,
)

from channels.email.imap.errors import ConnectionFailed
from channels.email.imap.responses import announces_mail
from channels.email.imap.wire import Line, Splitter

_MOST_BYTES = 32 * 1024 * 1024
"""In the answer to one command."""
_UNANSWERED = "KO"
"""As the library calls the result of a command that got none from the server."""


class ImapProtocol(IMAP4ClientProtocol):  # type: ignore[misc]
    """One connection; one command at a time. Whoever gives up waiting for an answer aborts the connection."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.transport: asyncio.Transport | None
        self.capabilities: set[str]
        self.failure: ConnectionFailed | None = None
        """Why the connection is of no more use."""
        self.stirred = asyncio.Event()
        """New mail was announced, or the connection failed."""
        self.challenge = b""
        """What the server said last when it wanted to hear more."""
        self._greeting: asyncio.Future[Line] = loop.create_future()
        self._splitter = Splitter()
        self._answers: list[bytes] = []
        self._received = 0

    # What is sent

    def send(self, line: str, **_scrubbed: object) -> None:
        """Without a word to the log, whatever is to be scrubbed there. Raises ConnectionFailed."""
        if self.failure is not None:
            raise self.failure
        self._received = 0
        self._write(line.encode())

    async def execute(self, command: Command, scrub: str | None = None) -> Response:
        """Its answer. Raises ConnectionFailed where there will be none."""
        answer = await super().execute(command, scrub)
        if answer.result == _UNANSWERED and self.failure is not None:
            raise self.failure
        return answer

    async def greeted(self) -> None:
        """Wait for the server's first line, and learn what it can. Raises ConnectionFailed."""
        line = await self._greeting
        if not line.upper().startswith((b"* OK", b"* PREAUTH")):
            raise ConnectionFailed(f"the mail server doesn't want to talk: {_shown(line)}")
        await self.welcome(bytes(line))

    async def capability(self) -> None:
        await super().capability()
        self.capabilities = {name.upper() for name in self.capabilities}

    async def authenticate(self, mechanism: str, response: str) -> Response:
        """One SASL exchange, which succeeds or fails. `response` is the first, in base64; every further challenge, such
        as XOAUTH2's reason for a refusal, is answered by an empty line, after which the server says no."""
        inline = "SASL-IR" in self.capabilities
        self._answers = [] if inline else [response.encode()]
        arguments = (mechanism, response) if inline else (mechanism,)
        return await self.execute(Command("AUTHENTICATE", self.new_tag(), *arguments, loop=self.loop))

    async def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Raises ConnectionFailed where the server doesn't, or said more in plain text than its yes."""
        if self.state != NONAUTH:
            raise ConnectionFailed("the mail server lets everybody in before STARTTLS: somebody may be in between")
        command = Command("STARTTLS", self.new_tag(), loop=self.loop)
        self.pending_sync_command = command
        self.send(str(command))
        await command.wait()
        if self.failure is not None:
            raise self.failure
        if command.response.result != "OK" or not self._splitter.idle:
            raise ConnectionFailed("the mail server doesn't do STARTTLS as it should")
        self.transport = await self.loop.start_tls(self.transport, self, context, server_hostname=host)
        await self.capability()

    def abort(self) -> None:
        """Hang up at once."""
        self._fail(ConnectionFailed("the connection to the mail server was given up"))

    def _write(self, line: bytes) -> None:
        if self.transport is not None:
            self.transport.write(line + b"\r\n")

    # What comes in

    def data_received(self, d: bytes) -> None:
        """Cuts it into lines, and gives each to whom it concerns."""
        self._received += len(d)
        if self._received > _MOST_BYTES:
            self._fail(ConnectionFailed(f"the mail server's answer has more than {_MOST_BYTES} bytes"))
            return
        try:
            for line in self._splitter.feed(d):
                self._hear(line)
        except ConnectionFailed as error:
            self._fail(error)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(ConnectionFailed(f"the mail server's connection was lost ({exc or 'it hung up'})"))

    def _hear(self, line: Line) -> None:
        if not self._greeting.done():
            self._greeting.set_result(line)
        elif line.startswith(b"* "):
            self._hear_untagged(line)
        elif line.startswith(b"+"):
            self._hear_continuation(line)
        else:
            self._hear_tagged(line)

    def _hear_untagged(self, line: Line) -> None:
        if announces_mail(line):
            self.stirred.set()
        command = next(self._pending(), None)
        if line[:5].upper() == b"* BYE" and not (command is not None and command.name == LOGOUT):
            raise ConnectionFailed(f"the mail server said goodbye: {_shown(line)}")
        if command is None or (command.name == "CAPABILITY" and not line.upper().startswith(b"* CAPABILITY")):
            return  # the library takes the first line for the answer
        command.append_to_resp(line)

    def _hear_continuation(self, line: Line) -> None:
        self.challenge = line[2:]
        if self.has_pending_idle_command():
            self._continuation(line)
        elif self.pending_sync_command is not None:
            self._write(self._answers.pop(0) if self._answers else b"")

    def _hear_tagged(self, line: Line) -> None:
        tag, _, text = bytes(line).partition(b" ")
        result, _, text = text.partition(b" ")
        for command in self._pending():
            if command.tag.encode() == tag:
                self._forget(command)
                command.close(text, result.decode(errors="replace").upper())
                return
        raise ConnectionFailed(f"the mail server answered what nobody had asked: {_shown(line)}")

    # What waits

    def _pending(self) -> Iterator[Command]:
        if self.pending_sync_command is not None:
            yield self.pending_sync_command
        yield from self.pending_async_commands.values()

    def _forget(self, command: Command) -> None:
        if command is self.pending_sync_command:
            self.pending_sync_command = None
        else:
            del self.pending_async_commands[command.untagged_resp_name]

    def _fail(self, error: ConnectionFailed) -> None:
        """The first failure is the one that counts; everybody who waits hears of it at once."""
        if self.failure is None:
            self.failure = error
            for command in list(self._pending()):
                self._forget(command)
                command.close(b"", _UNANSWERED)
            if not self._greeting.done():
                self._greeting.set_exception(error)
                self._greeting.exception()  # heard, even where nobody has come to wait
            self.stirred.set()
        if self.transport is not None:
            self.transport.abort()


def _shown(line: Line) -> str:
    return line[:200].decode(errors="replace")
