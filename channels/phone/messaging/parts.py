"""The texts that go out, as the store keeps them: each is changed only from what it was when it was read, and what
follows from that is in the same commit, whoever was the first to know it: Twilio's answer, its list, or a callback."""

from collections.abc import Callable, Iterator
from typing import TypedDict

from channels.channel import BackstageStore
from channels.phone.messaging.sent import Sent, State, read, written
from gateway.core.calls import CallChange, CallKept, KeptCall
from gateway.core.clock import Clock, Instant
from gateway.core.delivery import Delivery, Kind
from gateway.core.errors import StoreUnavailable
from gateway.core.events import TextDelivered, TextEvent, TextFailed, TextSent
from gateway.core.ids import new_id

PART = "part"
"""Under this name the payload of a delivery says which part of an answer it is about, where it isn't about all."""
_ROUNDS = 5
_ARRIVED = frozenset({State.DELIVERED, State.READ})


class _Told(TypedDict):
    """What every event about a text says."""

    at: Instant
    ticket_id: str
    reference: str
    channel: str
    message_id: str


class SentTexts:
    """Of the channel `name`, each under its key."""

    def __init__(self, name: str, store: BackstageStore, clock: Clock) -> None:
        self._name = name
        self._store = store
        self._clock = clock

    async def of(self, key: str) -> Sent | None:
        """As it is now; None where there is none, or it was forgotten. Raises StoreUnavailable, StoreFailed."""
        return _remembered(await self._store.call(key))

    async def change(self, key: str, step: Callable[[Sent | None], Sent | None], phone: str | None = None) -> bool:
        """Make the step `step` of what is kept (None where nothing is any more); False where it gives none. `phone` is
        whom a new one goes to. Raises StoreUnavailable, StoreFailed."""
        for _ in range(_ROUNDS):
            kept = await self._store.call(key)
            before = _remembered(kept)
            after = step(before)
            if after is None or (kept and kept.channel != self._name):
                return False
            change = CallChange(
                sid=key,
                channel=self._name,
                record=written(after),
                at=self._clock.now(),
                seen=kept.version if kept else 0,
                over=True,
                events=tuple(self._told(before, after)),
                owed=tuple(self._owed(after)),
                calls=phone,
            )
            if await self._store.keep_call(change) is CallKept.KEPT:
                return True
        raise StoreUnavailable("others change this text at the same time")

    async def sent_since(self, since: Instant) -> int:
        """How many were ordered for the first time since then."""
        return (await self._store.calls_to(self._name, since)).calls

    def _told(self, before: Sent | None, after: Sent) -> Iterator[TextEvent]:
        about = after.about
        told = _Told(
            at=self._clock.now(),
            ticket_id=about.ticket_id,
            reference=about.reference,
            channel=self._name,
            message_id=about.message_id,
        )
        if after.sid is not None and (before is None or before.sid is None):
            yield TextSent(**told)
        if after.state in _ARRIVED and (before is None or before.state not in _ARRIVED):
            yield TextDelivered(**told)
        if after.state is State.FAILED:
            yield TextFailed(**told, code=after.code)

    def _owed(self, after: Sent) -> Iterator[Delivery]:
        """Part of an answer that didn't arrive: whoever is to do it finds why, and puts it before a person."""
        now, about = self._clock.now(), after.about
        if after.state is State.FAILED and about.is_answer:
            yield Delivery(
                new_id(),
                Kind.ANSWER,
                due_at=now,
                created_at=now,
                ticket_id=about.ticket_id,
                message_id=about.message_id,
                target=self._name,
                payload={PART: about.part},
            )


def _remembered(kept: KeptCall | None) -> Sent | None:
    return None if kept is None or kept.record is None else read(kept.record)
