"""Messages that came while nobody could be told of them (Relevo or its store was away, or a proxy before it): Twilio's
list has them, and each is kept as if its webhook had come. Nothing is lost by it, and nothing comes twice."""

from collections.abc import AsyncIterator
from typing import Protocol

import structlog

from channels.channel import BackstageStore, ChannelContext
from channels.phone.messaging.incoming import Incoming, listed
from channels.phone.messaging.keeping import TextKeeper
from channels.phone.messaging.service import Service, service_of
from channels.phone.settings import TextSettings
from channels.phone.twilio.numbers import normal_number
from channels.phone.twilio.records import MessageRecord
from gateway.core.clock import Instant

_log = structlog.get_logger("relevo.phone")


class TextList(Protocol):
    """Twilio's, as `TwilioApi` gives it. Raises ApiUnavailable."""

    def messages_since(self, since: Instant) -> AsyncIterator[MessageRecord]: ...


class MissedTexts:
    """Of one channel."""

    def __init__(
        self,
        service: Service,
        settings: TextSettings,
        context: ChannelContext,
        store: BackstageStore,
        keeper: TextKeeper,
        api: TextList,
    ) -> None:
        self._channel = context.name
        self._service = service
        self._numbers = frozenset(settings.numbers)
        self._store = store
        self._keeper = keeper
        self._api = api

    async def take_in(self, since: Instant) -> Instant | None:
        """See `TakeIn`; oldest first. A message is complete as soon as it is in the list."""
        found = await self._since(since)
        kept = [await self._keeper.keep(each) for each in found if await self._store.call(each.sid) is None]
        if any(kept):
            _log.warning("messages had been missed", channel=self._channel, messages=sum(kept))
        return None

    async def _since(self, since: Instant) -> list[Incoming]:
        records = [each async for each in self._api.messages_since(since) if each.direction == "inbound"]
        incoming = [listed(each) for each in records if service_of(each.recipient) is self._service]
        ours = [each for each in incoming if normal_number(each.recipient) in self._numbers]
        return sorted(ours, key=lambda each: (each.at, each.sid))
