"""The store on each of its engines, and those who work with it."""

from collections.abc import AsyncIterator

import pytest

from gateway.store import SqlStore
from tests.support.kept_calls import Calling
from tests.support.store import ENGINES, Heard, opened_store
from tests.support.store_work import Work


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture(params=ENGINES)
async def store(request: pytest.FixtureRequest, heard: Heard) -> AsyncIterator[SqlStore]:
    async with opened_store(request.param, [heard]) as opened:
        yield opened


@pytest.fixture
def work(store: SqlStore) -> Work:
    return Work(store)


@pytest.fixture
def call(store: SqlStore) -> Calling:
    return Calling(store)
