"""What is owed about a copy: each kind, and each way out of it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from gateway.core.delivery import Case, Kind
from gateway.core.handoff import Handoff, HandoffState
from gateway.core.ticket import Direction, Message
from routing.delivery.fleet import Fleet, LiveProvider, Route
from routing.delivery.followups import LOOKED_FOR, FollowUps
from routing.delivery.lanes import Lane
from routing.health.monitor import Monitor
from routing.policy.settings import PolicySettings
from routing.settings import AskableSettings
from tests.support.fake_desk import RETRY_AFTER, DeskTicket, FakeDesk, Mood
from tests.support.outbox import Outbox
from tests.support.tickets import make_case, make_handoff, make_message, make_ticket
from tests.support.virtual_time import EPOCH, VirtualClock, run

TICKET = make_ticket(received_at=EPOCH)
COPY = make_handoff(TICKET, "acme", HandoffState.ACCEPTED, answered_at=EPOCH, provider_reference="ACME-1")
OTHER = make_handoff(TICKET, "norte", HandoffState.ACCEPTED, answered_at=EPOCH - 1, provider_reference="NORTE-1")
UNKNOWN = replace(COPY, state=HandoffState.UNKNOWN, provider_reference=None)


@dataclass(frozen=True)
class Did:
    """What one follow-up did."""

    outbox: Outbox
    desk: FakeDesk

    @property
    def learned(self) -> list[HandoffState]:
        return [fact.state for fact in self.outbox.facts]

    @property
    def pause(self) -> float:
        """Seconds for which it was given back; it took none itself, but for what the desk took."""
        (deferred,) = self.outbox.deferred
        return deferred.due_at - EPOCH


def follow_up(
    kind: Kind,
    *copies: Handoff,
    at_desk: HandoffState | None = HandoffState.ACCEPTED,
    mood: Mood = Mood.WORKS,
    messages: tuple[Message, ...] = (),
    attempts: int = 0,
    arrange: Callable[[FakeDesk], object] = lambda desk: None,
    back_at: float = 0.0,
    **policy: Any,
) -> Did:
    """Do one, about the first of the copies, at a desk that has it in a state, or hasn't got it."""
    case = make_case(*copies, ticket=TICKET, kind=kind)
    delivery = replace(
        case.delivery,
        handoff_id=copies[0].id if copies else None,
        attempts=attempts,
        message_id=messages[0].id if messages else None,
    )
    conversation = sorted((*case.messages, *messages), key=lambda message: message.number)
    case = replace(case, delivery=delivery, messages=tuple(conversation))
    return run(_follow_up(case, at_desk, mood, arrange, back_at, policy), seconds=60)


async def _follow_up(
    case: Case,
    at_desk: HandoffState | None,
    mood: Mood,
    arrange: Callable[[FakeDesk], object],
    back_at: float,
    policy: dict[str, Any],
) -> Did:
    clock, settings = VirtualClock(), AskableSettings()
    desk = FakeDesk("acme", clock, settings)
    if at_desk is not None and case.handoffs:
        desk.tickets[case.handoffs[0].id] = DeskTicket("ACME-1", TICKET.id, TICKET.reference, at_desk)
    monitor = Monitor(desk, settings.health, clock, lambda _: None, chance=lambda: 0.0)
    fleet = Fleet(clock)
    rules = PolicySettings(name="default", providers=("acme",), takeover_within=5.0, **policy)
    live = LiveProvider("acme", desk, settings, monitor, Lane(settings.window, settings.rate), back_at=back_at)
    fleet.swap([Route(rules, 1.0)], {"acme": live})
    watching = asyncio.create_task(monitor.run())
    await asyncio.sleep(0.1 if mood is not Mood.CLOSED_PORT else 0.0)  # time for the first probe
    desk.become(mood)
    arrange(desk)
    outbox = Outbox()
    await FollowUps(outbox, fleet, clock)(case)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    assert outbox.ways_out == 1
    return Did(outbox, desk)


