"""Steps of several calls in one group: each sees what those before it have changed."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from gateway.core.calls import CallChange, CallKept
from gateway.core.delivery import Delivery, Kind
from gateway.core.ids import new_id
from gateway.store import SqlStore
from gateway.store.verbs.calls import keep_call
from tests.support.clock import SetClock
from tests.support.kept_calls import CALLER, held_ticket, new_sid, said
from tests.support.store import InlineRunner
from tests.support.store_work import Work, lease_of

KEPT, CHANGED, BUSY, REFERENCE_TAKEN = CallKept.KEPT, CallKept.CHANGED, CallKept.BUSY, CallKept.REFERENCE_TAKEN


@pytest.fixture
def runner() -> InlineRunner:
    return InlineRunner()


@pytest.fixture
async def store(runner: InlineRunner) -> AsyncIterator[SqlStore]:
    opened = SqlStore(runner, SetClock(1_000.0))
    await opened.start()
    yield opened
    await opened.close()


def change(sid: str, seen: int = 0, **changes: object) -> CallChange:
    return replace(CallChange(sid, "phone", "record", 1_000.0, seen=seen), **changes)  # type: ignore[arg-type]


async def test_of_two_steps_of_a_call_the_first_is_kept(store: SqlStore, runner: InlineRunner) -> None:
    sid, opening = new_sid(), held_ticket()
    same = change(sid, opening=opening)
    assert await runner.write(keep_call, [same, same, change(sid, record="another")]) == [KEPT, CHANGED, CHANGED]
    assert len(await store.tickets()) == 1
    second = change(sid, 1, record="2", messages=(said(),))
    third = change(sid, 2, record="3", over=True, messages=(said(),))
    assert await runner.write(keep_call, [second, third]) == [KEPT, KEPT]
    kept = await store.call(sid)
    assert kept is not None
    assert (kept.version, kept.record, kept.over) == (3, "3", True)
    case = await Work(store).case(opening.message.ticket_id)
    assert [message.number for message in case.messages] == [1, 2, 3]


async def test_a_reference_is_given_to_the_first(store: SqlStore, runner: InlineRunner) -> None:
    first, second = held_ticket(), held_ticket()
    assert first.ticket is not None
    assert second.ticket is not None
    same = replace(second, ticket=replace(second.ticket, reference=first.ticket.reference))
    steps = [change(new_sid(), opening=first), change(new_sid(), opening=same)]
    assert await runner.write(keep_call, steps) == [KEPT, REFERENCE_TAKEN]
    assert [ticket.id for ticket in await store.tickets()] == [first.ticket.id]


async def test_a_number_is_free_from_the_end_of_its_call_on(store: SqlStore, runner: InlineRunner) -> None:
    first, second = new_sid(), new_sid()
    assert await runner.write(keep_call, [change(first, calls=CALLER), change(second, calls=CALLER)]) == [KEPT, BUSY]
    steps = [change(second, calls=CALLER), change(first, 1, over=True), change(second, calls=CALLER)]
    assert await runner.write(keep_call, steps) == [BUSY, KEPT, KEPT]


async def test_a_delivery_is_finished_by_one(store: SqlStore, runner: InlineRunner) -> None:
    sid, other = new_sid(), new_sid()
    owed = Delivery(new_id(), Kind.CALL, 1_000.0, 1_000.0, target="phone")
    await runner.write(keep_call, [change(sid, owed=(owed,))])
    (case,) = await Work(store).claim(Kind.CALL)
    steps = [change(sid, 1, done=lease_of(case)), change(other, done=lease_of(case))]
    assert await runner.write(keep_call, steps) == [KEPT, CHANGED]
