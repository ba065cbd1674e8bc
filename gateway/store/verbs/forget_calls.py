"""forget_calls: who called, was called or was written to, and how that went, is given up once it is long over."""

from sqlalchemy import Connection, bindparam, null, select, update

from gateway.core.clock import Instant
from gateway.core.values import dataclass
from gateway.store.schema import REMEMBERED_CALL, calls
from gateway.store.transaction import Transaction

_OLD = (
    select(calls.c.sid)
    .where(REMEMBERED_CALL, calls.c.channel == bindparam("of_channel"), calls.c.began_at < bindparam("before"))
    .order_by(calls.c.began_at)
    .limit(bindparam("most"))
)
# A step that was made from what is given up here comes too late, as after any other change.
_FORGET = update(calls).where(calls.c.sid.in_(_OLD)).values(record=null(), number=null(), version=calls.c.version + 1)


@dataclass(frozen=True, slots=True)
class ForgetCalls:
    """Up to `limit` calls of the channel that are over and began before that instant."""

    channel: str
    before: Instant
    limit: int


def forget_calls(transaction: Transaction, requests: list[ForgetCalls]) -> list[int]:
    """How many each gave up. The row stays, so that the call is known when its webhooks come again."""
    return [_forget(transaction.connection, each) for each in requests]


def _forget(connection: Connection, wanted: ForgetCalls) -> int:
    given = {"of_channel": wanted.channel, "before": wanted.before, "most": wanted.limit}
    return connection.execute(_FORGET, given).rowcount
