"""Dedupe keys: what makes the same message, or report, the same when it comes again."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, or_, select

from gateway.core.clock import Instant
from gateway.core.ticket import Acceptance, DedupeKey, Receipt
from gateway.store import bulk, schema
from gateway.store.schema import receipts


class Kept(NamedTuple):
    """What is kept of the first one that came under a key."""

    scope: str
    key: str
    fingerprint: str
    ticket_id: str
    reference: str
    message_id: str | None
    received_at: Instant

    @classmethod
    def of(cls, dedupe: DedupeKey, receipt: Receipt) -> "Kept":
        return cls(
            dedupe.scope,
            dedupe.key,
            dedupe.fingerprint,
            receipt.ticket_id,
            receipt.reference,
            receipt.message_id,
            receipt.received_at,
        )

    def receipt(self, acceptance: Acceptance) -> Receipt:
        return Receipt(acceptance, self.ticket_id, self.reference, self.message_id or "", self.received_at)


def known(connection: Connection, keys: Iterable[DedupeKey]) -> dict[tuple[str, str], Kept]:
    """What was kept of these keys, by scope and key.

    Asked scope by scope, because SQLite scans the table for `(scope, key) IN (...)`.
    """
    by_scope: defaultdict[str, list[str]] = defaultdict(list)
    for each in keys:
        by_scope[each.scope].append(each.key)
    if not by_scope:
        return {}
    asked = [and_(receipts.c.scope == scope, receipts.c.key.in_(keys)) for scope, keys in by_scope.items()]
    found = [Kept(*row) for row in connection.execute(select(receipts).where(or_(*asked)))]
    return {(kept.scope, kept.key): kept for kept in found}


def keep(connection: Connection, kept: Sequence[Kept]) -> None:
    """Remember them for ever."""
    bulk.insert(connection, schema.receipts, [each._asdict() for each in kept])
