"""reserve: references that one gateway alone gives out, for the time that the store is away."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, union_all

from gateway.core.clock import Instant
from gateway.core.errors import StoreUnavailable
from gateway.core.reference import BLOCKS, ReservedReferences, block_bounds
from gateway.store import bulk
from gateway.store.schema import aliases, reference_blocks, tickets
from gateway.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Reserve:
    """A block for `holder`, which is known by this name for ever."""

    holder: str
    at: Instant


def reserve(transaction: Transaction, wishes: list[Reserve]) -> list[ReservedReferences]:
    """The block that the holder has, unless it is used up; else one that nobody has, else the one reserved longest ago:
    a clash with a holder that comes back after all is found when it drains."""
    return [_reserve(transaction.connection, each) for each in wishes]


def _reserve(connection: Connection, wanted: Reserve) -> ReservedReferences:
    found = next((each for each in _blocks(connection, wanted.holder) if len(each)), None)
    if found is None:
        raise StoreUnavailable("every block of references that can be reserved is used up")
    connection.execute(delete(reference_blocks).where(reference_blocks.c.block == found.block))
    row = {"block": found.block, "holder": wanted.holder, "reserved_at": wanted.at}
    bulk.insert(connection, reference_blocks, [row])
    return found


def _candidates(connection: Connection, holder: str) -> Iterator[int]:
    """Best first."""
    rows = connection.execute(select(reference_blocks).order_by(reference_blocks.c.reserved_at)).all()
    yield from (row.block for row in reversed(rows) if row.holder == holder)
    yield from sorted(set(range(BLOCKS)) - {row.block for row in rows})
    yield from (row.block for row in rows if row.holder != holder)


def _blocks(connection: Connection, holder: str) -> Iterator[ReservedReferences]:
    return (_block(connection, block) for block in _candidates(connection, holder))


def _block(connection: Connection, block: int) -> ReservedReferences:
    first, last = block_bounds(block)
    given = union_all(
        *(select(column).where(column.between(first, last)) for column in (tickets.c.reference, aliases.c.reference))
    )
    return ReservedReferences(block, list(connection.execute(given).scalars()))
