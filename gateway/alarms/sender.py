"""Carries the notices owed to the alarms' webhooks, one signed POST each."""

import asyncio
from collections.abc import Iterable

import aiohttp
import orjson

from gateway.alarms.settings import WebhookAlarmSettings
from gateway.core.clock import Clock
from gateway.core.delivery import Delivery
from gateway.core.egress import AddressNotPermitted, guarded_session
from gateway.core.errors import ProviderRefused, ProviderUnavailable
from gateway.core.retry_after import retry_after
from gateway.core.signature import Signer

_CONNECTIONS = 4
_REFUSALS = frozenset({400, 405, 410, 413, 415, 422})
"""Statuses that no repetition changes; all others (our address or credentials too) may be put right over there."""


class WebhookNotices:
    """A NoticeSender that waits `within` seconds for an answer. It can be told of other webhooks while it runs."""

    def __init__(self, webhooks: Iterable[WebhookAlarmSettings], clock: Clock, *, within: float = 5.0) -> None:
        self._clock = clock
        self._within = within
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self.configure(webhooks)

    def configure(self, webhooks: Iterable[WebhookAlarmSettings]) -> None:
        """Put these webhooks in force. Raises ValueError for a secret that can't be one, and changes nothing then."""
        self._webhooks = {each.target: (each, Signer(each.secret.get_secret_value(), self._clock)) for each in webhooks}

    async def send(self, delivery: Delivery) -> None:
        """One attempt. The delivery's id is the webhook's: the other side can tell a repetition.

        Raises ProviderUnavailable, and ProviderRefused where trying again is no use.
        """
        configured = self._webhooks.get(delivery.target or "")
        if configured is None:
            raise ProviderRefused("this alarm webhook is no longer configured")
        settings, signer = configured
        body = orjson.dumps(dict(delivery.payload))
        headers = {"Content-Type": "application/json", **signer.headers(delivery.id, body)}
        try:
            async with asyncio.timeout(self._within):
                status, pause = await self._post(settings, headers, body)
        except TimeoutError:
            raise ProviderUnavailable(f"the alarm webhook did not answer within {self._within:g} s") from None
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, AddressNotPermitted):
                raise ProviderRefused("the alarm webhook's address is not a public one") from error
            raise ProviderUnavailable("no connection to the alarm webhook") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise ProviderUnavailable("the alarm webhook gave no answer") from error
        if status in _REFUSALS:
            raise ProviderRefused(f"the alarm webhook answered {status}")
        if not 200 <= status < 300:
            raise ProviderUnavailable(f"the alarm webhook answered {status}", retry_after=pause)

    async def _post(
        self, settings: WebhookAlarmSettings, headers: dict[str, str], body: bytes
    ) -> tuple[int, float | None]:
        session = self._session(settings.allow_private)
        async with session.post(settings.url, data=body, headers=headers, allow_redirects=False) as response:
            wall = self._clock.now() + self._clock.drift()
            return response.status, retry_after(response.headers.get("Retry-After"), wall)

    def _session(self, allow_private: bool) -> aiohttp.ClientSession:
        if allow_private not in self._sessions:
            self._sessions[allow_private] = guarded_session(allow_private=allow_private, connections=_CONNECTIONS)
        return self._sessions[allow_private]

    async def close(self) -> None:
        """Close every connection; what is in flight fails."""
        for session in self._sessions.values():
            await session.close()
