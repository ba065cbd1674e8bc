"""Fills a store with very many tickets, and prints how long that took, how big it is, and pages of some of them.

A thousand live through the store's own verbs in a store beside it; their rows are copied as often as needed through the
store's own bulk insert, the earliest first, as they would have come.
"""

import asyncio
import json
import random
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from sqlalchemy import select

from gateway.core.clock import SystemClock
from gateway.core.errors import StoreFailed
from gateway.core.tokens import TokenSigner
from gateway.store import SqlStore, bulk, open_store, schema
from gateway.store.database_sqlite import SqliteDatabase
from gateway.store.engine_sqlite import reading_engine
from tests.bench.million.copies import TABLES, Copies, Row
from tests.bench.million.lives import intakes, live

TEMPLATE = 1000
"""Tickets that live, and are copied."""
_YEAR = 365 * 24 * 3600.0
_OWED_IN = 3600.0
"""Seconds until what is still owed is due: not while we measure."""
_PAGES = 500


@dataclass(frozen=True, slots=True)
class Filled:
    """What was made."""

    tickets: int
    seconds: float
    bytes: int
    tokens: list[str]
    """Of the requesters' pages of some of them, at random."""


def fill(file: Path, tickets: int, template: int = TEMPLATE) -> Filled:
    """As many copies of a template of so many tickets as fit. Raises StartError, StoreFailed."""
    began = time.monotonic()
    copies = max(1, tickets // template)
    with tempfile.TemporaryDirectory(dir=file.parent) as own:
        rows = asyncio.run(_template(Path(own) / "template.db", template, _YEAR / copies / template))
    _copy(file, Copies(rows, _YEAR / copies), copies)
    tokens = asyncio.run(_tokens(file))
    return Filled(copies * template, time.monotonic() - began, file.stat().st_size, tokens)


async def _template(file: Path, tickets: int, every: float) -> dict[str, list[Row]]:
    store = opened(file)
    await store.start()
    try:
        # The last has come to its end by now.
        begins_at = time.time() - 2 * _OWED_IN - tickets * every
        await live(store, list(intakes(tickets, begins_at, every)))
    finally:
        await store.close()
    engine = reading_engine(str(file))
    with engine.begin() as connection:
        rows = {
            table.name: [dict(row._mapping) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in TABLES
        }
    engine.dispose()
    return {**rows, "deliveries": [{**row, "due_at": time.time() + _OWED_IN} for row in rows["deliveries"]]}


def _copy(file: Path, copies: Copies, count: int) -> None:
    database = SqliteDatabase.open(str(file))
    try:
        for number in range(count):
            with database.connection.begin():
                for table, rows in copies.rows(number, count):
                    bulk.insert(database.connection, table, rows)
            database.committed()
        database.finish()
    finally:
        database.close()


async def _tokens(file: Path) -> list[str]:
    store = opened(file)
    await store.start()
    try:
        signer = TokenSigner(await store.secret())
    finally:
        await store.close()
    engine = reading_engine(str(file))
    with engine.begin() as connection:
        ids = connection.execute(select(schema.tickets.c.id)).scalars().all()
    engine.dispose()
    return [signer.sign(each) for each in random.sample(ids, min(_PAGES, len(ids)))]


def opened(file: Path) -> SqlStore:
    """The store in that file, to be started and closed; the process ends where it fails."""
    return open_store(f"sqlite:{file}", SystemClock(), on_failed=_end, measured=lambda seconds: None)


def _end(error: StoreFailed) -> None:
    sys.exit(f"the store failed: {error}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--tickets", type=click.IntRange(min=1), default=1_000_000, show_default=True)
def main(file: Path, tickets: int) -> None:
    """Fill the new store FILE."""
    click.echo(json.dumps(asdict(fill(file, tickets))))


if __name__ == "__main__":
    main()
