"""The provider behind its port: what we ask of a desk, and what its answers mean."""

import asyncio
import math
from collections.abc import Mapping
from functools import partial
from typing import cast

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random
from yarl import URL

from gateway.core.clock import Clock, Instant
from gateway.core.delivery import Answer, Case
from gateway.core.errors import ProviderRefused, ProviderUnavailable
from gateway.core.handoff import Handoff, Outcome
from gateway.core.ids import new_id
from gateway.core.links import AttachmentLinks
from gateway.core.outbound import OutboundClient, OutboundError, Reply
from gateway.core.provider import Copy
from gateway.core.retry_after import retry_after
from gateway.core.settings import show_duration
from gateway.core.signature import Signer
from gateway.core.ticket import Message
from routing.providers.probes import HttpProbe, TcpProbe
from routing.providers.webhook.files import DeskFiles
from routing.providers.webhook.outcome import judge, judge_failure
from routing.providers.webhook.protocol import (
    NotTheProtocol,
    read_copy,
    segment,
    write_message,
    write_ticket,
    write_withdrawal,
)
from routing.providers.webhook.settings import WebhookSettings

_READ_TRIES = 3
_READ_PAUSE = (0.01, 0.05)
"""Seconds, at random in between, before a search that met an error is tried again within its budget."""


class _TryAgain(Exception):
    """An idempotent read met an error that may be gone the next moment."""


