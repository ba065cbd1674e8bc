"""One mail over an open session: MAIL, RCPT, DATA, and what the replies add up to."""

import asyncio
from collections.abc import Sequence

import aiosmtplib

from channels.email.mailable import mailable
from channels.email.sending.outcome import Reply, for_nobody, judge
from channels.email.sending.patience import Patience
from gateway.core.post import Deferred, Outcome, Refused, Sent, Unknown
from gateway.core.values import dataclass

_AT_ONCE = 256 * 1024
_IN_A_THREAD = 256 * 1024
_TOO_LARGE = 552
"""Of a mail whose size was declared with its sender (RFC 1870)."""


class SessionLost(Exception):
    """The session ended before the content: the relay surely doesn't have the mail."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Addresses, fit for the wire: domains in ASCII, nothing in them that ends a command (T23)."""

    sender: str
    """"" is the null sender."""
    recipients: tuple[str, ...]

    @classmethod
    def of(cls, sender: str, recipients: Sequence[str]) -> "Envelope":
        """Raises ValueError for what is no address."""
        if not recipients:
            raise ValueError("there is no recipient")
        return cls(mailable(sender) if sender else "", tuple(mailable(each) for each in recipients))

    @property
    def international(self) -> bool:
        return not all(each.isascii() for each in (self.sender, *self.recipients))


async def fit_for_data(content: bytes) -> bytes:
    """As it goes over the wire: lines end with CRLF, dots are stuffed, the end is there. Large ones are made in a
    thread."""
    return await asyncio.to_thread(_fit, content) if len(content) > _IN_A_THREAD else _fit(content)


def _fit(content: bytes) -> bytes:
    """Nothing of a large mail is copied that is fit already."""
    ends = content.count(b"\r\n")
    if content.count(b"\n") != ends or content.count(b"\r") != ends:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    if content.startswith(b".") or b"\r\n." in content:
        content = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]
    return content + (b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n")


class Transfer:
    """A session in which one mail is sent at a time. Whoever is cancelled in it closes it."""

    def __init__(self, client: aiosmtplib.SMTP, patience: Patience) -> None:
        self._client = client
        self._patience = patience

    async def send(self, envelope: Envelope, wire: bytes) -> Outcome:
        """`wire` as `fit_for_data` makes it. Raises SessionLost."""
        unfit = self._unfit(envelope, wire)
        if unfit is not None:
            return unfit
        reply = await self._command(f"MAIL FROM:<{envelope.sender}>{self._options(envelope, wire)}")
        if reply.code != 250:
            return await self._end(judge(reply, "content" if reply.code == _TOO_LARGE else "sender"))
        not_for: dict[str, Deferred | Refused] = {}
        for recipient in envelope.recipients:
            reply = await self._command(f"RCPT TO:<{recipient}>")
            if reply.code not in (250, 251):
                not_for[recipient] = judge(reply, "recipient")
        if len(not_for) == len(envelope.recipients):
            return await self._end(for_nobody(not_for))
        reply = await self._command("DATA")
        if reply.code != 354:
            return await self._end(judge(reply, "content"))
        return await self._content(wire, not_for)

    def _unfit(self, envelope: Envelope, wire: bytes) -> Refused | None:
        """What this server couldn't take anyway."""
        limit = self._client.esmtp_extensions.get("size", "").strip()
        if limit.isdigit() and 0 < int(limit) < len(wire):
            return Refused(f"the mail has {len(wire)} bytes, and the server takes {limit}", "content", 552, "5.3.4")
        if envelope.international and not self._client.supports_extension("smtputf8"):
            return Refused("the server takes no addresses beyond ASCII", "recipient", 553, "5.6.7")
        if not wire.isascii() and not self._client.supports_extension("8bitmime"):
            return Refused("the server takes no 8-bit content", "content", 554, "5.6.3")
        return None

    def _options(self, envelope: Envelope, wire: bytes) -> str:
        options = [f"SIZE={len(wire) - 3}"] if self._client.supports_extension("size") else []
        options += ["BODY=8BITMIME"] if not wire.isascii() else []
        options += ["SMTPUTF8"] if envelope.international else []
        return "".join(f" {each}" for each in options)

    async def _command(self, line: str) -> Reply:
        try:
            async with asyncio.timeout(self._patience.step):
                response = await self._client.execute_command(line.encode())
        except (aiosmtplib.SMTPException, OSError) as error:
            self._client.close()
            raise SessionLost(f"the session ended at {line[:4]}: {_said(error)}") from error
        return Reply(response.code, response.message)

    async def _end(self, outcome: Deferred | Refused) -> Outcome:
        """The mail is given up, and the session is ready for the next, or closed."""
        if self._client.is_connected:
            try:
                reply = await self._command("RSET")
            except SessionLost:
                return outcome
            if reply.code != 250:
                self._client.close()
        return outcome

    async def _content(self, wire: bytes, not_for: dict[str, Deferred | Refused]) -> Outcome:
        """From here on a mail may be taken though we hear nothing."""
        try:
            async with asyncio.timeout(self._patience.content(len(wire))):
                reply = await self._write(wire)
        except (aiosmtplib.SMTPException, OSError) as error:
            self._client.close()
            return Unknown(f"no answer to the content: {_said(error)}")
        if 200 <= reply.code < 300:
            return Sent(reply.shown, not_for)
        if 400 <= reply.code < 600:
            if reply.code == 421:
                self._client.close()
            return judge(reply, "content")
        self._client.close()
        return Unknown(f"a strange answer to the content: {reply.code}")

    async def _write(self, wire: bytes) -> Reply:
        """Piece by piece, so that others have their turn; an answer before the end counts, and ends the session."""
        protocol = self._client.protocol
        if protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("connection lost")
        answer = asyncio.ensure_future(protocol.read_response())
        try:
            for begin in range(0, len(wire), _AT_ONCE):
                await asyncio.sleep(0)
                if answer.done():
                    self._client.close()
                    break
                protocol.write(wire[begin : begin + _AT_ONCE])
            response = await answer
        finally:
            answer.cancel()
        return Reply(response.code, response.message)


def _said(error: Exception) -> str:
    return "no answer in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
