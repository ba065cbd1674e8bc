"""A text message becomes durable, with the duty to take it in, before Twilio is told that we have it."""

from channels.channel import Backstage
from channels.phone.messaging.incoming import Incoming, written
from gateway.core.calls import CallChange, CallKept
from gateway.core.clock import Clock
from gateway.core.delivery import Delivery, Kind
from gateway.core.ids import new_id

PAYLOAD = "message"
"""Under this name the delivery's payload has Twilio's name of the message."""


class TextKeeper:
    """Of the channel `name`. Each message is kept once, for ever: Twilio signs no time, so that a webhook can be
    replayed as long (T13)."""

    def __init__(self, name: str, backstage: Backstage, clock: Clock) -> None:
        self._name = name
        self._backstage = backstage
        self._clock = clock

    async def keep(self, incoming: Incoming) -> bool:
        """False where it was kept before. Raises StoreUnavailable, StoreFailed."""
        now = self._clock.now()
        duty = Delivery(
            new_id(),
            Kind.CALL,
            due_at=now,
            created_at=now,
            target=self._name,
            payload={PAYLOAD: incoming.sid},
        )
        change = CallChange(incoming.sid, self._name, written(incoming), now, owed=(duty,))
        kept = await self._backstage.store.keep_call(change) is CallKept.KEPT
        if kept:
            self._backstage.owed(Kind.CALL)
        return kept