class WebhookProvider:
    """A desk that speaks the desk webhook protocol. Needs a running loop."""

    def __init__(self, name: str, settings: WebhookSettings, clock: Clock, links: AttachmentLinks) -> None:
        self.name = name
        self.signer = Signer(settings.secret.get_secret_value(), clock)
        self.files = DeskFiles(settings.url, settings.allow_private, self.signer)
        self._links = links
        self._settings = settings
        self._clock = clock
        self._client = OutboundClient(allow_private=settings.allow_private, connections=_connections(settings))
        self._probe = self._make_probe()

    async def create(self, case: Case, handoff: Handoff) -> Answer:
        """One attempt; the hand-off's id is the idempotency key, and the same on every attempt."""
        if case.ticket is None:
            return Answer(Outcome.REFUSED, "there is no ticket in it")
        given = [message for message in case.messages if message.number <= handoff.messages_sent]
        body = write_ticket(case.ticket, given, partial(self._links.listed, handoff))
        try:
            reply = await self._send("POST", self._settings.url, body, key=handoff.id)
        except OutboundError as error:
            return judge_failure(error)
        return judge(reply, self._wall(), case.ticket.requester)

    async def find(self, handoff: Handoff) -> Copy | None:
        """Search by key; tried again within `search_timeout` where an error leaves time."""
        return await self._look(f"{self._settings.url}?key={segment(handoff.id)}")

    async def read(self, handoff: Handoff) -> Copy | None:
        """Read back by the desk's reference; by key while that isn't known."""
        if handoff.provider_reference is None:
            return await self.find(handoff)
        return await self._look(self._copy_url(handoff))

    async def append(self, handoff: Handoff, message: Message) -> None:
        """Add a message; its id is the idempotency key."""
        url = f"{self._copy_url(handoff)}/messages"
        body = write_message(message, partial(self._links.listed, handoff))
        reply = await self._tell(url, body, key=message.id)
        if 400 <= reply.status < 500 and reply.status not in (401, 403, 408, 425, 429):
            lost = ": it lost the ticket" if reply.status == 404 else ""
            raise ProviderRefused(f"it answered {reply.status} to a further message{lost}")
        self._expect_success(reply, "a further message")

    async def withdraw(self, handoff: Handoff, reason: str) -> None:
        """Withdraw our copy; one that is gone (404, 410) is as good as withdrawn."""
        reply = await self._tell(f"{self._copy_url(handoff)}/withdraw", write_withdrawal(reason), key=None)
        if reply.status == 409:
            raise ProviderRefused("it answered 409 to a withdrawal: somebody works on it there")
        if reply.status not in (404, 410):
            self._expect_success(reply, "a withdrawal")

    async def probe(self, timeout: float) -> None:
        """Its health URL, or a TCP connection where none is given."""
        await self._probe(timeout)

    async def close(self) -> None:
        """Close the connections; what is in flight fails."""
        await self._client.close()
        await self.files.close()

    async def _tell(self, url: str, body: bytes, *, key: str | None) -> Reply:
        try:
            return await self._send("POST", url, body, key=key)
        except OutboundError as error:
            raise ProviderUnavailable(error.reason) from error

    async def _look(self, url: str) -> Copy | None:
        budget = self._settings.search_timeout
        try:
            async with asyncio.timeout(budget):
                async for attempt in AsyncRetrying(
                    stop=stop_after_attempt(_READ_TRIES),
                    wait=wait_random(*_READ_PAUSE),
                    retry=retry_if_exception_type(_TryAgain),
                    reraise=True,
                ):
                    with attempt:
                        return await self._look_once(url)
        except TimeoutError:
            raise ProviderUnavailable(f"no answer to a search within {show_duration(budget)}") from None
        except _TryAgain as error:
            raise ProviderUnavailable(str(error)) from error
        raise AssertionError("the last attempt either returns or raises")

    async def _look_once(self, url: str) -> Copy | None:
        try:
            reply = await self._send("GET", url)
        except OutboundError as error:
            raise _TryAgain(error.reason) from error
        if reply.status == 404:
            return None
        if not 200 <= reply.status < 300:
            pause = retry_after(reply.headers.get("Retry-After"), self._wall())
            if reply.status >= 500 and pause is None:
                raise _TryAgain(f"it answered {reply.status} to a search")
            raise ProviderUnavailable(f"it answered {reply.status} to a search", retry_after=pause)
        try:
            return read_copy(reply)
        except NotTheProtocol as flaw:
            raise ProviderUnavailable(f"it answered {reply.status} to a search, but {flaw}") from flaw

    async def _send(self, method: str, url: str, body: bytes = b"", *, key: str | None = None) -> Reply:
        headers = dict(self._signed(body, key))
        if body:
            headers["Content-Type"] = "application/json"
        if key:
            headers["Idempotency-Key"] = key
        return await self._client.send(method, url, headers=headers, body=body, within=self._settings.timeout)

    def _signed(self, body: bytes = b"", key: str | None = None) -> Mapping[str, str]:
        return self.signer.headers(key or new_id(), body)

    def _expect_success(self, reply: Reply, what: str) -> None:
        if not 200 <= reply.status < 300:
            pause = retry_after(reply.headers.get("Retry-After"), self._wall())
            raise ProviderUnavailable(f"it answered {reply.status} to {what}", retry_after=pause)

    def _copy_url(self, handoff: Handoff) -> str:
        if handoff.provider_reference is None:
            raise ProviderUnavailable("its reference for our copy is not known yet")
        return f"{self._settings.url}/{segment(handoff.provider_reference)}"

    def _make_probe(self) -> HttpProbe | TcpProbe:
        health = self._settings.health.url
        if health is not None:
            return HttpProbe(self._client, health, self._signed)
        desk = URL(self._settings.url)
        return TcpProbe(cast("str", desk.host), cast("int", desk.port), allow_private=self._settings.allow_private)

    def _wall(self) -> Instant:
        return self._clock.now() + self._clock.drift()


def _connections(settings: WebhookSettings) -> int:
    """Room for the window of hand-offs, as many searches and follow-ups, and every probe that can be under way: a
    probe that had to wait for a connection would measure our queue instead of the desk."""
    health = settings.health
    probes = math.ceil(health.timeout / min(health.every, health.confirm_every)) + 1
    return 2 * settings.window + probes