def _message(number: int, body: str = "Sigue igual.") -> Message:
    return make_message(TICKET.id, number, body)


class TestMessages:
    def test_all_that_is_new_arrives_in_order_and_once(self) -> None:
        written = (_message(2), replace(_message(3), direction=Direction.OUTBOUND), _message(4))
        did = follow_up(Kind.MESSAGE, COPY, messages=written)
        (ticket,) = did.desk.tickets.values()
        assert ticket.messages == [written[0].id, written[2].id]
        assert did.outbox.sent_up_to == [4]

    def test_they_go_to_the_copy_that_stays(self) -> None:
        did = follow_up(Kind.MESSAGE, COPY, replace(OTHER, superseded=True), messages=(_message(2),))
        assert did.outbox.sent_up_to == [2]

    def test_without_a_copy_they_wait_for_a_provider(self) -> None:
        did = follow_up(Kind.MESSAGE, messages=(_message(2),))
        assert did.pause > 20.0
        assert not did.outbox.deferred[0].attempted

    def test_a_desk_that_has_lost_the_ticket_gets_it_anew(self) -> None:
        did = follow_up(Kind.MESSAGE, COPY, at_desk=None, messages=(_message(2),))
        assert did.learned == [HandoffState.LOST]
        assert did.outbox.deferred

    def test_one_that_is_refused_is_for_a_person(self) -> None:
        did = follow_up(
            Kind.MESSAGE, COPY, messages=(_message(2, "!"),), arrange=lambda desk: desk.refused_messages.add("!")
        )
        assert "413" in did.outbox.quarantined[0].reason

    def test_one_that_is_refused_holds_up_no_other(self) -> None:
        owed, refused = _message(3), _message(2, "!")  # the delivery is of the first
        did = follow_up(
            Kind.MESSAGE, COPY, messages=(owed, refused), arrange=lambda desk: desk.refused_messages.add("!")
        )
        (ticket,) = did.desk.tickets.values()
        assert ticket.messages == [owed.id]
        assert did.outbox.finished

    def test_a_reference_that_is_not_known_yet_is_looked_up(self) -> None:
        did = follow_up(Kind.MESSAGE, replace(COPY, provider_reference=None), messages=(_message(2),))
        assert did.outbox.facts[0].provider_reference == "ACME-1"
        assert did.outbox.sent_up_to == [2]

    def test_a_reference_that_cannot_be_found_out_means_that_the_ticket_is_not_there(self) -> None:
        copy = replace(COPY, provider_reference=None)
        assert follow_up(Kind.MESSAGE, copy, at_desk=None, messages=(_message(2),)).learned == [HandoffState.LOST]
        withdrawal = follow_up(Kind.WITHDRAW, copy, OTHER, at_desk=None)
        assert withdrawal.learned == [HandoffState.WITHDRAWN]
        assert withdrawal.outbox.finished


class TestDesksThatCannotBeReached:
    @pytest.mark.parametrize("kind", [Kind.MESSAGE, Kind.RECONCILE, Kind.CONFIRM, Kind.WITHDRAW, Kind.RECORD])
    def test_one_that_is_down_is_not_asked(self, kind: Kind) -> None:
        did = follow_up(kind, COPY, mood=Mood.CLOSED_PORT)
        assert did.pause > 20.0
        assert not did.outbox.deferred[0].attempted

    @pytest.mark.parametrize("kind", [Kind.MESSAGE, Kind.RECONCILE, Kind.CONFIRM, Kind.WITHDRAW])
    @pytest.mark.parametrize("attempts", [0, 9])
    def test_one_that_is_reachable_but_fails_is_asked_again_soon(self, kind: Kind, attempts: int) -> None:
        copies = {Kind.MESSAGE: (COPY,), Kind.RECONCILE: (UNKNOWN,)}.get(kind, (COPY, OTHER))
        did = follow_up(kind, *copies, mood=Mood.ERRORS, attempts=attempts, messages=(_message(2),))
        assert did.pause <= 0.1 + 2.0
        assert did.outbox.deferred[0].attempted

    def test_one_that_asks_for_a_pause_gets_it(self) -> None:
        assert follow_up(Kind.RECONCILE, UNKNOWN, mood=Mood.BUSY).pause == pytest.approx(0.1 + RETRY_AFTER)

    def test_one_that_is_in_the_configuration_no_longer_is_for_a_person(self) -> None:
        did = follow_up(Kind.WITHDRAW, replace(COPY, provider="sur"), OTHER)
        assert "sur" in did.outbox.quarantined[0].reason


