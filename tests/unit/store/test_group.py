"""Group commit: one transaction for all, and each alone when that fails."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, func, select

from gateway.core.errors import InvalidMessage
from gateway.store import schema
from gateway.store.engine_sqlite import writing_engine
from gateway.store.failures import DiskFull
from gateway.store.group import Call, commit
from gateway.store.verbs.accept import accept
from gateway.store.verbs.order import ORDER, rank
from tests.support.store_work import follow_up, new_ticket


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = writing_engine(":memory:")
    with engine.connect() as opened:
        with opened.begin():
            schema.metadata.create_all(opened)
        yield opened
    engine.dispose()


def stored(connection: Connection) -> int:
    with connection.begin():
        return connection.execute(select(func.count()).select_from(schema.tickets)).scalar_one()


def test_each_caller_gets_its_own_results(connection: Connection) -> None:
    calls = [Call(accept, [new_ticket()]), Call(accept, [new_ticket(), new_ticket()]), Call(accept, [])]
    recorded = commit(connection, calls)
    assert [len(call.results or []) for call in calls] == [1, 2, 0]
    assert [event.event.ticket_id for event in recorded] == [
        receipt.ticket_id for call in calls for receipt in call.results or []
    ]


def test_the_guilty_call_alone_fails(connection: Connection) -> None:
    good, guilty, last = Call(accept, [new_ticket()]), Call(accept, [follow_up("0" * 32)]), Call(accept, [new_ticket()])
    recorded = commit(connection, [good, guilty, last])
    assert isinstance(guilty.error, InvalidMessage)
    assert (good.error, last.error) == (None, None)
    assert stored(connection) == len(recorded) == 2


def test_a_database_error_of_one_call_is_its_own(connection: Connection) -> None:
    intake = new_ticket()
    first = Call(accept, [intake])
    commit(connection, [first])
    twice, good = Call(accept, [intake]), Call(accept, [new_ticket()])
    commit(connection, [twice, good])
    assert "UNIQUE" in str(twice.error)
    assert good.results
    assert stored(connection) == 2


def test_a_storage_fault_fails_everybody_at_once_and_keeps_nothing(connection: Connection) -> None:
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    connection.rollback()
    big = [Call(accept, [new_ticket() for _ in range(50)]) for _ in range(2)]
    assert commit(connection, big) == []
    assert [type(call.error) for call in big] == [DiskFull, DiskFull]
    assert big[0].error is not big[1].error
    assert stored(connection) == 0
    connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 1000}")
    connection.rollback()
    again = Call(accept, [new_ticket()])
    commit(connection, [again])
    assert again.error is None, "and it recovers"


def test_what_settles_runs_before_what_wakes_and_claims() -> None:
    names = [verb.__name__ for verb in sorted(ORDER, key=rank)]
    assert names[-2:] == ["wake", "claim"]
    assert names.index("begin") < names.index("record") < names.index("finish")
