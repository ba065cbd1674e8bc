"""Phone calls as they are kept, step by step, over every engine."""

import asyncio
from dataclasses import replace

import pytest

from gateway.core.calls import CallKept, CallsMade, KeptCall, Taken
from gateway.core.delivery import Delivery, Finish, Kind, Quarantine
from gateway.core.errors import InvalidMessage
from gateway.core.events import CallReceived, MessageReceived, TicketReceived
from gateway.core.ids import new_id
from gateway.store import SqlStore
from tests.support.kept_calls import CALLER, Calling, held_ticket, said
from tests.support.store import Heard
from tests.support.store_work import Work, lease_of, new_ticket


def watch(sid: str, *, at: float = 1_300.0, kind: Kind = Kind.CALL) -> Delivery:
    return Delivery(new_id(), kind, at, 1_000.0, target="phone", payload={"call": sid})


class TestKeeping:
    async def test_a_call_comes_back_as_it_was_kept(self, store: SqlStore, call: Calling) -> None:
        assert await store.call(call.sid) is None
        assert await call.step(record="ringing \n ñ") is CallKept.KEPT
        assert await call.kept() == KeptCall(call.sid, "phone", 1, "ringing \n ñ")
        ticket_id = await call.opened()
        assert await call.step(record="over", over=True) is CallKept.KEPT
        assert await call.kept() == KeptCall(call.sid, "phone", 3, "over", ticket_id, over=True)

    async def test_everything_of_a_step_is_in_its_commit(
        self, store: SqlStore, work: Work, call: Calling, heard: Heard
    ) -> None:
        opening, account = held_ticket(), said()
        ticket_id = opening.message.ticket_id
        received = CallReceived(at=1_000.0, ticket_id=ticket_id, channel="phone", call=call.sid)
        owed = watch(call.sid)
        kept = await call.step(opening=opening, messages=(account,), events=(received,), owed=(owed,))
        assert kept is CallKept.KEPT
        case = await work.case(ticket_id)
        assert case.messages == (opening.message, replace(account, ticket_id=ticket_id, number=2))
        assert [type(each.event) for each in heard.events] == [TicketReceived, MessageReceived, CallReceived]
        assert heard.of(CallReceived) == [received]
        (claimed,) = await work.claim(Kind.CALL, at=1_300.0)
        assert (claimed.delivery.id, claimed.delivery.payload) == (owed.id, {"call": call.sid})

    async def test_a_step_from_a_version_that_is_past_changes_nothing(
        self, store: SqlStore, work: Work, call: Calling, heard: Heard
    ) -> None:
        await call.step()
        before, told = await call.kept(), list(heard.events)
        for seen in (0, 2):
            late = call.change(
                seen=seen,
                record="late",
                opening=held_ticket(),
                owed=(watch(call.sid),),
                events=(CallReceived(at=1.0, channel="phone", call=call.sid),),
            )
            assert await store.keep_call(late) is CallKept.CHANGED
        assert await call.kept() == before
        assert await work.owed() == {}
        assert heard.events == told

    async def test_fifty_identical_steps_at_once_make_one_ticket(self, store: SqlStore, call: Calling) -> None:
        """T13: as fifty identical webhooks do."""
        changes = [call.change(opening=held_ticket(), owed=(watch(call.sid),)) for _ in range(50)]
        kept = await asyncio.gather(*map(store.keep_call, changes))
        assert kept.count(CallKept.KEPT) == 1
        assert kept.count(CallKept.CHANGED) == 49
        (ticket,) = await store.tickets()
        assert (await call.kept()).ticket_id == ticket.id

    async def test_calls_of_one_group_are_kept_apart(self, store: SqlStore) -> None:
        calls = [Calling(store) for _ in range(20)]
        tickets = await asyncio.gather(*(call.opened() for call in calls))
        assert [(await call.kept()).ticket_id for call in calls] == tickets
        await asyncio.gather(*(call.ended() for call in calls))
        assert [(await call.kept()).over for call in calls] == [True] * 20

    async def test_a_reference_that_is_taken_is_said_to_be(self, store: SqlStore, work: Work, call: Calling) -> None:
        there = new_ticket()
        await work.accept(there)
        assert there.ticket is not None
        opening = held_ticket()
        assert opening.ticket is not None
        clash = replace(opening, ticket=replace(opening.ticket, reference=there.ticket.reference))
        assert await call.step(opening=clash) is CallKept.REFERENCE_TAKEN
        assert await store.call(call.sid) is None
        assert await call.step(opening=opening) is CallKept.KEPT

    async def test_of_two_that_draw_the_same_reference_at_once_one_draws_again(self, store: SqlStore) -> None:
        first, second = held_ticket(), held_ticket()
        assert first.ticket is not None
        assert second.ticket is not None
        second = replace(second, ticket=replace(second.ticket, reference=first.ticket.reference))
        calls = Calling(store), Calling(store)
        kept = await asyncio.gather(
            *(call.step(opening=each) for call, each in zip(calls, (first, second), strict=True))
        )
        assert sorted(each.name for each in kept) == ["KEPT", "REFERENCE_TAKEN"]

    async def test_one_that_fails_takes_no_other_with_it(self, store: SqlStore) -> None:
        good, bad = Calling(store), Calling(store)
        results = await asyncio.gather(
            good.step(opening=held_ticket()),
            bad.step(ticket_id="0" * 32, messages=(said(),)),
            return_exceptions=True,
        )
        assert results[0] is CallKept.KEPT
        assert isinstance(results[1], InvalidMessage)
        assert await store.call(bad.sid) is None

    async def test_what_a_step_finishes_is_owed_no_more(self, store: SqlStore, work: Work, call: Calling) -> None:
        await call.step(owed=(watch(call.sid),))
        (case,) = await work.claim(Kind.CALL, at=1_300.0)
        assert await call.step(over=True, done=lease_of(case)) is CallKept.KEPT
        assert await work.owed() == {}
        assert await store.finish([Finish(lease_of(case))]) == [False]

    async def test_whoever_lost_the_lease_makes_no_step(self, work: Work, call: Calling) -> None:
        await call.step(owed=(watch(call.sid),))
        (slow,) = await work.claim(Kind.CALL, at=1_300.0)
        (other,) = await work.claim(Kind.CALL, at=1_310.0)
        assert await call.step(record="slow", done=lease_of(slow)) is CallKept.CHANGED
        assert (await call.kept()).version == 1
        assert await call.step(record="other", done=lease_of(other)) is CallKept.KEPT
        assert await work.owed() == {}

    async def test_what_a_step_owes_may_take_the_place_of_what_it_finishes(self, work: Work, call: Calling) -> None:
        await call.step(owed=(watch(call.sid),))
        (case,) = await work.claim(Kind.CALL, at=1_300.0)
        assert await call.step(done=lease_of(case), owed=(watch(call.sid, at=1_400.0),)) is CallKept.KEPT
        assert await work.claim(Kind.CALL, at=1_399.0) == []
        assert len(await work.claim(Kind.CALL, at=1_400.0)) == 1

    async def test_one_that_has_no_ticket_just_ends(self, work: Work, call: Calling) -> None:
        assert await call.step(taken=Taken("acme", 1_000.0), release=True, over=True) is CallKept.KEPT
        assert (await call.kept()).ticket_id is None
        assert await work.owed() == {}

    async def test_a_message_comes_once(self, work: Work, call: Calling, heard: Heard) -> None:
        ticket_id, recording = await call.opened(), said()
        for _ in range(2):
            assert await call.step(messages=(recording,)) is CallKept.KEPT
        assert [message.number for message in (await work.case(ticket_id)).messages] == [1, 2]
        assert [event.message_id for event in heard.of(MessageReceived)] == [recording.id]


