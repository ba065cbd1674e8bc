"""The commands of SMTP and LMTP: what a peer asks, and what it is answered."""

import structlog
from aiosmtpd.smtp import Envelope

from channels.email.reception import replies
from channels.email.reception.connection import Connection
from channels.email.reception.house import House
from channels.email.reception.incoming import ContentLost, Incoming
from channels.email.reception.paths import Rejected, parse_recipient, parse_sender
from channels.email.reception.trace import Hop, trace_fields
from gateway.core.ids import new_id
from gateway.core.raw_mail import Origin

_RECIPIENTS = 100
"""Of one mail; RFC 5321 section 4.5.3.1.8 demands as many."""
_STORING_SECONDS = 600.0
"""What a peer waits for the answer to its content (RFC 5321 section 4.5.3.2.6)."""

_log = structlog.get_logger("relevo.email.reception")


class Conversation(Connection):
    """A connection, and what has been said so far."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self._helo = ""
        self._extended = False
        self._mail = Envelope()
        greetings = {"LHLO": self._ehlo} if house.lmtp else {"EHLO": self._ehlo, "HELO": self._hello}
        self._smtp_methods = {
            **greetings,
            "MAIL": self._from,
            "RCPT": self._to,
            "DATA": self._data,
            "RSET": self._reset,
            "NOOP": self._noop,
            "VRFY": self._verify,
            "STARTTLS": self._starttls,
            "QUIT": self.smtp_QUIT,
        }

    async def _ehlo(self, hostname: str | None) -> None:
        extensions = ["PIPELINING", f"SIZE {self._house.settings.size_limit}", "8BITMIME", "SMTPUTF8"]
        if self._house.tls is not None and not self._secure:
            extensions.append("STARTTLS")
        if await self._greeted(hostname, extended=True):
            await self._say(*(f"250-{each}" for each in (self.hostname, *extensions)), "250 ENHANCEDSTATUSCODES")

    async def _hello(self, hostname: str | None) -> None:
        if await self._greeted(hostname, extended=False):
            await self._say(f"250 {self.hostname}")

    async def _greeted(self, hostname: str | None, *, extended: bool) -> bool:
        if not hostname:
            await self.push("501 5.5.4 a host name is needed")
            return False
        self._mail, self._helo, self._extended = Envelope(), hostname, extended
        return True

    async def _reset(self, _: str | None) -> None:
        self._mail = Envelope()
        await self.push(replies.DONE)

    async def _noop(self, _: str | None) -> None:
        await self.push(replies.DONE)

    async def _verify(self, _: str | None) -> None:
        await self.push("252 2.5.0 send a mail, and see")

    async def _from(self, argument: str | None) -> None:
        try:
            self._begin(argument)
        except Rejected as rejected:
            await self.push(rejected.reply)
        else:
            await self.push("250 2.1.0 go on")

    def _begin(self, argument: str | None) -> None:
        if not self._helo:
            raise Rejected(f"503 5.5.1 {'LHLO' if self._house.lmtp else 'EHLO'} comes first")
        if self._mail.mail_from is not None:
            raise Rejected("503 5.5.1 one mail at a time")
        path = parse_sender(argument, self._house.settings.size_limit)
        if not self._house.admission.take_mail(self._peer, self._house.clock.now()):
            raise Rejected("451 4.7.1 too many mails a minute, try again later")
        self._mail.mail_from, self._mail.smtp_utf8 = path.address, "SMTPUTF8" in path.parameters

    async def _to(self, argument: str | None) -> None:
        try:
            self._add_recipient(argument)
        except Rejected as rejected:
            await self.push(rejected.reply)
        else:
            await self.push("250 2.1.5 go on")

    def _add_recipient(self, argument: str | None) -> None:
        if self._mail.mail_from is None:
            raise Rejected("503 5.5.1 MAIL comes first")
        path = parse_recipient(argument)
        if path.address not in self._house.ours:
            raise Rejected("550 5.1.1 nobody has this address here")
        if len(self._mail.rcpt_tos) >= _RECIPIENTS:
            raise Rejected("452 4.5.3 too many recipients")
        self._mail.rcpt_tos.append(path.address)

    async def _data(self, argument: str | None) -> None:
        if argument or not self._mail.rcpt_tos:
            await self.push("501 5.5.4 DATA takes nothing" if argument else "503 5.5.1 no recipient was taken")
            return
        await self.push("354 end with CRLF.CRLF")
        self._reset_timeout(self._house.settings.content_within + _STORING_SECONDS)
        self.keeping = True
        try:
            reply = await self._house.keep(self._receive())
        except ContentLost:
            self.part(replies.TOO_SLOW)
            return
        finally:
            self.keeping = False
        self._reset_timeout()
        answered = len(self._mail.rcpt_tos) if self._house.lmtp else 1
        self._mail = Envelope()
        for _ in range(answered):
            await self.push(reply)

    async def _receive(self) -> str:
        """The reply; the mail is on disk if it says so. Raises ContentLost."""
        settings, hop = self._house.settings, self._hop()
        within, recipients = settings.content_within, tuple(dict.fromkeys(hop.recipients))
        trace = trace_fields(hop)
        incoming = Incoming(self._wire, trace, size_limit=settings.size_limit, within=within)
        origin = Origin(self._house.channel, settings.protocol, hop.key, hop.at, hop.sender, recipients)
        try:
            await self._house.mails.keep(origin, incoming, ours=len(trace))
        except ContentLost:
            raise
        except Exception as error:  # whatever it is, the peer has the mail still, and tries again
            _log.warning("a mail was not kept", error=type(error).__name__, reason=str(error), key=hop.key)
            reply = replies.of_failure(error)
        else:
            self._allowance.renew()
            reply = f"250 2.6.0 kept as {hop.key}"
        await incoming.drain()
        return reply

    def _hop(self) -> Hop:
        return Hop(
            sender=self._mail.mail_from or "",
            recipients=tuple(self._mail.rcpt_tos),
            helo=self._helo,
            peer=self._peer,
            host=self._house.host,
            protocol=self._protocol(),
            key=new_id(),
            at=self._house.clock.now(),
        )

    def _protocol(self) -> str:
        plain = "LMTP" if self._house.lmtp else "SMTP"
        prefix = "UTF8" if self._mail.smtp_utf8 else "E" if self._extended and not self._house.lmtp else ""
        return f"{prefix}{plain}{'S' if self._secure else ''}"

    async def _starttls(self, argument: str | None) -> None:
        if argument or self._house.tls is None or self._secure:
            await self.push("501 5.5.4 STARTTLS takes nothing" if argument else "503 5.5.1 not now")
            return
        await self.push("220 2.0.0 begin")
        try:
            await self._begin_tls(self._house.tls)
        except OSError as error:
            _log.warning("a TLS handshake failed", peer=self._peer, error=type(error).__name__)
            return
        self._mail, self._helo = Envelope(), ""
