"""Tickets whose requester a provider's agent has spoken with, over every engine."""

from dataclasses import replace

import pytest

from gateway.core.calls import CallKept, Taken
from gateway.core.delivery import Begin, Case, Finish, HandoffFact, Kind, Quarantine
from gateway.core.events import HandoffChanged, MessageReceived, TicketReopened
from gateway.core.handoff import HandoffState
from gateway.core.ids import new_id
from gateway.core.provider import ProviderReport, ReportResult, ReportType
from gateway.core.ticket import Direction, TicketState
from gateway.store import SqlStore
from gateway.store.holding import RECORDED_AFTER
from tests.support.kept_calls import HOLD, Calling, held_ticket, said
from tests.support.store import Heard
from tests.support.store_work import Work, follow_up, lease_of, new_ticket


class TestTaking:
    async def test_the_provider_whose_agent_took_it_has_the_ticket(
        self, store: SqlStore, work: Work, call: Calling, heard: Heard
    ) -> None:
        ticket_id = await call.opened(at=1_000.0)
        await call.taken("acme", at=1_010.0)
        (copy,) = (await work.case(ticket_id)).handoffs
        assert (copy.provider, copy.state, copy.to_record) == ("acme", HandoffState.PICKED_UP, True)
        assert (copy.answered_at, copy.picked_up_at, copy.attempts, copy.messages_sent) == (1_010.0, 1_010.0, 0, 0)
        assert await work.state(ticket_id) is TicketState.HANDED_OFF
        assert await work.astray() == []
        (changed,) = heard.of(HandoffChanged)
        assert (changed.state, changed.first, changed.seconds) == (HandoffState.PICKED_UP, True, 0.0)
        assert await work.claim(at=1_000.0 + HOLD) == [], "to nobody else"

    async def test_its_own_system_is_told_when_the_call_is_over(self, work: Work, call: Calling) -> None:
        await call.opened()
        await call.taken("acme", at=1_010.0)
        assert await work.claim(Kind.RECORD, at=1_200.0) == []
        await call.ended(at=1_200.0)
        (case,) = await work.claim(Kind.RECORD, at=1_200.0)
        (copy,) = case.handoffs
        assert (case.delivery.handoff_id, case.delivery.target) == (copy.id, "acme")
        assert [message.number for message in case.messages] == [1, 2]
        assert "message" not in await work.owed(), "they go along"

    async def test_it_is_told_even_if_nobody_hears_of_the_end(self, work: Work, call: Calling) -> None:
        await call.opened(at=1_000.0)
        await call.taken("acme", at=1_010.0)
        assert await work.claim(Kind.RECORD, at=1_009.0 + RECORDED_AFTER) == []
        assert len(await work.claim(Kind.RECORD, at=1_010.0 + RECORDED_AFTER)) == 1

    async def test_what_arrives_there_after_it_was_withdrawn_brings_no_messages(
        self, store: SqlStore, work: Work, call: Calling
    ) -> None:
        ticket_id = await call.opened()
        await call.taken("acme")
        await call.ended(at=1_030.0)
        (case,) = await work.claim(Kind.RECORD, at=1_030.0)
        assert await store.begin([_recording(case, 1)]) == [True]
        assert await work.learn(case.handoffs[0], HandoffState.WITHDRAWN, at=1_031.0)
        late = HandoffFact(case.handoffs[0].id, HandoffState.ACCEPTED, 1_032.0, "ACME-1", recorded=True)
        assert await store.record([late]) == [True], "its reference is known"
        assert await work.state(ticket_id) is TicketState.WAITING
        assert "message" not in await work.owed()

    async def test_what_its_agent_has_put_there_is_not_put_there_again(
        self, store: SqlStore, work: Work, call: Calling
    ) -> None:
        ticket_id = await call.opened()
        await call.taken("acme")
        ticket = (await work.case(ticket_id)).ticket
        assert ticket is not None
        report = ProviderReport("acme", "r1", ReportType.ACCEPTED, 1_020.0, reference=ticket.reference)
        assert await store.report([report]) == [ReportResult.APPLIED]
        (copy,) = (await work.case(ticket_id)).handoffs
        assert copy.to_record, "it hasn't said where"
        report = replace(report, report_id="r2", provider_reference="ACME-7")
        assert await store.report([report]) == [ReportResult.APPLIED]
        (copy,) = (await work.case(ticket_id)).handoffs
        assert (copy.state, copy.provider_reference, copy.to_record) == (HandoffState.PICKED_UP, "ACME-7", False)
        await call.ended(at=1_030.0)
        assert (await work.owed())["message"] == 2, "what it says is owed to that one"

    async def test_the_end_of_the_call_takes_it_from_nobody(self, work: Work, call: Calling) -> None:
        await call.opened()
        await call.taken("acme", at=1_010.0)
        (case,) = await work.claim(Kind.RECORD, at=1_010.0 + RECORDED_AFTER)
        await call.ended(at=1_011.0 + RECORDED_AFTER)
        assert await work.claim(Kind.RECORD, at=1_012.0 + RECORDED_AFTER) == []
        assert await call.store.finish([Finish(lease_of(case))]) == [True]

    async def test_a_call_taken_and_ended_in_one_step_is_recorded_at_once(self, work: Work, call: Calling) -> None:
        """As one whose callbacks were all lost, and which is learnt of later."""
        step = call.change(
            at=1_900.0, opening=held_ticket(at=1_900.0), taken=Taken("acme", 1_020.0), release=True, over=True
        )
        assert await call.store.keep_call(step) is CallKept.KEPT
        assert len(await work.claim(Kind.RECORD, at=1_900.0)) == 1

    async def test_one_that_was_over_before_we_heard_of_it_took_no_time(
        self, work: Work, call: Calling, heard: Heard
    ) -> None:
        late = call.change(
            at=1_900.0, opening=new_ticket(at=1_900.0), taken=Taken("acme", 1_020.0), release=True, over=True
        )
        kept = await call.store.keep_call(late)
        assert kept is CallKept.KEPT
        assert await work.owed() == {"record": 1, "confirm": 1}
        assert heard.of(HandoffChanged)[0].seconds == 0.0

    async def test_once_recorded_what_came_meanwhile_is_owed(self, store: SqlStore, work: Work, call: Calling) -> None:
        ticket_id = await call.opened()
        await call.taken("acme")
        await call.ended(at=1_030.0)
        (case,) = await work.claim(Kind.RECORD, at=1_030.0)
        (copy,) = case.handoffs
        assert await store.begin([_recording(case, 2)]) == [True]
        await work.accept(follow_up(ticket_id))
        assert await work.owed() == {"record": 1, "confirm": 1}
        answer = HandoffFact(copy.id, HandoffState.ACCEPTED, 1_032.0, "ACME-1", recorded=True)
        assert await store.record([answer]) == [True]
        known = await work.copy(ticket_id, copy.id)
        assert (known.state, known.to_record, known.provider_reference) == (HandoffState.PICKED_UP, False, "ACME-1")
        assert (known.attempts, known.messages_sent) == (1, 2)
        (owed,) = await work.claim(Kind.MESSAGE, at=1_032.0)
        assert owed.delivery.message_id == owed.messages[2].id
        assert await store.finish([Finish(lease_of(case))]) == [True]

    async def test_how_much_goes_under_its_key_is_fixed_by_the_first_attempt(
        self, store: SqlStore, work: Work, call: Calling
    ) -> None:
        """A desk that knows the key answers for what it was sent first."""
        ticket_id = await call.opened()
        await call.taken("acme")
        await call.ended(at=1_030.0)
        (case,) = await work.claim(Kind.RECORD, at=1_030.0)
        assert await store.begin([_recording(case, 2)]) == [True]
        assert await store.begin([_recording(case, 3)]) == [True]
        copy = await work.copy(ticket_id, case.handoffs[0].id)
        assert (copy.state, copy.attempts, copy.messages_sent) == (HandoffState.PICKED_UP, 2, 2)

    async def test_a_ticket_that_a_provider_has_stays_there(self, work: Work, call: Calling) -> None:
        ticket_id, copy = await work.handed_off("norte")
        assert await call.step(ticket_id=ticket_id, messages=(said(),), taken=Taken("acme", 1_010.0)) is CallKept.KEPT
        assert [each.id for each in (await work.case(ticket_id)).handoffs] == [copy.id]
        await call.ended()
        owed = await work.owed()
        assert "record" not in owed
        assert owed["message"] == 2, "the provider that has it is told"

    async def test_an_attempt_under_way_there_and_the_call_make_one_copy(self, work: Work, call: Calling) -> None:
        ticket_id = await call.opened(at=1_000.0)
        (case,) = await work.claim(at=1_000.0 + HOLD)
        attempt = await work.begin(case, "acme", at=1_000.0 + HOLD)
        await call.taken("acme", at=1_001.0 + HOLD)
        assert await work.learn(attempt, HandoffState.ACCEPTED, at=1_002.0 + HOLD, reference="ACME-1")
        (copy,) = (await work.case(ticket_id)).handoffs
        assert (copy.id, copy.state, copy.to_record) == (attempt.id, HandoffState.PICKED_UP, True)
        assert (copy.provider_reference, copy.messages_sent) == ("ACME-1", 1)

    async def test_what_another_provider_takes_late_is_one_copy_too_many(self, work: Work, call: Calling) -> None:
        ticket_id = await call.opened(at=1_000.0)
        (case,) = await work.claim(at=1_000.0 + HOLD)
        attempt = await work.begin(case, "norte", at=1_000.0 + HOLD)
        await call.taken("acme", at=1_001.0 + HOLD)
        await work.learn(attempt, HandoffState.ACCEPTED, at=1_002.0 + HOLD)
        assert (await work.owed())["withdraw"] == 1
        assert await work.state(ticket_id) is TicketState.HANDED_OFF

    async def test_a_provider_that_had_failed_has_it_again_by_taking_the_call(
        self, store: SqlStore, work: Work, call: Calling
    ) -> None:
        ticket_id, copy = await work.handed_off("acme")
        await store.rescue("default", "acme", 1_005.0, "acme is down", 10)
        await call.step(ticket_id=ticket_id, taken=Taken("acme", 1_010.0))
        (known,) = (await work.case(ticket_id)).handoffs
        assert (known.id, known.state, known.superseded) == (copy.id, HandoffState.PICKED_UP, False)
        assert not known.to_record, "its system has it"
        assert "record" not in await work.owed()

    @pytest.mark.parametrize("gone", [HandoffState.REFUSED, HandoffState.LOST, HandoffState.WITHDRAWN])
    async def test_a_provider_that_has_had_it_gets_it_under_a_new_key(
        self, work: Work, call: Calling, gone: HandoffState
    ) -> None:
        ticket_id = await work.accept()
        (case,) = await work.claim()
        copy = await work.begin(case, "acme")
        if gone is not HandoffState.REFUSED:
            await work.learn(copy, HandoffState.ACCEPTED)
        await work.learn(copy, gone)
        await call.step(ticket_id=ticket_id, taken=Taken("acme", 1_010.0))
        copies = (await work.case(ticket_id)).handoffs
        assert [each.state for each in copies] == [gone, HandoffState.PICKED_UP]
        assert [each.to_record for each in copies] == [False, True]

    async def test_a_ticket_in_quarantine_is_out_of_it(self, store: SqlStore, work: Work, call: Calling) -> None:
        ticket_id = await work.accept()
        (case,) = await work.claim()
        await store.quarantine([Quarantine(lease_of(case), "every provider refused it", 1_002.0)])
        await call.step(ticket_id=ticket_id, taken=Taken("acme", 1_010.0))
        assert await work.state(ticket_id) is TicketState.HANDED_OFF
        assert await store.quarantined() == []
        assert await work.astray() == []