class TestWhatTheChannelOwes:
    @pytest.mark.parametrize("kind", [Kind.CALL, Kind.CALLBACK])
    async def test_what_a_channel_has_to_do_goes_there_and_back(
        self, store: SqlStore, work: Work, call: Calling, kind: Kind
    ) -> None:
        await call.step(owed=(watch(call.sid, kind=kind),))
        (case,) = await work.claim(kind, at=1_300.0)
        await store.quarantine([Quarantine(lease_of(case), "in vain", 1_301.0)])
        (item,) = await store.quarantined()
        assert (item.kind, item.target) == (kind, "phone")
        assert await store.release(item.id, 1_310.0, "eva")
        (again,) = await work.claim(kind, at=1_310.0)
        assert again.delivery.payload == {"call": call.sid}
        await store.quarantine([Quarantine(lease_of(again), "in vain", 1_311.0)])
        assert await store.discard(item.id, 1_320.0, "eva")
        assert await work.owed() == {}
        assert (await call.kept()).over, "nobody will do more about it"

    async def test_a_call_that_is_not_over_and_that_nobody_watches_is_astray(self, store: SqlStore, work: Work) -> None:
        over, lost, watched, withheld, called_back = (Calling(store, f"CA{number}") for number in range(5))
        assert await over.step(over=True) is CallKept.KEPT
        for each, kind in ((watched, Kind.CALL), (withheld, Kind.CALL), (called_back, Kind.CALLBACK)):
            owed = replace(watch(each.sid, kind=kind), payload={"step": 1, "about": each.sid})
            assert await each.step(owed=(owed,)) is CallKept.KEPT
        (_, case) = await work.claim(Kind.CALL, at=1_300.0)
        await store.quarantine([Quarantine(lease_of(case), "in vain", 1_301.0)])
        assert await store.audit_calls(None, 10) == ([], None)
        assert await lost.step() is CallKept.KEPT
        assert await store.audit_calls(None, 10) == (["CA1"], None)
        assert await store.audit_these(["CA0", "CA1", "CA2"]) == ["CA1"]
        pages = [await store.audit_calls(after, 2) for after in (None, "CA2", "CA4")]
        assert pages == [(["CA1"], "CA2"), ([], "CA4"), ([], None)]


