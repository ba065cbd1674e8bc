"""Clients that hand in what they have until they hear yes, however often the service dies meanwhile."""

import asyncio
from collections import Counter
from typing import Self

import aiohttp

from gateway.core.clock import Clock
from gateway.core.ids import new_id
from gateway.demo.traffic import HandIn, requests

_TIMEOUT = aiohttp.ClientTimeout(total=8.0)
_PAUSE = 0.15
_TRY_AGAIN = frozenset({503})


class PersistentTraffic:
    """`clients` of them, each with one request after the other, from entering the context to `stop`.

    A request that fails is handed in again under its Idempotency-Key; `tries` counts how often each was sent.
    """

    def __init__(self, public_url: str, clock: Clock, *, clients: int = 6, seed: int = 1) -> None:
        self.hand_ins: list[HandIn] = []
        self.tries: Counter[str] = Counter()
        self._sent: dict[str, dict[str, object]] = {}
        self._url = f"{public_url}/api/v1/tickets"
        self._clock = clock
        self._clients = clients
        self._requests = requests(seed)
        self._stopping = False

    @property
    def references(self) -> list[str | None]:
        """Of what was answered with yes."""
        return [each.reference for each in self.hand_ins]

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=_TIMEOUT)
        self._tasks = [asyncio.create_task(self._client(), name=f"client {each}") for each in range(self._clients)]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()

    async def stop(self) -> None:
        """Returns when every request has been answered with yes."""
        self._stopping = True
        await asyncio.gather(*self._tasks)

    async def more(self, count: int) -> str | None:
        """What is missing until `count` requests have been answered with yes."""
        for task in self._tasks:
            if task.done():
                task.result()
        return f"{count - len(self.hand_ins)} more requests answered" if len(self.hand_ins) < count else None

    async def sent_again(self) -> dict[str, str]:
        """Send everything once more; the new answers' references by key."""
        return {key: await self._accepted(key) for key in self._sent}

    async def _client(self) -> None:
        while not self._stopping:
            key, sent_at = new_id(), self._clock.now()
            self._sent[key] = next(self._requests)
            reference = await self._accepted(key)
            self.hand_ins.append(HandIn(key, sent_at, self._clock.now(), reference))
            await asyncio.sleep(_PAUSE)

    async def _accepted(self, key: str) -> str:
        while True:
            self.tries[key] += 1
            try:
                async with self._session.post(
                    self._url, json=self._sent[key], headers={"Idempotency-Key": key}
                ) as response:
                    if response.status == 201:
                        return str((await response.json())["reference"])
                    assert response.status in _TRY_AGAIN, f"{response.status}: {await response.text()}"
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(_PAUSE)