class TestResolving:
    async def test_what_the_agent_resolves_while_they_speak_stays_resolved(
        self, store: SqlStore, work: Work, call: Calling, heard: Heard
    ) -> None:
        ticket_id = await call.opened()
        await call.taken("acme")
        assert await _resolved(store, work, ticket_id, "acme") is ReportResult.APPLIED
        await call.ended(at=1_030.0)
        assert await work.state(ticket_id) is TicketState.RESOLVED
        assert heard.of(TicketReopened) == []
        assert len(await work.claim(Kind.RECORD, at=1_030.0)) == 1, "its own system has it all the same"

    async def test_the_account_of_a_call_opens_no_ticket_that_was_joined(
        self, store: SqlStore, work: Work, call: Calling, heard: Heard
    ) -> None:
        ticket_id, copy = await work.handed_off("acme")
        await call.step(at=1_005.0, ticket_id=ticket_id, taken=Taken("acme", 1_005.0))
        assert await _resolved(store, work, ticket_id, "acme") is ReportResult.APPLIED
        await call.ended(at=1_030.0)
        assert (await work.copy(ticket_id, copy.id)).state is HandoffState.RESOLVED
        assert heard.of(TicketReopened) == []

    async def test_who_calls_again_about_what_was_resolved_opens_it(
        self, store: SqlStore, work: Work, call: Calling, heard: Heard
    ) -> None:
        ticket_id, _ = await work.handed_off("acme")
        assert await _resolved(store, work, ticket_id, "acme") is ReportResult.APPLIED
        await call.step(at=1_030.0, ticket_id=ticket_id, messages=(said(at=1_030.0, body="Ha llamado otra vez."),))
        assert await work.state(ticket_id) is TicketState.HANDED_OFF
        assert len(heard.of(TicketReopened)) == 1

    async def test_what_we_say_ourselves_opens_nothing_and_is_for_no_desk(
        self, store: SqlStore, work: Work, call: Calling, heard: Heard
    ) -> None:
        ticket_id, _ = await work.handed_off("acme")
        assert await _resolved(store, work, ticket_id, "acme") is ReportResult.APPLIED
        await call.step(ticket_id=ticket_id, messages=(said(direction=Direction.OUTBOUND),))
        assert await work.state(ticket_id) is TicketState.RESOLVED
        assert [message.number for message in (await work.case(ticket_id)).messages] == [1, 2]
        assert "message" not in await work.owed()
        assert heard.of(MessageReceived) == []


