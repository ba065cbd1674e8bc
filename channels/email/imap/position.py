"""How far a folder has been received."""

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from itertools import pairwise
from typing import Protocol, Self

import orjson

from channels.email.imap.backoff import until_fetching_again
from channels.email.imap.uids import UidSet
from gateway.core.clock import Instant
from gateway.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Waiting:
    """A mail that could not be fetched."""

    attempts: int
    """Made so far, in vain."""
    due: Instant
    """When the next one is."""


@dataclass(frozen=True, slots=True)
class Position:
    """Of one folder, while its UIDVALIDITY is the same. Never changes: each step gives a new one."""

    uidvalidity: int
    settled: UidSet = UidSet()
    """Mails that were kept, and UIDs that no mail has any more."""
    waiting: Mapping[int, Waiting] = field(default_factory=dict)
    """By UID."""
    skipped: UidSet = UidSet()
    """Mails that were given up, and reported."""

    @property
    def last_uid(self) -> int:
        """The watermark: of everything up to it, it is known what became of it; 0 at first."""
        return max(self.settled.last, self.skipped.last, max(self.waiting, default=0))

    def unknown(self, uids: Iterable[int]) -> list[int]:
        """Those of them that nothing was done about yet."""
        return [uid for uid in uids if not (uid in self.settled or uid in self.waiting or uid in self.skipped)]

    def due(self, now: Instant) -> list[int]:
        """Mails to be tried again."""
        return sorted(uid for uid, waiting in self.waiting.items() if waiting.due <= now)

    def next_due(self) -> Instant | None:
        return min((waiting.due for waiting in self.waiting.values()), default=None)

    def settle(self, uids: Iterable[int]) -> "Position":
        uids = list(uids)
        waiting = {uid: each for uid, each in self.waiting.items() if uid not in uids}
        return replace(self, settled=self.settled.with_all(uids), waiting=waiting)

    def settle_gaps(self, found: Iterable[int], up_to: int) -> "Position":
        """No mail between those `found` has a UID up to there, and none ever will: these UIDs are settled."""
        settled = self.settled
        for uid, next_uid in pairwise([*(each for each in found if each <= up_to), up_to + 1]):
            settled = settled.with_range(uid + 1, next_uid - 1)
        waiting = {uid: each for uid, each in self.waiting.items() if uid not in settled}
        return replace(self, settled=settled, waiting=waiting)

    def fail(self, uid: int, now: Instant) -> "Position":
        """One more attempt at the mail was in vain."""
        attempts = self.attempts(uid) + 1
        return replace(self, waiting={**self.waiting, uid: Waiting(attempts, now + until_fetching_again(attempts))})

    def put_back(self, uids: Iterable[int], now: Instant) -> "Position":
        """Of these, the unknown ones that stand below the watermark are due now: no search would show them."""
        passed_over = {uid: Waiting(0, now) for uid in self.unknown(uids) if uid < self.last_uid}
        return replace(self, waiting={**self.waiting, **passed_over})

    def attempts(self, uid: int) -> int:
        """In vain, so far."""
        return self.waiting[uid].attempts if uid in self.waiting else 0

    def skip(self, uid: int) -> "Position":
        waiting = {other: each for other, each in self.waiting.items() if other != uid}
        return replace(self, waiting=waiting, skipped=self.skipped.with_range(uid, uid))

    def encode(self) -> str:
        """As it is stored: JSON."""
        waiting = {str(uid): [each.attempts, each.due] for uid, each in self.waiting.items()}
        told = {"uidvalidity": self.uidvalidity, "settled": str(self.settled), "skipped": str(self.skipped)}
        return orjson.dumps({**told, "waiting": waiting}).decode()

    @classmethod
    def decode(cls, stored: str) -> Self:
        """The inverse of `encode`."""
        told = orjson.loads(stored)
        waiting = {int(uid): Waiting(int(attempts), float(due)) for uid, (attempts, due) in told["waiting"].items()}
        settled, skipped = UidSet.parse(told["settled"]), UidSet.parse(told["skipped"])
        return cls(int(told["uidvalidity"]), settled, waiting, skipped)


class Positions(Protocol):
    """Where positions are kept. A lost one costs time and no mail: everything is fetched anew."""

    async def read(self, channel: str, folder: str) -> Position | None:
        """None where the folder was never read. Raises StoreUnavailable, StoreFailed."""

    async def write(self, channel: str, folder: str, position: Position) -> None:
        """Returns once it is on disk. Raises StoreUnavailable, StoreFailed."""
