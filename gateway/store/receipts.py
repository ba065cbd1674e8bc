"""Dedupe keys: what makes the same message, or report, the same when it comes again."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, select, update

from gateway.core.clock import Instant
from gateway.core.ticket import Acceptance, DedupeKey, Receipt
from gateway.store import bulk, intake_rows
from gateway.store.queries import Query
from gateway.store.schema import among, receipts

_KEPT = Query(select(receipts).where(receipts.c.scope == bindparam("scope"), among(receipts.c.key)))


class Kept(NamedTuple):
    """What is kept of the first one that came under a key."""

    scope: str
    key: str
    fingerprint: str
    ticket_id: str
    reference: str
    message_id: str | None
    received_at: Instant

    def receipt(self, acceptance: Acceptance) -> Receipt:
        return Receipt(acceptance, self.ticket_id, self.reference, self.message_id or "", self.received_at)


def known(connection: Connection, keys: Iterable[DedupeKey]) -> dict[tuple[str, str], Kept]:
    """What was kept of these keys, by scope and key.

    Asked scope by scope, because SQLite scans the table for `(scope, key) IN (...)`.
    """
    by_scope: defaultdict[str, list[str]] = defaultdict(list)
    for each in keys:
        by_scope[each.scope].append(each.key)
    found = (_KEPT.rows(connection, asked, scope=scope) for scope, asked in by_scope.items())
    return {(row.scope, row.key): Kept(*row) for rows in found for row in rows}


def keep(connection: Connection, kept: Sequence[Kept]) -> None:
    """Remember them for ever."""
    bulk.insert_values(connection, receipts, Kept._fields, kept)


def keep_first(connection: Connection, given: Sequence[tuple[DedupeKey, Receipt]]) -> dict[tuple[str, str], Kept]:
    """Remember those whose key is new. Empty where all of them are; else what is kept now, by scope and key: one of
    those given, or what came before it. The usual case asks nothing."""
    rows = [intake_rows.receipt(key, receipt) for key, receipt in given]
    if bulk.insert_unless_taken(connection, receipts, intake_rows.RECEIPT, rows):
        return {}
    return known(connection, [key for key, _ in given])


def correct_reference(connection: Connection, key: DedupeKey, reference: str) -> None:
    """The ticket got another reference than what was remembered."""
    mine = and_(receipts.c.scope == key.scope, receipts.c.key == key.key)
    connection.execute(update(receipts).where(mine).values(reference=reference))