class TestRecordsInQuarantine:
    async def withheld(self, store: SqlStore, work: Work, call: Calling) -> tuple[str, str]:
        """The ticket, and the item, of a record that the provider refused."""
        ticket_id = await call.opened()
        await call.taken("acme")
        await call.ended(at=1_030.0)
        (case,) = await work.claim(Kind.RECORD, at=1_030.0)
        assert await store.quarantine([Quarantine(lease_of(case), "400", 1_031.0)]) == [True]
        return ticket_id, case.delivery.id

    async def test_the_ticket_is_the_providers_all_the_same(self, store: SqlStore, work: Work, call: Calling) -> None:
        ticket_id, _ = await self.withheld(store, work, call)
        await work.accept(follow_up(ticket_id, at=1_040.0))
        assert await work.state(ticket_id) is TicketState.HANDED_OFF
        assert await work.astray() == []
        assert "message" not in await work.owed(), "it goes along if the record is sent again"

    async def test_sent_again_it_has_everything(self, store: SqlStore, work: Work, call: Calling) -> None:
        ticket_id, item = await self.withheld(store, work, call)
        await work.accept(follow_up(ticket_id, at=1_040.0))
        assert await store.release(item, 1_050.0, "eva")
        (case,) = await work.claim(Kind.RECORD, at=1_050.0)
        assert [message.number for message in case.messages] == [1, 2, 3]
        assert case.handoffs[0].to_record

    async def test_discarded_it_counts_as_told(self, store: SqlStore, work: Work, call: Calling) -> None:
        ticket_id, item = await self.withheld(store, work, call)
        assert await store.discard(item, 1_050.0, "eva")
        (copy,) = (await work.case(ticket_id)).handoffs
        assert (copy.state, copy.to_record, copy.messages_sent) == (HandoffState.PICKED_UP, False, 2)
        await work.accept(follow_up(ticket_id, at=1_060.0))
        (case,) = await work.claim(Kind.MESSAGE, at=1_060.0)
        assert case.delivery.message_id == case.messages[2].id


def _recording(case: Case, messages: int) -> Begin:
    (copy,) = case.handoffs
    attempt = replace(copy, attempts=copy.attempts + 1, started_at=1_031.0, messages_sent=messages)
    return Begin(lease_of(case), attempt, 1_040.0, "its agent took the call")


async def _resolved(store: SqlStore, work: Work, ticket_id: str, provider: str) -> ReportResult:
    ticket = (await work.case(ticket_id)).ticket
    assert ticket is not None
    report = ProviderReport(provider, new_id(), ReportType.RESOLVED, 1_020.0, reference=ticket.reference)
    return (await store.report([report]))[0]
