"""Messages that came while nobody could be told of them (Relevo or its store was away, or a proxy before it): Twilio's
list has them, and each is kept as if its webhook had come. Nothing is lost by it, and nothing comes twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Protocol

import structlog

from channels.channel import BackstageStore
from channels.phone.messaging.incoming import Incoming, listed
from channels.phone.messaging.keeping import TextKeeper
from channels.phone.messaging.sending import API
from channels.phone.messaging.service import Service, service_of
from channels.phone.settings import TextSettings
from channels.phone.twilio.numbers import normal_number
from channels.phone.twilio.records import MessageRecord
from channels.phone.twilio.rest import ApiUnavailable
from channels.troubles import Troubles
from gateway.core.clock import Clock, Instant
from gateway.core.errors import StoreUnavailable

_EVERY = 300.0
_SOON = 10.0
_OVERLAP = 600.0
"""Seconds that are looked at twice: a message may come into the list a while after its date."""
_POSITION = "messages"

_log = structlog.get_logger("relevo.channels")


class TextList(Protocol):
    """Twilio's, as `TwilioApi` gives it."""

    def messages_since(self, since: Instant) -> AsyncIterator[MessageRecord]: ...


class MissedTexts:
    """Of the channel `name`."""

    def __init__(
        self,
        name: str,
        service: Service,
        settings: TextSettings,
        store: BackstageStore,
        keeper: TextKeeper,
        api: TextList,
        troubles: Troubles,
        clock: Clock,
    ) -> None:
        self._name = name
        self._service = service
        self._numbers = frozenset(settings.numbers)
        self._store = store
        self._keeper = keeper
        self._api = api
        self._troubles = troubles
        self._clock = clock
        self._missed = asyncio.Event()

    def one_was_missed(self) -> None:
        """A webhook came that could not be kept: look soon."""
        self._missed.set()

    async def run(self) -> None:
        """Look at the start, then every few minutes, until cancelled. Raises StoreFailed."""
        while True:
            began = self._clock.now()
            pause = _EVERY if await self._look() else _SOON
            with suppress(TimeoutError):
                await asyncio.wait_for(self._missed.wait(), pause)
                await asyncio.sleep(began + _SOON - self._clock.now())  # many may be missed at once
            self._missed.clear()

    async def _look(self) -> bool:
        """False where that failed."""
        try:
            await self.catch_up()
        except ApiUnavailable as error:
            self._troubles.troubled(API, str(error))
        except StoreUnavailable as error:
            _log.warning("missed messages can't be kept yet", channel=self._name, error=str(error))
        else:
            self._troubles.recovered(API)
            return True
        return False

    async def catch_up(self) -> int:
        """Keep what was missed since the last look, oldest first; how many. The first look of all only notes when it
        was. Raises ApiUnavailable, StoreUnavailable, StoreFailed."""
        now = self._clock.now()
        position = await self._store.mailbox_position(self._name, _POSITION)
        found = await self._since(float(position) - _OVERLAP) if position else []
        kept = [await self._keeper.keep(each) for each in found if await self._store.call(each.sid) is None]
        await self._store.save_mailbox_position(self._name, _POSITION, f"{now:.3f}")
        if any(kept):
            _log.warning("messages had been missed", channel=self._name, messages=sum(kept))
        return sum(kept)

    async def _since(self, since: Instant) -> list[Incoming]:
        records = [each async for each in self._api.messages_since(since) if each.direction == "inbound"]
        incoming = [listed(each) for each in records if service_of(each.recipient) is self._service]
        ours = [each for each in incoming if normal_number(each.recipient) in self._numbers]
        return sorted(ours, key=lambda each: (each.at, each.sid))
