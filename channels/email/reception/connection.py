"""One peer's connection: aiosmtpd's SMTP, made strict and bounded.

What aiosmtpd 1.4.6 does otherwise, and is replaced here and in `conversation`: it gathers a content in memory, several
times over; it refuses the parameters of delivery notifications; it tells strangers the text of exceptions; its commands
end with a bare LF; it has neither pipelining nor enhanced codes; a peer that reads nothing keeps its place.
"""

import asyncio
import ssl
from collections import defaultdict

import structlog
from aiosmtpd.smtp import SMTP

from channels.email.reception import replies
from channels.email.reception.house import House
from channels.email.reception.wire import WireReader

_LONGEST_COMMAND = 2048
_LAST_WORDS_SECONDS = 1.0
"""How long a reply may wait for its reader after we have hung up."""
_HANDSHAKE_SECONDS = 30.0

_log = structlog.get_logger("relevo.email.reception")


class Connection(SMTP):
    """From the first byte to the last; what the commands do is in `Conversation`."""

    command_size_limit = _LONGEST_COMMAND

    def __init__(self, house: House) -> None:
        loop = asyncio.get_running_loop()
        ident = "LMTP" if house.lmtp else "ESMTP"
        super().__init__(None, hostname=house.host, ident=ident, enable_SMTPUTF8=True, loop=loop)
        self.command_size_limits = defaultdict(lambda: _LONGEST_COMMAND)
        # The reader that aiosmtpd has just made for itself gives way to ours.
        self._wire = WireReader(_LONGEST_COMMAND, loop)
        asyncio.StreamReaderProtocol.__init__(self, self._wire, self._cb_client_connected, loop)
        self.keeping = False
        self._house = house
        self._peer = ""
        self._secure = False
        self._parting = False
        self._allowance = replies.Allowance()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._peer = str((transport.get_extra_info("peername") or ("",))[0])
        refusal = self._house.admission.enter(self._peer)
        if refusal is None:
            self._house.guests.add(self)
            super().connection_made(transport)
            return
        _log.warning("a connection was refused", peer=self._peer, reply=refusal)
        if isinstance(transport, asyncio.WriteTransport):
            transport.write(f"{refusal}\r\n".encode())
        transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if self in self._house.guests:
            self._house.guests.discard(self)
            self._house.admission.leave(self._peer)
            super().connection_lost(error)

    def part(self, reply: str) -> None:
        """Our last words; a peer that doesn't read them has had its time."""
        if not self._parting:
            self._parting = True
            if not self._writer.is_closing():
                self._writer.write(f"{reply}\r\n".encode())
                self._writer.close()
            self.loop.call_later(_LAST_WORDS_SECONDS, self._writer.transport.abort)

    async def wait_closed(self) -> None:
        await self._writer.wait_closed()

    async def push(self, status: str | bytes) -> None:
        text = status if isinstance(status, str) else status.decode("latin-1")
        await self._say(replies.enhanced(text))

    async def _say(self, *lines: str) -> None:
        if not self._allowance.spend(lines[-1]):
            self.part(replies.TOO_MUCH)
        if self._parting:
            await asyncio.sleep(0)  # what else has come in gets no reply
            return
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self._writer.drain()

    async def handle_exception(self, error: Exception) -> str:
        _log.error("a command failed", error=type(error).__name__)
        return replies.TRY_LATER

    async def _handle_client(self) -> None:
        try:
            await super()._handle_client()
        except ConnectionError:
            self._writer.close()

    def _reset_timeout(self, duration: float | None = None) -> None:
        super()._reset_timeout(duration or self._house.admission.patience)

    def _timeout_cb(self) -> None:
        self.part(replies.TOO_SLOW)

    async def _begin_tls(self, context: ssl.SSLContext) -> None:
        """Raises OSError where the handshake fails; the connection has ended then."""
        self._wire.forget()
        plain = self._writer
        try:
            transport = await self._handshake(context)
        except BaseException:
            plain.transport.abort()
            self.connection_lost(None)  # nobody else says so
            raise
        self._in_clear = plain  # let go, it would close the connection
        self._writer = asyncio.StreamWriter(transport, self, self._wire, self.loop)
        self.transport = transport
        self._secure = True
        if self.session is not None:
            self.session.ssl = {}

    async def _handshake(self, context: ssl.SSLContext) -> asyncio.Transport:
        plain = self._writer.transport
        transport = await self.loop.start_tls(
            plain, self, context, server_side=True, ssl_handshake_timeout=_HANDSHAKE_SECONDS
        )
        if transport is None or plain.is_closing():  # each loop in its way, and neither tells the protocol
            raise ConnectionAbortedError("the connection ended with the handshake")
        return transport