class TestReconciling:
    @pytest.mark.parametrize("state", [HandoffState.ACCEPTED, HandoffState.PICKED_UP, HandoffState.RESOLVED])
    def test_what_is_there_is_learned(self, state: HandoffState) -> None:
        did = follow_up(Kind.RECONCILE, UNKNOWN, at_desk=state)
        assert did.learned == [state]
        assert did.outbox.finished

    @pytest.mark.parametrize(("elapsed", "pause"), [(0.0, 1.0), (1.0, 1.0), (8.0, 4.0), (60.0, 30.0), (590.0, 295.0)])
    def test_what_is_not_there_is_looked_for_again_ever_more_rarely(self, elapsed: float, pause: float) -> None:
        did = follow_up(Kind.RECONCILE, replace(UNKNOWN, started_at=EPOCH - elapsed), at_desk=None)
        assert did.pause == pytest.approx(0.11 + pause, abs=0.1)

    def test_a_desk_that_was_away_and_is_back_is_looked_at_closely_again(self) -> None:
        for back_at, pause in ((EPOCH - 4.0, 2.0), (EPOCH - 10_000.0, None)):
            did = follow_up(Kind.RECONCILE, replace(UNKNOWN, started_at=EPOCH - 5000.0), at_desk=None, back_at=back_at)
            assert bool(did.outbox.deferred) is (pause is not None)
            assert pause is None or did.pause == pytest.approx(0.11 + pause, abs=0.1)

    def test_what_is_not_there_after_the_last_look_is_absent(self) -> None:
        did = follow_up(Kind.RECONCILE, replace(UNKNOWN, started_at=EPOCH - LOOKED_FOR), at_desk=None)
        assert did.learned == [HandoffState.ABSENT]
        assert did.outbox.finished

    def test_a_copy_that_surely_failed_meanwhile_says_nothing_new(self) -> None:
        refused = replace(UNKNOWN, state=HandoffState.REFUSED, started_at=EPOCH - LOOKED_FOR)
        did = follow_up(Kind.RECONCILE, refused, at_desk=None)
        assert did.learned == []
        assert did.outbox.finished

    @pytest.mark.parametrize("state", ["accepted", "picked_up", "resolved", "withdrawn", "lost"])
    def test_what_is_known_needs_no_look(self, state: str) -> None:
        did = follow_up(Kind.RECONCILE, replace(COPY, state=HandoffState(state)), mood=Mood.HANGS)
        assert did.outbox.finished


