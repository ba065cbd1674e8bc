"""The listener to which an MTA delivers."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Iterable

from channels.email.raw import RawMails
from channels.email.reception import replies
from channels.email.reception.admission import Admission
from channels.email.reception.conversation import Conversation
from channels.email.reception.house import House
from channels.email.reception.recipients import OurAddresses
from channels.email.reception.settings import ListenerSettings, TlsSettings
from gateway.core.clock import Clock
from gateway.core.errors import ConfigError, StartError
from gateway.core.settings import Listen

_BACKLOG = 100


class MailListener:
    """Takes mail for `addresses` (each with anything after a plus) and for those of the form of `reply_pattern`, and
    hands it to `mails` while it comes in. `host` is what we call ourselves. Raises ConfigError."""

    def __init__(
        self,
        channel: str,
        settings: ListenerSettings,
        mails: RawMails,
        clock: Clock,
        *,
        addresses: Iterable[str],
        reply_pattern: str = "",
        host: str | None = None,
    ) -> None:
        self._settings = settings
        self._house = House(
            channel=channel,
            settings=settings,
            mails=mails,
            ours=OurAddresses([*addresses, *settings.recipients], reply_pattern),
            clock=clock,
            host=host or socket.gethostname(),
            tls=_context(settings.tls),
            admission=Admission(settings),
        )
        self._server: asyncio.Server | None = None

    @property
    def address(self) -> Listen:
        """Where it listens; once started, with the port that the system chose where 0 was asked for."""
        if self._server is None:
            return self._settings.listen
        return Listen(host=self._settings.listen.host, port=self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Raises StartError where it can't listen."""
        # aiosmtpd logs what peers say, addresses included.
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)
        listen = self._settings.listen
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: Conversation(self._house), listen.host, listen.port, backlog=_BACKLOG
            )
        except OSError as error:
            raise StartError(f"can't listen for mail on {listen}: {error.strerror or error}") from error

    async def stop(self, grace: float) -> None:
        """No new mail; what is coming in has `grace` seconds to end."""
        if self._server is None:
            return
        self._server.close()
        guests = tuple(self._house.guests)
        for guest in guests:
            if not guest.keeping:
                guest.part(replies.STOPPING)
        if self._house.keeping:
            await asyncio.wait(self._house.keeping, timeout=grace)
            await asyncio.sleep(0)  # for the replies to what was kept
        for guest in guests:
            guest.part(replies.STOPPING)
        await asyncio.gather(*(guest.wait_closed() for guest in guests), return_exceptions=True)


def _context(settings: TlsSettings | None) -> ssl.SSLContext | None:
    """Raises ConfigError for what is no certificate with its key."""
    if settings is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.certificate, settings.key)
    except OSError as error:
        raise ConfigError(f"the mail listener's certificate can't be used: {error.strerror or error}") from error
    return context
