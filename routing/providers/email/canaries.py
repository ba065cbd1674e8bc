"""Canaries in the air: each is sent, again until the mail server has it, and its acknowledgement is waited for."""

import asyncio

from gateway.core.clock import Clock, Instant
from gateway.core.errors import ProviderUnavailable, StoreFailed, StoreUnavailable
from gateway.core.ids import new_id
from gateway.core.post import DeskContact, Letter, Post, Purpose, Sent, Unknown
from gateway.core.values import dataclass
from routing.providers.email.canary import CanaryWatch
from routing.providers.email.settings import CanarySettings

_AGAIN_AFTER = 15.0
"""Seconds until one that the mail server didn't take is sent once more."""


@dataclass(frozen=True, slots=True)
class _Flight:
    canary: str
    task: asyncio.Task[None]


class CanaryFlights:
    """Those of one desk. Needs a running loop."""

    def __init__(self, settings: CanarySettings, desk: DeskContact, post: Post, clock: Clock) -> None:
        self._watch = CanaryWatch(settings.every, settings.within)
        self._desk = desk
        self._post = post
        self._clock = clock
        self._flights: dict[Instant, _Flight] = {}

    async def look(self) -> None:
        """Send one where it is due. Raises ProviderUnavailable while one is unanswered for too long."""
        now = self._clock.now()
        if self._watch.due(now):
            canary = new_id()
            task = asyncio.create_task(self._fly(now, canary), name=f"canary to {self._desk.provider}")
            self._flights[now] = _Flight(canary, task)
            self._give_up_the_forgotten()
        if self._trouble(now) is not None:
            await self._ask_the_others()
        trouble = self._trouble(now)
        if trouble is not None:
            raise ProviderUnavailable(trouble)

    async def close(self) -> None:
        flights, self._flights = [flight.task for flight in self._flights.values()], {}
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    def _trouble(self, now: Instant) -> str | None:
        return self._watch.trouble(now, self._post.deaf_until())

    async def _ask_the_others(self) -> None:
        """Of gateways that share a store any may have read the answer."""
        try:
            newest = await self._post.canary_answered(self._desk.provider)
        except (StoreUnavailable, StoreFailed):
            return
        for sent_at, flight in self._flights.items():
            if flight.canary <= newest:
                self._watch.answered(sent_at)
        self._give_up_the_forgotten()

    async def _fly(self, sent_at: Instant, canary: str) -> None:
        letter = Letter(self._desk, Purpose.CANARY, canary)
        while True:
            # One that may have arrived isn't sent again: the next is due soon enough.
            if isinstance(await self._post.send(letter), Sent | Unknown):
                break
            await asyncio.sleep(_AGAIN_AFTER)
        await self._post.acknowledged(self._desk.provider, letter.unique)
        self._watch.answered(sent_at)
        del self._flights[sent_at]
        self._give_up_the_forgotten()

    def _give_up_the_forgotten(self) -> None:
        for sent_at in self._flights.keys() - self._watch.in_the_air():
            self._flights.pop(sent_at).task.cancel()