class TestCallingBack:
    async def test_one_number_is_called_back_once_at_a_time(self, store: SqlStore) -> None:
        first, second, other = Calling(store), Calling(store), Calling(store)
        assert await first.step(calls=CALLER, reserved=600.0) is CallKept.KEPT
        assert await second.step(calls=CALLER) is CallKept.BUSY
        assert await store.call(second.sid) is None
        assert await other.step(calls="+34600111333") is CallKept.KEPT
        assert await first.step(record="the requester is dialled") is CallKept.KEPT
        assert await second.step(calls=CALLER) is CallKept.BUSY, "a step that says nothing of it leaves it so"
        assert await first.step(over=True, calls=CALLER, reserved=35.0) is CallKept.KEPT
        assert await second.step(calls=CALLER) is CallKept.KEPT

    async def test_of_several_at_once_one_is_first(self, store: SqlStore) -> None:
        kept = await asyncio.gather(*(Calling(store).step(calls=CALLER) for _ in range(10)))
        assert (kept.count(CallKept.KEPT), kept.count(CallKept.BUSY)) == (1, 9)

    async def test_who_calls_us_may_be_called_back(self, store: SqlStore, call: Calling) -> None:
        await call.opened()
        assert await Calling(store).step(calls=CALLER) is CallKept.KEPT

    async def test_what_it_has_come_to(self, store: SqlStore) -> None:
        assert await store.calls_to("phone", 0.0) == CallsMade(0, 0.0)
        yesterday, over, under_way = Calling(store), Calling(store), Calling(store)
        await yesterday.step(at=900.0, calls="+34600111001", reserved=100.0)
        await over.step(at=1_000.0, calls="+34600111002", reserved=600.0)
        await over.step(at=1_050.0, calls="+34600111002", reserved=42.5, over=True)
        await under_way.step(at=1_060.0, calls="+34600111003", reserved=600.0)
        await under_way.step(at=1_070.0, record="joined")
        await Calling(store).opened()
        await Calling(store).step(channel="other", calls="+34600111004", reserved=10.0)
        assert await store.calls_to("phone", 1_000.0) == CallsMade(2, 642.5)
        assert await store.calls_to("phone", 900.0) == CallsMade(3, 742.5)
        assert await store.calls_to("phone", 900.0, "+34600111002") == CallsMade(1, 42.5)
        assert await store.calls_to("phone", 900.0, "+34600111009") == CallsMade(0, 0.0)


