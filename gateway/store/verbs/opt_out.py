"""opt_out: what a number says of getting messages of a channel; its last word counts."""

from sqlalchemy import select

from gateway.core.clock import Instant
from gateway.core.values import dataclass
from gateway.store import bulk
from gateway.store.queries import Query
from gateway.store.schema import among, opt_outs
from gateway.store.transaction import Transaction

_SAID = Query(select(opt_outs).where(among(opt_outs.c.phone)))


@dataclass(frozen=True, slots=True)
class OptOut:
    """`out` where the number wants no messages (any more), else it wants them again."""

    channel: str
    phone: str
    at: Instant
    out: bool


def opt_out(transaction: Transaction, words: list[OptOut]) -> list[bool]:
    """False where that changes nothing: it was so before, or the number has said something else since."""
    if not words:
        return []
    connection = transaction.connection
    said = {
        (row.channel, row.phone): OptOut(row.channel, row.phone, row.at, bool(row.opted_out))
        for row in _SAID.rows(connection, sorted({each.phone for each in words}))
    }
    results = []
    changed: dict[tuple[str, str], OptOut] = {}
    for word in words:
        key = word.channel, word.phone
        before = said.get(key)
        changes = word.out != before.out and word.at >= before.at if before else word.out
        if changes:
            said[key] = changed[key] = word
        results.append(changes)
    bulk.replace(connection, opt_outs, [_values(each) for each in changed.values()])
    return results


def _values(word: OptOut) -> bulk.Row:
    return {"channel": word.channel, "phone": word.phone, "opted_out": word.out, "at": word.at}
