"""An SMTP server that does as a test tells it, built on aiosmtpd: it refuses, greylists, falls silent, or hangs up."""

import asyncio
import ssl
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import AnyStr

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.eventually import eventually

HANG = "hang"
DROP = "drop"
"""In place of a reply."""


@dataclass(frozen=True)
class Arrived:
    """A mail that the server took."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    options: tuple[str, ...] = ()


@dataclass
class Script:
    """What the server says, by the command's name, or the command with its address: `RCPT a@example.org`. `content` is
    the reply to a whole content; `greeting` comes before everything."""

    replies: Mapping[str, str] = field(default_factory=dict)
    once: dict[str, str] = field(default_factory=dict)
    """For the next MAIL alone."""
    password: str = ""
    token: str = ""
    mails: list[Arrived] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    open: set["_Peer"] = field(default_factory=set)

    async def still_open(self) -> str | None:
        return f"{len(self.open)} connections are open still" if self.open else None

    async def handle_EHLO(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, replies: list[str]
    ) -> list[str]:
        session.host_name = hostname
        kept = [each for each in replies if "AUTH" not in each]
        if self.password:
            kept.insert(1, "250-AUTH PLAIN LOGIN")
        if self.token:
            kept.insert(1, "250-AUTH XOAUTH2")
        return kept

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.commands.append("MAIL")
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.once.pop("MAIL", "") or self.replies.get("MAIL", "250 2.1.0 OK")

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.commands.append("RCPT")
        reply = self.replies.get(f"RCPT {address}", self.replies.get("RCPT", "250 2.1.5 OK"))
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        options = tuple(envelope.mail_options)
        sender = (envelope.mail_from or "").strip("<>")
        self.mails.append(Arrived(sender, tuple(envelope.rcpt_tos), content, options))
        return self.replies.get("content", "250 2.0.0 queued as 4711")

    async def handle_RSET(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.commands.append("RSET")
        return "250 OK"

    async def auth_XOAUTH2(self, server: SMTP, arguments: list[str]) -> AuthResult:  # noqa: N802
        given = b64decode(arguments[1])
        if given == f"user=help\1auth=Bearer {self.token}\1\1".encode():
            return AuthResult(success=True)
        await server.challenge_auth('{"status":"401"}')
        return AuthResult(success=False, handled=False)

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: LoginPassword
    ) -> AuthResult:
        self.commands.append(f"AUTH {mechanism}")
        good = login == LoginPassword(b"help", self.password.encode())
        return AuthResult(success=good, handled=False)


class _Peer(SMTP):
    def __init__(self, script: Script, tls: ssl.SSLContext | None) -> None:
        super().__init__(
            script,
            hostname="peer.example",
            enable_SMTPUTF8=True,
            tls_context=tls,
            auth_require_tls=False,
            authenticator=script.authenticate,
            loop=asyncio.get_running_loop(),
        )
        self._script = script

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._script.connections += 1
        self._script.open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._script.open.discard(self)
        super().connection_lost(error)

    async def push(self, status: AnyStr) -> None:
        """A reply of the script's may be a deed."""
        if status in (HANG, DROP):
            if status == DROP:
                self.abort()
            await asyncio.Event().wait()
        await super().push(status)

    def abort(self) -> None:
        self._writer.transport.abort()

    async def _handle_client(self) -> None:
        greeting = self._script.replies.get("greeting")
        if greeting is None:
            await super()._handle_client()
        else:
            await self.push(greeting)
            self._writer.close()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        self._script.commands.append("DATA")
        if "DATA" in self._script.replies:
            await self.push(self._script.replies["DATA"])
        else:
            await super().smtp_DATA(arg)

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        if "STARTTLS" in self._script.replies:
            await self.push(self._script.replies["STARTTLS"])
            return
        assert self.tls_context is not None
        await self.push("220 begin")
        plain = self._writer.transport
        try:
            transport = await self.loop.start_tls(plain, self, self.tls_context, server_side=True)
        except OSError:
            transport = None
        if transport is None or plain.is_closing():
            plain.abort()
            self.connection_lost(None)
            return
        self._in_clear, self._writer = self._writer, asyncio.StreamWriter(transport, self, self._reader, self.loop)
        self.transport, self.tls_context = transport, None
        assert self.session is not None
        self.session.ssl = {}


@dataclass
class SmtpPeer:
    """One that is up."""

    script: Script
    port: int
    _server: asyncio.Server

    def stop_listening(self) -> None:
        self._server.close()


@asynccontextmanager
async def smtp_peer(
    script: Script | None = None, *, tls: ssl.SSLContext | None = None, at_once: bool = False
) -> AsyncIterator[SmtpPeer]:
    """With `tls` it offers STARTTLS, or speaks TLS from the first byte."""
    script = script or Script()
    server = await asyncio.get_running_loop().create_server(
        lambda: _Peer(script, None if at_once else tls), "127.0.0.1", 0, ssl=tls if at_once else None
    )
    try:
        yield SmtpPeer(script, server.sockets[0].getsockname()[1], server)
    finally:
        server.close()
        for each in tuple(script.open):
            each.abort()
        await eventually(script.still_open, within=2)
