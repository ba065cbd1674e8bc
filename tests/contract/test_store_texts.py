"""What the store does for text messages: whose tickets are open, and who wants no messages, over every engine."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from gateway.core.delivery import Quarantine
from gateway.core.handoff import HandoffState
from gateway.core.ticket import Intake, Requester
from gateway.store import SqlStore
from tests.support.store import ENGINES, opened_store
from tests.support.store_work import Work, follow_up, lease_of, new_ticket

ANA, EVA = "+34600111222", "+34600111333"
CHANNELS = ("texts", "whatsapp")


@pytest.fixture(params=ENGINES)
async def store(request: pytest.FixtureRequest) -> AsyncIterator[SqlStore]:
    async with opened_store(request.param) as opened:
        yield opened


def texted(phone: str | None = ANA, *, channel: str = "texts", at: float = 1_000.0) -> Intake:
    """A ticket opened by a text message."""
    made = new_ticket(at=at, requester=Requester("Ana", phone=phone))
    assert made.ticket is not None
    return replace(made, ticket=replace(made.ticket, channel=channel, answer_by=channel))


async def open_ids(store: SqlStore, phone: str = ANA) -> list[str]:
    return [ticket.id for ticket in await store.open_tickets_of(phone, CHANNELS)]


async def test_open_tickets_are_found_by_number_and_channel(store: SqlStore, work: Work) -> None:
    assert await open_ids(store) == []
    hers = await work.accept(texted())
    for other in (texted(EVA), texted(None), texted(channel="web")):
        await work.accept(other)
    (found,) = await store.open_tickets_of(ANA, CHANNELS)
    case = await work.case(hers)
    assert found == case.ticket
    assert await store.open_tickets_of(ANA, ["whatsapp"]) == []
    assert await store.open_tickets_of(ANA, []) == []


async def test_the_one_written_in_last_comes_first(store: SqlStore, work: Work) -> None:
    first = await work.accept(texted(at=1_000.0))
    second = await work.accept(texted(at=1_001.0, channel="whatsapp"))
    assert await open_ids(store) == [second, first]
    await work.accept(follow_up(first, at=1_010.0))
    assert await open_ids(store) == [first, second]
    await work.accept(follow_up(second, at=1_020.0))
    assert await open_ids(store) == [second, first]


async def test_what_is_resolved_or_closed_is_not_open(store: SqlStore, work: Work) -> None:
    resolved, copy = await work.handed_off(intake=texted())
    assert await open_ids(store) == [resolved]
    await work.learn(copy, HandoffState.RESOLVED)
    assert await open_ids(store) == []
    discarded = await work.accept(texted())
    (case,) = await work.claim()
    await store.quarantine([Quarantine(lease_of(case), "refused", 1_002.0)])
    assert await open_ids(store) == [discarded], "a person has yet to look"
    (item,) = await store.quarantined()
    await store.discard(item.id, 1_003.0, "eva")
    assert await open_ids(store) == []
    await work.accept(follow_up(resolved))
    assert await open_ids(store) == [resolved], "it is open again"


async def test_no_more_than_ten_are_told(store: SqlStore, work: Work) -> None:
    ids = [await work.accept(texted(at=1_000.0 + number)) for number in range(12)]
    assert await open_ids(store) == list(reversed(ids))[:10]


async def test_a_number_wants_messages_until_it_says_otherwise(store: SqlStore) -> None:
    assert not await store.opted_out("texts", ANA)
    assert not await store.opt_out("texts", ANA, 1_000.0, out=False), "that is nothing new"
    assert await store.opt_out("texts", ANA, 1_001.0, out=True)
    assert not await store.opt_out("texts", ANA, 1_002.0, out=True)
    assert await store.opted_out("texts", ANA)
    assert await store.opt_out("texts", ANA, 1_003.0, out=False)
    assert not await store.opted_out("texts", ANA)


async def test_it_says_so_for_itself_and_for_one_channel(store: SqlStore) -> None:
    await store.opt_out("texts", ANA, 1_000.0, out=True)
    assert not await store.opted_out("whatsapp", ANA)
    assert not await store.opted_out("texts", EVA)


async def test_its_later_word_counts_whichever_comes_first(store: SqlStore) -> None:
    await store.opt_out("texts", ANA, 1_000.0, out=True)
    assert await store.opt_out("texts", ANA, 1_020.0, out=False)
    assert not await store.opt_out("texts", ANA, 1_010.0, out=True)
    assert not await store.opted_out("texts", ANA)


async def test_said_many_times_at_once_it_is_one_change(store: SqlStore) -> None:
    said = await asyncio.gather(*(store.opt_out("texts", ANA, 1_000.0, out=True) for _ in range(20)))
    assert said.count(True) == 1
    assert await store.opted_out("texts", ANA)
