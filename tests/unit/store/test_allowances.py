"""Allowances, held against a plain count; and what acknowledgements and mails cost in statements."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, func, select

from gateway.core.ticket import Allowance
from gateway.store.allowances import Allowances
from gateway.store.engine_sqlite import driver_of, writing_engine
from gateway.store.schema import acknowledged, metadata
from gateway.store.transaction import Transaction
from gateway.store.verbs.accept import accept
from gateway.store.verbs.mails import KeepMail, keep_mail
from tests.support.kept_mails import new_mail
from tests.support.store_work import new_ticket

PAIR = Allowance("pair", 3, 60.0)
SENDER = Allowance("sender", 5, 60.0)
OTHER_PAIR = Allowance("other pair", 3, 60.0)
Step = tuple[tuple[Allowance, ...], int, bool]
EVERY = (PAIR, OTHER_PAIR, SENDER)
WANTED = ((PAIR, SENDER), (OTHER_PAIR, SENDER), (PAIR,), (SENDER,))


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = writing_engine(":memory:")
    with engine.connect() as connection, connection.begin():
        metadata.create_all(connection)
    yield engine
    engine.dispose()


@contextmanager
def emptied(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


def statements(connection: Connection, verb: object, *commands: object) -> list[str]:
    """What the verb says to the database."""
    said: list[str] = []
    driver_of(connection).set_trace_callback(said.append)
    verb(Transaction(connection), list(commands))  # type: ignore[operator]
    driver_of(connection).set_trace_callback(None)
    return said


STEPS = st.lists(st.tuples(st.sampled_from(WANTED), st.integers(0, 30), st.booleans()), max_size=30)


@given(steps=STEPS)
def test_as_many_are_taken_as_a_plain_count_allows(engine: Engine, steps: list[Step]) -> None:
    """Each step wants one of each, so many seconds after the one before it, in the same commit or the next."""
    taken: list[tuple[str, float]] = []
    now = 1_000.0
    with emptied(engine) as connection:
        allowances = Allowances(connection, EVERY, now)
        for wanted, later, commits in steps:
            now += later
            if commits:
                allowances.save()
                allowances = Allowances(connection, EVERY, now)
            left = all(
                sum(key == each.key and at > now - each.within for key, at in taken) < each.most for each in wanted
            )
            assert allowances.take(wanted, now) == left
            taken += [(each.key, now) for each in wanted if left]


def test_what_counts_no_more_is_not_kept(engine: Engine) -> None:
    with emptied(engine) as connection:
        for now in (1_000.0, 1_059.0, 1_061.0):
            allowances = Allowances(connection, (SENDER,), now)
            assert allowances.take((SENDER,), now)
            allowances.save()
        assert connection.execute(select(func.count()).select_from(acknowledged)).scalar() == 2


def test_whoever_is_not_acknowledged_costs_nothing(engine: Engine) -> None:
    with emptied(engine) as connection:
        said = statements(connection, accept, new_ticket(), new_ticket())
        assert [each for each in said if "acknowledge" in each] == []
        assert len(said) == 4, "requesters, tickets, messages, deliveries"


@pytest.mark.parametrize("mails", [1, 100])
def test_however_many_mails_are_kept_in_three_statements(engine: Engine, mails: int) -> None:
    with emptied(engine) as connection:
        assert len(statements(connection, keep_mail, *(KeepMail(new_mail(), 1.0) for _ in range(mails)))) == 3
