"""accept and report, over every engine."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.core.delivery import Finish, Kind, Quarantine
from gateway.core.errors import InvalidMessage
from gateway.core.events import (
    DuplicateReceived,
    HandoffChanged,
    MessageReceived,
    TicketReceived,
    TicketReopened,
    TicketReplied,
)
from gateway.core.handoff import HandoffState
from gateway.core.provider import ProviderReport, ReportResult, ReportType
from gateway.core.reference import parse_reference
from gateway.core.ticket import Acceptance, Direction, Intake, Requester, TicketState
from gateway.store import SqlStore
from gateway.store.verbs.report import MOST_REPLIES
from tests.support.store import Heard
from tests.support.store_work import Work, follow_up, lease_of, new_ticket


def reported(provider: str, type_: ReportType, report_id: str = "r1", **given: Any) -> ProviderReport:
    return ProviderReport(provider=provider, report_id=report_id, type=type_, at=1_020.0, **given)


async def test_a_request_comes_back_as_it_was_given(store: SqlStore, work: Work) -> None:
    intake = new_ticket()
    (receipt,) = await store.accept([intake])
    case = await work.case(receipt.ticket_id)
    assert receipt.acceptance is Acceptance.NEW
    assert case.ticket == intake.ticket
    assert case.messages == (intake.message,)
    assert case.delivery.kind is Kind.TICKET
    assert case.delivery.due_at == 1_000.0


async def test_a_requester_may_be_unknown(store: SqlStore, work: Work) -> None:
    ticket_id = await work.accept(new_ticket(requester=Requester()))
    assert (await work.case(ticket_id)).ticket is not None


async def test_the_event_says_what_came_in_and_no_personal_data(store: SqlStore, heard: Heard) -> None:
    (receipt,) = await store.accept([new_ticket()])
    assert heard.of(TicketReceived) == [
        TicketReceived(
            at=1_000.0,
            ticket_id=receipt.ticket_id,
            reference=receipt.reference,
            channel="web",
            policy="default",
            language="es",
            category="mail",
            priority="normal",
        )
    ]
    assert (await store.events(0)) == heard.events


async def test_the_same_again_gets_the_first_ones_answer(store: SqlStore, heard: Heard) -> None:
    (first,) = await store.accept([new_ticket(key="k")])
    (again,) = await store.accept([new_ticket(key="k", at=1_050.0)])
    assert again == replace(first, acceptance=Acceptance.DUPLICATE)
    assert [event.ticket_id for event in heard.of(DuplicateReceived)] == [first.ticket_id]
    assert len(await store.tickets()) == 1


async def test_duplicates_within_one_call_are_one_ticket(store: SqlStore) -> None:
    receipts = await store.accept([new_ticket(key="k"), new_ticket(key="k"), new_ticket(key="other")])
    assert [each.acceptance for each in receipts] == [Acceptance.NEW, Acceptance.DUPLICATE, Acceptance.NEW]
    assert receipts[0].ticket_id == receipts[1].ticket_id


async def test_the_same_key_with_another_content_is_a_conflict(store: SqlStore) -> None:
    await store.accept([new_ticket(key="k")])
    (receipt,) = await store.accept([new_ticket(key="k", fingerprint="other")])
    assert receipt.acceptance is Acceptance.CONFLICT
    assert len(await store.tickets()) == 1


async def test_a_taken_reference_is_drawn_again(store: SqlStore) -> None:
    (first,) = await store.accept([new_ticket()])
    receipts = await store.accept([new_ticket(reference=first.reference), new_ticket(reference=first.reference)])
    references = {first.reference, *(each.reference for each in receipts)}
    assert len(references) == 3
    assert all(parse_reference(each) for each in references)


async def test_further_messages_are_numbered_in_order(store: SqlStore, work: Work, heard: Heard) -> None:
    ticket_id = await work.accept()
    await store.accept([follow_up(ticket_id), follow_up(ticket_id)])
    (receipt,) = await store.accept([follow_up(ticket_id, key="k")])
    assert [each.number for each in (await work.case(ticket_id)).messages] == [1, 2, 3, 4]
    assert heard.of(MessageReceived)[-1].message_id == receipt.message_id
    assert await work.owed() == {"ticket": 1}, "it goes along with the ticket"


async def test_one_message_too_many_is_not_taken(store: SqlStore, work: Work) -> None:
    """In one commit or in two; what repeats a message that was taken is still a duplicate."""
    ticket_id = await work.accept()

    def bounded(key: str) -> Intake:
        return replace(follow_up(ticket_id, key=key), most_messages=3)

    receipts = await store.accept([bounded("a"), bounded("b"), bounded("c"), bounded("a")])
    taken, full, again = Acceptance.NEW, Acceptance.FULL, Acceptance.DUPLICATE
    assert [each.acceptance for each in receipts] == [taken, taken, full, again]
    receipts = await store.accept([bounded("c"), bounded("b")])
    assert [each.acceptance for each in receipts] == [full, again], "nothing is remembered of what was not taken"
    assert [each.number for each in (await work.case(ticket_id)).messages] == [1, 2, 3]
    receipts = await store.accept([follow_up(ticket_id, key="c")])
    assert [each.acceptance for each in receipts] == [taken], "another channel may have no such bound"


async def test_a_further_message_for_nothing_harms_no_other(store: SqlStore, work: Work) -> None:
    with pytest.raises(InvalidMessage):
        await store.accept([follow_up("0" * 32)])
    assert await store.tickets() == []


async def test_a_further_message_goes_to_the_provider_that_has_the_ticket(store: SqlStore, work: Work) -> None:
    ticket_id, copy = await work.handed_off()
    await store.accept([follow_up(ticket_id)])
    (case,) = await work.claim(Kind.MESSAGE, at=1_011.0)
    assert (case.delivery.handoff_id, case.delivery.target) == (copy.id, "acme")
    await store.sent(copy.id, 2, Finish(lease_of(case)))
    assert (await work.copy(ticket_id, copy.id)).messages_sent == 2
    assert "message" not in await work.owed()


async def test_a_message_that_came_during_the_attempt_follows_it(store: SqlStore, work: Work) -> None:
    ticket_id = await work.accept()
    (case,) = await work.claim()
    copy = await work.begin(case, "acme")
    await store.accept([follow_up(ticket_id)])
    await work.learn(copy, HandoffState.ACCEPTED)
    assert (await work.owed())["message"] == 1


async def test_a_message_to_a_resolved_ticket_opens_it_again(store: SqlStore, work: Work, heard: Heard) -> None:
    ticket_id, copy = await work.handed_off()
    await work.learn(copy, HandoffState.PICKED_UP, at=1_003.0)
    await work.learn(copy, HandoffState.RESOLVED, at=1_004.0)
    await store.accept([follow_up(ticket_id, at=1_010.0)])
    assert await work.state(ticket_id) is TicketState.HANDED_OFF
    again = await work.copy(ticket_id, copy.id)
    assert (again.state, again.picked_up_at, again.held_since) == (HandoffState.ACCEPTED, None, 1_010.0)
    assert [event.provider for event in heard.of(TicketReopened)] == ["acme"]
    (case,) = await work.claim(Kind.MESSAGE, at=1_011.0)
    assert case.delivery.target == "acme"
    assert (await work.owed())["confirm"] == 1
    assert await work.astray() == []


async def test_what_was_opened_again_is_resolved_again(store: SqlStore, work: Work) -> None:
    ticket_id, copy = await work.handed_off()
    await work.learn(copy, HandoffState.RESOLVED, at=1_003.0)
    await store.accept([follow_up(ticket_id)])
    (case,) = await work.claim(Kind.MESSAGE, at=1_011.0)
    await store.sent(copy.id, 2, Finish(lease_of(case)))
    await work.learn(copy, HandoffState.RESOLVED, at=1_012.0)
    assert await work.state(ticket_id) is TicketState.RESOLVED


async def test_what_is_resolved_without_the_last_message_stays_open(store: SqlStore, work: Work) -> None:
    ticket_id, copy = await work.handed_off()
    await store.accept([follow_up(ticket_id)])
    await work.learn(copy, HandoffState.RESOLVED, at=1_011.0)
    assert await work.state(ticket_id) is TicketState.HANDED_OFF
    assert (await work.owed())["message"] == 1
    assert await work.astray() == []


async def test_of_two_copies_that_were_resolved_one_is_opened_again(store: SqlStore, work: Work) -> None:
    ticket_id, first = await work.handed_off()
    await store.rescue(None, "acme", 1_003.0, "acme is down", 10)
    (case,) = await work.claim(Kind.RESCUE, at=1_003.0)
    second = await work.begin(case, "norte", at=1_003.0)
    for copy in (second, first):
        await work.learn(copy, HandoffState.RESOLVED, at=1_005.0)
    await store.accept([follow_up(ticket_id)])
    states = sorted([(await work.copy(ticket_id, copy.id)).state.value for copy in (first, second)])
    assert states == ["accepted", "withdrawn"]
    assert await work.state(ticket_id) is TicketState.HANDED_OFF
    assert await work.astray() == []


async def test_a_message_to_a_ticket_that_a_person_closed_hands_it_over(store: SqlStore, work: Work) -> None:
    ticket_id = await work.accept()
    (case,) = await work.claim()
    await store.quarantine([Quarantine(lease_of(case), "every provider refused it", 1_002.0)])
    (item,) = await store.quarantined()
    assert await store.discard(item.id, 1_003.0, "operator")
    await store.accept([follow_up(ticket_id, at=1_010.0)])
    assert await work.state(ticket_id) is TicketState.WAITING
    (again,) = await work.claim(at=1_011.0)
    assert again.ticket is not None
    assert again.ticket.due_at > 1_010.0
    assert [message.number for message in again.messages] == [1, 2]
    assert await work.astray() == []


async def test_reports_move_the_copy_forward(store: SqlStore, work: Work, heard: Heard) -> None:
    ticket_id, copy = await work.handed_off()
    reference = (await work.copy(ticket_id, copy.id)).provider_reference
    picked_up = reported("acme", ReportType.PICKED_UP, provider_reference=reference)
    assert await store.report([picked_up]) == [ReportResult.APPLIED]
    assert (await work.copy(ticket_id, copy.id)).picked_up_at == 1_020.0
    resolved = reported("acme", ReportType.RESOLVED, "r2", provider_reference=reference)
    assert await store.report([resolved, resolved]) == [ReportResult.APPLIED, ReportResult.DUPLICATE]
    assert await work.state(ticket_id) is TicketState.RESOLVED
    late = reported("acme", ReportType.PICKED_UP, "r3", provider_reference=reference)
    assert await store.report([late]) == [ReportResult.APPLIED]
    assert await work.state(ticket_id) is TicketState.RESOLVED
    assert len(heard.of(HandoffChanged)) == 3


async def test_a_report_settles_what_was_unknown(store: SqlStore, work: Work) -> None:
    ticket_id = await work.accept()
    (case,) = await work.claim()
    copy = await work.begin(case, "acme")
    await work.learn(copy, HandoffState.UNKNOWN)
    ticket = (await work.case(ticket_id)).ticket
    assert ticket is not None
    accepted = reported("acme", ReportType.ACCEPTED, reference=ticket.reference, provider_reference="A-1")
    assert await store.report([accepted]) == [ReportResult.APPLIED]
    stored = await work.copy(ticket_id, copy.id)
    assert (stored.state, stored.provider_reference) == (HandoffState.ACCEPTED, "A-1")
    assert await work.state(ticket_id) is TicketState.HANDED_OFF


async def test_a_reply_becomes_a_message_to_the_requester(store: SqlStore, work: Work, heard: Heard) -> None:
    ticket_id, copy = await work.handed_off()
    reference = (await work.copy(ticket_id, copy.id)).provider_reference
    reply = reported("acme", ReportType.REPLIED, provider_reference=reference, body="Reinicie", author="Luis")
    assert await store.report([reply]) == [ReportResult.APPLIED]
    message = (await work.case(ticket_id)).messages[-1]
    assert (message.number, message.direction, message.body) == (2, Direction.OUTBOUND, "Reinicie")
    assert (message.author, message.provider) == ("Luis", "acme")
    assert heard.of(TicketReplied)[0].message_id == message.id
    assert "message" not in await work.owed(), "what a provider wrote is not sent to it"


async def test_t14_a_desk_that_replies_without_end_is_not_listened_to(store: SqlStore, work: Work) -> None:
    """What it says otherwise still counts."""
    ticket_id, copy = await work.handed_off()
    reference = (await work.copy(ticket_id, copy.id)).provider_reference

    def reply(number: int) -> ProviderReport:
        return reported("acme", ReportType.REPLIED, f"r{number}", provider_reference=reference, body="Recibido")

    results = await store.report([reply(number) for number in range(MOST_REPLIES + 1)])
    assert results == [ReportResult.APPLIED] * MOST_REPLIES + [ReportResult.FULL]
    assert len((await work.case(ticket_id)).messages) == 1 + MOST_REPLIES
    resolved = reported("acme", ReportType.RESOLVED, "done", provider_reference=reference)
    assert await store.report([reply(MOST_REPLIES + 1), resolved]) == [ReportResult.FULL, ReportResult.APPLIED]


async def test_t33_a_provider_reaches_its_own_copies_only(store: SqlStore, work: Work) -> None:
    ticket_id, copy = await work.handed_off("acme")
    stored, ticket = await work.copy(ticket_id, copy.id), (await work.case(ticket_id)).ticket
    assert ticket is not None
    for stranger in (
        reported("norte", ReportType.RESOLVED, reference=ticket.reference),
        reported("norte", ReportType.RESOLVED, provider_reference=stored.provider_reference),
        reported("acme", ReportType.RESOLVED, reference=ticket.reference, provider_reference="not that one"),
        reported("acme", ReportType.RESOLVED, provider_reference="unheard of"),
    ):
        assert await store.report([stranger]) == [ReportResult.NOT_FOUND]
    assert await work.state(ticket_id) is TicketState.HANDED_OFF
    same_id = reported("acme", ReportType.RESOLVED, reference=ticket.reference)
    assert await store.report([same_id]) == [ReportResult.APPLIED], "what was not found is not remembered"
