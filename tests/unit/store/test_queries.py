"""Queries that go straight to the driver: what they ask and find is what SQLAlchemy would."""

from collections.abc import Iterator
from itertools import product

import pytest
from sqlalchemy import Connection, bindparam, select

from gateway.store import bulk
from gateway.store.engine_sqlite import writing_engine
from gateway.store.queries import Query
from gateway.store.schema import among, metadata, requesters

NAMES = ("Ana", "Eva", None)
_BY_ID = select(requesters).where(among(requesters.c.id)).order_by(requesters.c.id)
_NAMED = (
    select(requesters.c.id)
    .where(requesters.c.name == bindparam("name"), among(requesters.c.id), requesters.c.phone == "600")
    .order_by(requesters.c.id)
    .limit(bindparam("most"))
)


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    engine = writing_engine(":memory:")
    with engine.connect() as connection:
        metadata.create_all(connection)
        rows = [
            {"id": f"{name}{phone}{number}", "name": name, "phone": phone}
            for name, phone, number in product(NAMES, ("600", "700"), range(3))
        ]
        bulk.insert(connection, requesters, rows)
        yield connection
    engine.dispose()


@pytest.mark.parametrize("keys", [["Ana6000"], ["Ana6000", "Eva7002", "None6001"], ["Eva7000", "nobody"], ["nobody"]])
def test_rows_are_found_by_their_keys_with_their_columns_by_name(connection: Connection, keys: list[str]) -> None:
    found = Query(_BY_ID).rows(connection, keys)
    expected = connection.execute(_BY_ID, {"keys": keys}).all()
    assert [tuple(row) for row in found] == [tuple(row) for row in expected]
    assert [(row.id, row.name) for row in found] == [(row.id, row.name) for row in expected]


@pytest.mark.parametrize("most", [1, 9])
def test_parameters_stand_on_either_side_of_the_keys(connection: Connection, most: int) -> None:
    keys = ["Ana6000", "Ana6001", "Ana7000", "Eva6000"]
    found = Query(_NAMED).rows(connection, keys, name="Ana", most=most)
    expected = connection.execute(_NAMED, {"keys": keys, "name": "Ana", "most": most}).all()
    assert expected
    assert [tuple(row) for row in found] == [tuple(row) for row in expected]


def test_the_same_query_takes_any_number_of_keys_in_turn(connection: Connection) -> None:
    query = Query(_BY_ID)
    every = [row.id for row in connection.execute(select(requesters.c.id).order_by(requesters.c.id))]
    for count in (3, 1, 5, 3):
        assert [row.id for row in query.rows(connection, every[:count])] == every[:count]
