"""What is known of the spooled requests without reading them: pure, in the order in which they came."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from gateway.core.clock import Instant
from gateway.core.ticket import Acceptance, DedupeKey, Intake, Receipt
from gateway.store.spool.folder import Place


@dataclass(slots=True, eq=False)
class Entry:
    """A request in the spool."""

    ticket_id: str
    reference: str
    message_id: str
    received_at: Instant
    dedupe: DedupeKey | None
    digests: tuple[str, ...]
    """Of its attachments."""
    size: int
    """Bytes, its attachments included."""
    place: Place | None = None
    """None until it is durable."""

    @classmethod
    def of(cls, intake: Intake, length: int) -> "Entry":
        """Of a new ticket whose line has that many bytes."""
        message, reference = intake.message, intake.ticket.reference if intake.ticket else ""
        digests = tuple(each.digest for each in message.attachments)
        size = length + sum(each.size for each in message.attachments)
        return cls(message.ticket_id, reference, message.id, message.at, intake.dedupe, digests, size)

    def receipt(self, acceptance: Acceptance) -> Receipt:
        """What is answered to who sent it, or sends it again."""
        return Receipt(acceptance, self.ticket_id, self.reference, self.message_id, self.received_at)


class Index:
    """The entries by ticket, and by dedupe key; of several under one key the first counts."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._keys: dict[tuple[str, str], Entry] = {}
        self.size = 0
        """Bytes."""

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def get(self, ticket_id: str) -> Entry | None:
        return self._entries.get(ticket_id)

    def under(self, key: DedupeKey) -> Entry | None:
        """The request that came under this key."""
        return self._keys.get((key.scope, key.key))

    def named(self, digests: Collection[str]) -> set[str]:
        """Those of the digests that an attachment of one of them has."""
        wanted = set(digests)
        return {digest for entry in self for digest in entry.digests if digest in wanted}

    def add(self, entry: Entry) -> None:
        """At the end."""
        self._entries[entry.ticket_id] = entry
        self.size += entry.size
        if entry.dedupe:
            self._keys.setdefault((entry.dedupe.scope, entry.dedupe.key), entry)

    def remove(self, entry: Entry) -> None:
        del self._entries[entry.ticket_id]
        self.size -= entry.size
        if entry.dedupe and self.under(entry.dedupe) is entry:
            del self._keys[entry.dedupe.scope, entry.dedupe.key]
