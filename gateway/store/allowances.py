"""Allowances: how often something may be done under a key within a while, counted for all gateways together."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, bindparam, delete, select

from gateway.core.clock import Instant
from gateway.core.ids import new_id
from gateway.core.ticket import Allowance
from gateway.store import bulk
from gateway.store.queries import Query
from gateway.store.schema import acknowledged, among

_COUNTED = Query(
    select(acknowledged.c.key, acknowledged.c.until).where(
        among(acknowledged.c.key), acknowledged.c.until > bindparam("now")
    )
)
_OVER = delete(acknowledged).where(acknowledged.c.until <= bindparam("now"))
_COLUMNS = ("id", "key", "until")


class Allowances:
    """What is left under the keys of some acknowledgements, asked for once for all of them."""

    def __init__(self, connection: Connection, wanted: Iterable[Allowance], now: Instant) -> None:
        """`now` is the earliest instant that anything will be taken at."""
        self._connection = connection
        self._now = now
        self._counted: defaultdict[str, list[Instant]] = defaultdict(list)
        for row in _COUNTED.rows(connection, sorted({each.key for each in wanted}), now=now):
            self._counted[row.key].append(row.until)
        self._taken: list[bulk.Values] = []

    def take(self, allowances: Sequence[Allowance], at: Instant) -> bool:
        """One of each; False, and none of any, where one of them has none left."""
        if any(sum(until > at for until in self._counted[each.key]) >= each.most for each in allowances):
            return False
        for each in allowances:
            self._counted[each.key].append(at + each.within)
            self._taken.append((new_id(), each.key, at + each.within))
        return True

    def save(self) -> None:
        """Write down what was taken, and give up what counts no more."""
        if self._taken:
            self._connection.execute(_OVER, {"now": self._now})
            bulk.insert_values(self._connection, acknowledged, _COLUMNS, self._taken)
