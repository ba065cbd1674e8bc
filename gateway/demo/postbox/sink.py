"""The postbox's SMTP side: whatever is sent to it, to whomever, has arrived."""

import asyncio

from aiosmtpd.smtp import SMTP, Envelope, Session

from gateway.core.clock import Clock
from gateway.demo.postbox.mails import Mails

_LARGEST = 40_000_000
_HOST = "postbox.example"


class _Hand:
    """Puts mails into the box; aiosmtpd calls it."""

    def __init__(self, mails: Mails, clock: Clock) -> None:
        self._mails = mails
        self._clock = clock

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (its name)
        content = envelope.original_content or b""
        self._mails.add(envelope.mail_from or "", tuple(envelope.rcpt_tos), content, self._clock.now())
        return "250 2.0.0 it is in the box"


async def listen(mails: Mails, clock: Clock, host: str, port: int) -> asyncio.Server:
    """Take mail until the server is closed. Raises OSError."""
    loop = asyncio.get_running_loop()
    hand = _Hand(mails, clock)
    return await loop.create_server(
        lambda: SMTP(hand, hostname=_HOST, enable_SMTPUTF8=True, data_size_limit=_LARGEST, loop=loop), host, port
    )
