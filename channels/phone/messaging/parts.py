"""The texts that go out, as the store keeps them: each is changed only from what it was when it was read."""

from collections.abc import Callable, Sequence

from channels.channel import BackstageStore
from channels.phone.messaging.sent import Sent, read, written
from gateway.core.calls import CallChange, CallKept
from gateway.core.clock import Clock, Instant
from gateway.core.delivery import Delivery
from gateway.core.errors import StoreUnavailable
from gateway.core.events import Event
from gateway.core.values import dataclass

_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Change:
    """A text after a step, and what follows from it in the same commit."""

    sent: Sent
    events: Sequence[Event] = ()
    owed: Sequence[Delivery] = ()


class SentTexts:
    """Of the channel `name`, each under its key."""

    def __init__(self, name: str, store: BackstageStore, clock: Clock) -> None:
        self._name = name
        self._store = store
        self._clock = clock

    async def of(self, key: str) -> Sent | None:
        """As it is now. Raises StoreUnavailable, StoreFailed."""
        kept = await self._store.call(key)
        return read(kept.record) if kept else None

    async def change(self, key: str, step: Callable[[Sent | None], Change | None], phone: str | None = None) -> bool:
        """Make the step `step` of what is kept (None where nothing is); False where it gives none. `phone` is whom a
        new one goes to. Raises StoreUnavailable, StoreFailed."""
        for _ in range(_ROUNDS):
            kept = await self._store.call(key)
            change = step(read(kept.record) if kept else None)
            if change is None or (kept and kept.channel != self._name):
                return False
            after = CallChange(
                sid=key,
                channel=self._name,
                record=written(change.sent),
                at=self._clock.now(),
                seen=kept.version if kept else 0,
                over=True,
                events=tuple(change.events),
                owed=tuple(change.owed),
                calls=phone,
            )
            if await self._store.keep_call(after) is CallKept.KEPT:
                return True
        raise StoreUnavailable("others change this text at the same time")

    async def sent_since(self, since: Instant) -> int:
        """How many were ordered for the first time since then."""
        return (await self._store.calls_to(self._name, since)).calls