class TestForgetting:
    async def test_what_is_long_over_is_given_up_and_stays_known(self, store: SqlStore, call: Calling) -> None:
        ticket_id = await call.opened(at=1_000.0)
        await call.step(at=1_040.0, calls=CALLER, reserved=60.0)
        await call.ended(at=1_050.0)
        version = (await call.kept()).version
        assert await store.forget_calls("phone", 1_000.0, 10) == 0
        assert await store.forget_calls("other", 2_000.0, 10) == 0
        assert await store.forget_calls("phone", 1_001.0, 10) == 1
        assert await call.kept() == KeptCall(call.sid, "phone", version + 1, None, ticket_id, over=True)
        assert await store.calls_to("phone", 0.0, CALLER) == CallsMade(0, 0.0), "the number is gone"
        assert await store.forget_calls("phone", 1_001.0, 10) == 0
        assert await store.audit_calls(None, 10) == ([], None)
        assert await store.audit_these([call.sid, ticket_id]) == []

    async def test_the_oldest_go_first_so_many_at_a_time(self, store: SqlStore) -> None:
        calls = [Calling(store) for _ in range(3)]
        for age, each in enumerate(calls):
            await each.step(at=1_000.0 - age, over=True)
        assert await store.forget_calls("phone", 2_000.0, 2) == 2
        assert [(await each.kept()).record for each in calls] == ["record 1", None, None]
        assert await store.forget_calls("phone", 2_000.0, 2) == 1

    async def test_what_is_not_over_is_never_given_up(self, store: SqlStore, work: Work, call: Calling) -> None:
        await call.step(calls=CALLER, reserved=60.0, owed=(watch(call.sid),))
        assert await store.forget_calls("phone", 9e9, 10) == 0
        assert await store.calls_to("phone", 0.0, CALLER) == CallsMade(1, 60.0)
        (case,) = await work.claim(Kind.CALL, at=1_300.0)
        await store.quarantine([Quarantine(lease_of(case), "in vain", 1_301.0)])
        assert await store.forget_calls("phone", 9e9, 10) == 0
        (item,) = await store.quarantined()
        await store.discard(item.id, 1_320.0, "eva")
        assert await store.forget_calls("phone", 9e9, 10) == 1, "what a person discards is over"

    async def test_no_step_comes_back_from_before(self, store: SqlStore, call: Calling) -> None:
        """T13: a webhook that was recorded comes again, or one was on its way."""
        await call.step(over=True, calls=CALLER)
        await store.forget_calls("phone", 1_001.0, 10)
        forgotten = await call.kept()
        for seen in (0, 1):
            late = call.change(seen=seen, opening=held_ticket(), owed=(watch(call.sid),), calls=CALLER)
            assert await store.keep_call(late) is CallKept.CHANGED
        assert await call.kept() == forgotten
        assert await store.tickets() == []

    async def test_what_counts_for_a_day_is_counted_as_before(self, store: SqlStore) -> None:
        old, recent = Calling(store), Calling(store)
        await old.step(at=1_000.0, over=True, calls=CALLER, reserved=60.0)
        await recent.step(at=1_001.0, over=True, calls=CALLER, reserved=120.0)
        await store.forget_calls("phone", 1_001.0, 10)
        assert await store.calls_to("phone", 1_001.0) == CallsMade(1, 120.0)
        assert await store.calls_to("phone", 0.0, CALLER) == CallsMade(1, 120.0)

    async def test_a_text_that_is_sent_anew_counts_for_its_day(self, store: SqlStore, call: Calling) -> None:
        await call.step(at=1_000.0, over=True, calls=CALLER)
        await store.forget_calls("phone", 1_001.0, 10)
        call.version = (await call.kept()).version
        assert await call.step(at=5_000.0, over=True, calls=CALLER) is CallKept.KEPT
        assert await store.calls_to("phone", 5_000.0, CALLER) == CallsMade(1, 0.0)
        assert await store.forget_calls("phone", 5_000.0, 10) == 0

    async def test_who_wants_no_texts_is_never_forgotten(self, store: SqlStore) -> None:
        await store.opt_out("texts", CALLER, 1_000.0, out=True)
        assert await store.forget_calls("texts", 9e9, 10) == 0
        assert await store.opted_out("texts", CALLER)
