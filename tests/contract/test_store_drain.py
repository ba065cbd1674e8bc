"""drain and reserve, over every engine."""

from dataclasses import replace

from gateway.core.events import DuplicateReceived, TicketReceived
from gateway.core.reference import BLOCKS, block_bounds, parse_reference
from gateway.core.ticket import Acceptance, Attachment, Intake, TicketState
from gateway.store import SqlStore
from tests.support.store import Heard
from tests.support.store_work import Work, new_ticket


def told(intake: Intake) -> str:
    """The reference that the requester has."""
    assert intake.ticket is not None
    return intake.ticket.reference


async def acceptances(store: SqlStore, *intakes: Intake) -> list[Acceptance]:
    return [receipt.acceptance for receipt in await store.drain(intakes)]


async def test_what_is_drained_is_in_order_under_the_reference_that_was_told_and_owed_since_it_came(
    store: SqlStore, heard: Heard
) -> None:
    intakes = [new_ticket(at=at, key=str(at)) for at in (1_000.0, 1_001.0, 1_002.0)]
    assert await acceptances(store, *intakes) == [Acceptance.NEW] * 3
    events = heard.of(TicketReceived)
    assert [(each.reference, each.at) for each in events] == [(told(intake), intake.message.at) for intake in intakes]
    work = Work(store)
    assert [case.ticket for case in await work.claim(at=2_000.0)] == [intake.ticket for intake in intakes]
    assert await work.astray() == []


async def test_what_comes_twice_is_there_once(store: SqlStore, heard: Heard) -> None:
    first, second = new_ticket(key="a"), new_ticket()
    assert await acceptances(store, first, second) == [Acceptance.NEW, Acceptance.NEW]
    assert await acceptances(store, first, second, new_ticket()) == [
        Acceptance.DUPLICATE,
        Acceptance.DUPLICATE,
        Acceptance.NEW,
    ]
    assert len(heard.of(TicketReceived)) == 3


async def test_a_commit_that_nobody_heard_of_is_found_to_be_itself(store: SqlStore, heard: Heard) -> None:
    intake = new_ticket(key="a")
    (accepted,) = await store.accept([intake])
    (drained,) = await store.drain([intake])
    assert (drained.acceptance, drained.reference) == (Acceptance.DUPLICATE, accepted.reference)
    assert len(heard.of(TicketReceived)) == 1
    assert heard.of(DuplicateReceived) == []


async def test_a_key_that_was_drained_answers_as_it_was_answered(store: SqlStore) -> None:
    intake = new_ticket(key="a")
    await store.drain([intake])
    (again,) = await store.accept([new_ticket(key="a")])
    assert (again.acceptance, again.reference) == (Acceptance.DUPLICATE, told(intake))


async def test_the_same_request_a_second_time_leads_to_the_first(store: SqlStore, heard: Heard) -> None:
    first, again = new_ticket(key="a"), new_ticket(key="a")
    await store.accept([first])
    for _ in range(2):  # also when it is drained once more, after a crash
        assert await acceptances(store, again) == [Acceptance.DUPLICATE]
    by_id, by_reference = await store.ticket(again.message.ticket_id), await store.ticket_by_reference(told(again))
    assert by_id is not None
    assert by_id == by_reference
    assert by_id.ticket == first.ticket
    assert [(each.reference, each.ticket_id) for each in heard.of(DuplicateReceived)] == [
        (told(first), first.message.ticket_id)
    ]
    assert len(await store.tickets()) == 1


async def test_a_key_with_other_content_was_answered_with_yes_and_is_a_request_of_its_own(store: SqlStore) -> None:
    first, other = new_ticket(key="a"), new_ticket(key="a", fingerprint="other")
    await store.accept([first])
    assert await acceptances(store, other) == [Acceptance.NEW]
    assert await Work(store).state(other.message.ticket_id) is TicketState.WAITING
    (again,) = await store.accept([new_ticket(key="a")])
    assert again.ticket_id == first.message.ticket_id


async def test_spools_that_were_put_together_may_have_a_request_twice(store: SqlStore, heard: Heard) -> None:
    first, again = new_ticket(key="a"), new_ticket(key="a")
    other = new_ticket(key="a", fingerprint="other")
    assert await acceptances(store, first, first, again, other) == [
        Acceptance.NEW,
        Acceptance.DUPLICATE,
        Acceptance.DUPLICATE,
        Acceptance.NEW,
    ]
    assert [each.reference for each in heard.of(TicketReceived)] == [told(first), told(other)]
    leads_to = await store.ticket_by_reference(told(again))
    assert leads_to is not None
    assert leads_to.ticket == first.ticket


async def test_a_reference_that_is_taken_all_the_same_is_drawn_again(store: SqlStore) -> None:
    (taken,) = await store.accept([new_ticket()])
    (receipt,) = await store.drain([new_ticket(reference=taken.reference)])
    assert receipt.acceptance is Acceptance.NEW
    assert receipt.reference != taken.reference
    assert parse_reference(receipt.reference)


async def test_nothing_to_drain_asks_whether_the_store_is_there(store: SqlStore) -> None:
    assert await store.drain([]) == []


async def test_each_holder_has_a_block_of_its_own_and_keeps_it(store: SqlStore) -> None:
    blocks = [(await store.reserve_references(holder, 1_000.0)).block for holder in ("a", "b", "a")]
    assert blocks[0] == blocks[2] != blocks[1]


async def test_what_is_in_the_store_is_given(store: SqlStore) -> None:
    reserved = await store.reserve_references("a", 1_000.0)
    room = len(reserved)
    inside, beyond, alias = reserved.draw() or "", block_bounds(reserved.block + 1)[0], reserved.draw() or ""
    await store.accept([new_ticket(reference=inside), new_ticket(reference=beyond, key="k")])
    await store.drain([new_ticket(reference=alias, key="k")])
    assert len(await store.reserve_references("a", 1_001.0)) == room - 2


async def test_when_every_block_is_held_the_one_reserved_longest_ago_goes(store: SqlStore) -> None:
    for number in range(BLOCKS):
        await store.reserve_references(f"holder {number}", 1_000.0 + (number - 7) % BLOCKS)
    assert (await store.reserve_references("late", 2_000.0)).block == 7


async def test_attachments_are_drained_too(store: SqlStore) -> None:
    picture = Attachment("a.png", "image/png", 3, "a" * 64)
    intake = new_ticket()
    await store.drain([replace(intake, message=replace(intake.message, attachments=(picture,)))])
    assert (await Work(store).case(intake.message.ticket_id)).messages[0].attachments == (picture,)
