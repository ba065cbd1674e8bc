"""Sends mails over a few kept sessions: a new one for each costs twice to three times as much."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import aiosmtplib
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random

from channels.email.sending.opening import RelayTrouble, open_session
from channels.email.sending.patience import PATIENCE, Patience
from channels.email.sending.relay import Relay
from channels.email.sending.transfer import Envelope, SessionLost, Transfer, fit_for_data
from gateway.core.post import Deferred, Outcome, Refused

_KEPT_SECONDS = 15.0
"""An idle session is kept so long: many servers hang up after 30 s."""
_MAILS_EACH = 50
"""Over one session; many servers end it after a hundred."""
_TRIES = 2
_AGAIN_AFTER = (0.1, 0.4)


class _Session:
    """A kept one, and what it has been used for."""

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self.client = client
        self.mails = 0
        self.since = 0.0

    def usable(self, now: float) -> bool:
        fresh = self.mails < _MAILS_EACH and now - self.since < _KEPT_SECONDS
        return self.client.is_connected and fresh


class Sender:
    """Hands mails to one relay, `connections` at a time."""

    def __init__(self, relay: Relay, *, connections: int = 4, patience: Patience = PATIENCE) -> None:
        self.relay = relay
        self._patience = patience
        self._places = asyncio.Semaphore(connections)
        self._kept: list[_Session] = []
        self._tidying: asyncio.TimerHandle | None = None

    async def send(self, envelope_from: str, recipients: Sequence[str], content: bytes) -> Outcome:
        """What became of it. `content` is a whole mail; one that was cancelled may have been sent."""
        try:
            envelope = Envelope.of(envelope_from, recipients)
        except ValueError as error:
            return Refused(str(error), "recipient", 553, "5.1.3")
        wire = await fit_for_data(content)
        try:
            return await self._send(envelope, wire)
        except RelayTrouble as trouble:
            return trouble.deferred
        except SessionLost as lost:
            return Deferred(str(lost), "sender")

    async def close(self) -> None:
        """Ends the sessions that are kept."""
        if self._tidying is not None:
            self._tidying.cancel()
        kept, self._kept = self._kept, []
        await asyncio.gather(*(_quit(each.client, self._patience) for each in kept))

    async def _send(self, envelope: Envelope, wire: bytes) -> Outcome:
        async with self._place():
            kept = self._take()
            if kept is not None:
                # A session may have ended while it lay idle; nothing has been sent then.
                with suppress(SessionLost):
                    return await self._over(kept, envelope, wire)
            return await self._over(_Session(await self._open()), envelope, wire)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """One of the connections. Raises RelayTrouble: others may go over another relay, and know that nothing was
        sent."""
        try:
            async with asyncio.timeout(self._patience.step):
                await self._places.acquire()
        except TimeoutError:
            raise RelayTrouble("connect", "all connections to it are in use") from None
        try:
            yield
        finally:
            self._places.release()

    async def _over(self, session: _Session, envelope: Envelope, wire: bytes) -> Outcome:
        async with self._in_use(session):
            return await Transfer(session.client, self._patience).send(envelope, wire)

    @asynccontextmanager
    async def _in_use(self, session: _Session) -> AsyncIterator[None]:
        """Kept afterwards; closed when anything is raised, cancellation above all: the server stands amid a mail."""
        try:
            yield
        except BaseException:
            session.client.close()
            raise
        session.mails += 1
        session.since = asyncio.get_running_loop().time()
        self._kept.append(session)
        self._tidy()

    def _take(self) -> _Session | None:
        self._tidy()
        return self._kept.pop() if self._kept else None

    def _tidy(self) -> None:
        """Close what has lain idle too long, now and later."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        old = [each for each in self._kept if not each.usable(now)]
        self._kept = [each for each in self._kept if each not in old]
        for each in old:
            each.client.close()
        if self._tidying is not None:
            self._tidying.cancel()
        self._tidying = loop.call_later(_KEPT_SECONDS, self._tidy) if self._kept else None

    async def _open(self) -> aiosmtplib.SMTP:
        """Connecting can be repeated, and nothing else. Raises RelayTrouble."""
        attempts = AsyncRetrying(
            stop=stop_after_attempt(_TRIES),
            wait=wait_random(*_AGAIN_AFTER),
            retry=retry_if_exception(lambda error: isinstance(error, RelayTrouble) and error.fleeting),
            reraise=True,
        )
        return await attempts(open_session, self.relay, self._patience)


async def _quit(client: aiosmtplib.SMTP, patience: Patience) -> None:
    try:
        async with asyncio.timeout(patience.step):
            await client.quit()
    except (aiosmtplib.SMTPException, OSError):
        pass  # a farewell: what was sent has its answer already
    finally:
        client.close()