class TestReadingBack:
    def test_a_copy_that_is_there_is_confirmed_and_read_again(self) -> None:
        did = follow_up(Kind.CONFIRM, COPY)
        assert did.outbox.facts[0].confirmed
        assert did.pause == pytest.approx(15.11)
        assert follow_up(Kind.CONFIRM, COPY, attempts=2).pause == pytest.approx(300.11)

    @pytest.mark.parametrize("state", [HandoffState.PICKED_UP, HandoffState.RESOLVED])
    def test_a_copy_that_somebody_works_on_is_read_no_more(self, state: HandoffState) -> None:
        did = follow_up(Kind.CONFIRM, COPY, at_desk=state)
        assert did.learned == [state]
        assert did.outbox.finished

    def test_a_copy_resolved_without_the_last_message_is_read_again(self) -> None:
        did = follow_up(Kind.CONFIRM, COPY, at_desk=HandoffState.RESOLVED, messages=(_message(2),))
        assert did.learned == []
        assert did.pause == pytest.approx(15.11)

    def test_a_copy_that_was_opened_again_is_to_be_picked_up_anew(self) -> None:
        long_ago = replace(COPY, answered_at=EPOCH - 1000)
        assert follow_up(Kind.CONFIRM, long_ago, pick_up_within="60s").outbox.superseded
        again = follow_up(Kind.CONFIRM, replace(long_ago, reopened_at=EPOCH), pick_up_within="60s")
        assert not again.outbox.superseded
        assert again.outbox.deferred

    def test_a_copy_that_is_gone_is_lost(self) -> None:
        did = follow_up(Kind.CONFIRM, COPY, at_desk=None)
        assert did.learned == [HandoffState.LOST]
        assert did.outbox.finished

    def test_a_copy_that_is_not_the_ticket_any_more_is_not_read(self) -> None:
        assert follow_up(Kind.CONFIRM, replace(COPY, superseded=True), mood=Mood.HANGS).outbox.finished
        assert follow_up(Kind.CONFIRM, replace(COPY, state=HandoffState.WITHDRAWN), mood=Mood.HANGS).outbox.finished

    def test_a_copy_that_nobody_picks_up_in_time_goes_to_another_provider(self) -> None:
        did = follow_up(Kind.CONFIRM, COPY, pick_up_within=0.05)
        assert did.outbox.superseded == [COPY.id]
        assert did.outbox.finished

    def test_the_next_look_comes_when_the_promise_to_pick_up_ends(self) -> None:
        assert follow_up(Kind.CONFIRM, COPY, pick_up_within=4.0).pause == pytest.approx(4.0)

    def test_a_desk_that_does_not_say_whether_it_picked_up_has_not(self) -> None:
        did = follow_up(Kind.CONFIRM, COPY, mood=Mood.DEAF, pick_up_within=0.05)
        assert did.outbox.superseded == [COPY.id]
        assert follow_up(Kind.CONFIRM, COPY, mood=Mood.DEAF, pick_up_within=4.0).outbox.deferred


class TestWithdrawing:
    def test_a_surplus_copy_is_withdrawn(self) -> None:
        did = follow_up(Kind.WITHDRAW, COPY, OTHER)
        assert did.learned == [HandoffState.WITHDRAWN]
        assert did.desk.withdrawals == 1

    def test_a_surplus_copy_whose_reference_is_not_known_is_withdrawn(self) -> None:
        did = follow_up(Kind.WITHDRAW, replace(COPY, provider_reference=None), OTHER)
        assert did.learned == [HandoffState.ACCEPTED, HandoffState.WITHDRAWN]
        assert did.desk.withdrawals == 1

    def test_the_copy_that_stays_by_now_is_left_alone(self) -> None:
        for others in ((), (replace(OTHER, state=HandoffState.WITHDRAWN),), (replace(OTHER, superseded=True),)):
            did = follow_up(Kind.WITHDRAW, COPY, *others)
            assert did.outbox.finished
            assert did.desk.withdrawals == 0

    def test_a_copy_that_somebody_works_on_stays_and_the_other_goes(self) -> None:
        did = follow_up(Kind.WITHDRAW, COPY, OTHER, at_desk=HandoffState.PICKED_UP)
        assert did.learned == [HandoffState.PICKED_UP]
        assert did.outbox.finished

    def test_two_desks_that_both_work_on_it_are_for_a_person(self) -> None:
        other = replace(OTHER, state=HandoffState.PICKED_UP)
        did = follow_up(Kind.WITHDRAW, COPY, other, at_desk=HandoffState.PICKED_UP)
        assert "two desks" in did.outbox.quarantined[0].reason
