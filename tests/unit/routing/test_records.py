"""A ticket whose requester a provider's agent has spoken with, on its way into that provider's own system."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from gateway.core.delivery import Case, Kind
from gateway.core.events import ProviderMisconfigured
from gateway.core.handoff import Handoff, HandoffState
from gateway.core.sending_again import AFTER_DOUBT, GIVEN_UP_AFTER
from routing.delivery.fleet import Fleet, LiveProvider, Route
from routing.delivery.followups import FollowUps
from routing.delivery.lanes import Lane
from routing.health.monitor import Monitor
from routing.policy.settings import PolicySettings
from routing.settings import AskableSettings, ProviderSettings
from tests.support.fake_desk import RETRY_AFTER, DeskTicket, FakeDesk, Mood
from tests.support.outbox import Outbox
from tests.support.tickets import make_case, make_handoff, make_message, make_ticket
from tests.support.virtual_time import EPOCH, VirtualClock, run

TICKET = make_ticket(received_at=EPOCH)
TAKEN = make_handoff(
    TICKET,
    "acme",
    HandoffState.PICKED_UP,
    started_at=EPOCH,
    answered_at=EPOCH,
    picked_up_at=EPOCH,
    attempts=0,
    messages_sent=0,
    to_record=True,
)
TRIED = replace(TAKEN, attempts=1, messages_sent=2)
OTHER = make_handoff(TICKET, "norte", HandoffState.RESOLVED, answered_at=EPOCH - 1)
MESSAGES = tuple(make_message(TICKET.id, number) for number in (1, 2, 3))


@dataclass(frozen=True)
class Did:
    """What one try did."""

    outbox: Outbox
    desk: FakeDesk
    room: bool
    """For another attempt at the desk."""

    @property
    def pause(self) -> float:
        """Seconds for which it was given back, the desk's hundredth of one included."""
        (deferred,) = self.outbox.deferred
        assert deferred.attempted
        return deferred.due_at - EPOCH

    @property
    def at_desk(self) -> list[list[str]]:
        """The messages of each ticket there."""
        return [ticket.messages for ticket in self.desk.tickets.values()]


def record(
    *copies: Handoff,
    mood: Mood = Mood.WORKS,
    there: bool = False,
    tries: int = 0,
    blind: bool = False,
    created_at: float = EPOCH,
    arrange: Callable[[LiveProvider, Outbox], object] = lambda live, outbox: None,
) -> Did:
    """Try once, about the first of the copies, at a desk that has it already or not; a blind one can't be asked."""
    case = make_case(*copies, ticket=TICKET, kind=Kind.RECORD)
    delivery = replace(case.delivery, handoff_id=copies[0].id, attempts=tries, created_at=created_at)
    return run(_record(replace(case, delivery=delivery, messages=MESSAGES), mood, there, blind, arrange), seconds=60)


async def _record(
    case: Case, mood: Mood, there: bool, blind: bool, arrange: Callable[[LiveProvider, Outbox], object]
) -> Did:
    clock, outbox, fleet = VirtualClock(), Outbox(), Fleet(VirtualClock())
    desk = FakeDesk("acme", clock, AskableSettings())
    settings = ProviderSettings() if blind else AskableSettings()
    monitor = Monitor(desk, settings.health, clock, lambda _: None, chance=lambda: 0.0)
    live = LiveProvider("acme", desk, settings, monitor, Lane(settings.window, settings.rate))
    rules = PolicySettings(name="default", providers=("acme",), takeover_within=5.0, give_up_after=3)
    fleet.swap([Route(rules, 1.0)], {"acme": live})
    if there:
        desk.tickets[case.handoffs[0].id] = DeskTicket("ACME-1", TICKET.id, TICKET.reference, messages=["first"])
    watching = asyncio.create_task(monitor.run())
    await asyncio.sleep(0.05)  # time for the first probe
    desk.become(mood)
    arrange(live, outbox)
    await FollowUps(outbox, fleet, clock)(case)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    await desk.close()
    assert outbox.ways_out == (1 if outbox.holds else 0)
    return Did(outbox, desk, live.lane.room())


def test_it_is_given_everything_once() -> None:
    did = record(TAKEN)
    (begun,) = did.outbox.begun
    assert (begun.handoff.id, begun.handoff.attempts, begun.handoff.messages_sent) == (TAKEN.id, 1, 3)
    assert did.at_desk == [[message.id for message in MESSAGES]]
    (fact,) = did.outbox.facts
    assert (fact.handoff_id, fact.recorded, fact.provider_reference) == (TAKEN.id, True, f"ACME-{TAKEN.id[-12:]}")
    assert did.outbox.finished


def test_after_an_earlier_try_it_is_looked_for_first() -> None:
    did = record(TRIED, there=True, tries=1)
    assert did.desk.attempts == []
    (fact,) = did.outbox.facts
    assert (fact.recorded, fact.provider_reference) == (True, "ACME-1")
    assert did.outbox.finished


def test_another_try_gives_no_more_than_the_first_under_the_same_key() -> None:
    did = record(TRIED, tries=1)
    assert did.outbox.begun[0].handoff.attempts == 2
    assert did.at_desk == [[message.id for message in MESSAGES[:2]]]


def test_a_provider_that_will_not_have_it_is_for_a_person() -> None:
    did = record(TAKEN, mood=Mood.DECLINES)
    assert "acme took the call" in did.outbox.quarantined[0].reason
    assert "422" in did.outbox.quarantined[0].reason


@pytest.mark.parametrize("mood", [Mood.CLOSED_PORT, Mood.ERRORS, Mood.DROPS, Mood.STUCK])
def test_one_that_surely_or_perhaps_has_not_got_it_is_tried_again(mood: Mood) -> None:
    did = record(TAKEN, mood=mood)
    assert 0.4 <= did.pause <= 3.0
    assert did.room


def test_one_that_asks_for_a_pause_gets_it() -> None:
    assert record(TAKEN, mood=Mood.BUSY).pause == pytest.approx(0.06 + RETRY_AFTER)


def test_one_that_says_our_configuration_is_wrong_is_told_of() -> None:
    did = record(TAKEN, mood=Mood.MISCONFIGURED)
    assert [type(event) for event in did.outbox.announced] == [ProviderMisconfigured]
    assert did.outbox.deferred


def test_one_that_takes_all_others_is_not_tried_for_ever() -> None:
    def others_get_through(live: LiveProvider, outbox: Outbox) -> None:
        live.accepted_at = EPOCH + 1

    again, last = (record(TRIED, mood=Mood.ERRORS, tries=tries, arrange=others_get_through) for tries in (1, 2))
    assert again.outbox.deferred
    assert "3 attempts in vain" in last.outbox.quarantined[0].reason
    assert record(TRIED, mood=Mood.ERRORS, tries=9).outbox.deferred


class TestBlindDesks:
    @pytest.mark.parametrize(("tries", "pause"), [(0, AFTER_DOUBT[0]), (1, AFTER_DOUBT[1])])
    def test_what_may_have_arrived_is_sent_again_long_after(self, tries: int, pause: float) -> None:
        copy = replace(TAKEN, attempts=tries, messages_sent=3 if tries else 0)
        assert record(copy, mood=Mood.ERRORS, tries=tries, blind=True).pause == pytest.approx(pause, abs=3.0)

    def test_and_then_no_more(self) -> None:
        did = record(replace(TRIED, attempts=2), mood=Mood.ERRORS, tries=2, blind=True)
        assert "can't be asked" in did.outbox.quarantined[0].reason

    def test_a_try_that_was_cut_off_is_in_doubt(self) -> None:
        did = record(TRIED, tries=0, blind=True)
        assert did.desk.attempts == []
        assert did.pause == pytest.approx(AFTER_DOUBT[0], abs=1.0)

    def test_one_that_went_well_after_all_is_known(self) -> None:
        did = record(TRIED, there=True, blind=True)
        assert did.desk.attempts == []
        assert did.outbox.facts[0].recorded

    def test_what_surely_fails_for_days_is_given_up(self) -> None:
        long_ago = EPOCH - GIVEN_UP_AFTER
        assert record(TAKEN, mood=Mood.CLOSED_PORT, blind=True).outbox.deferred
        given_up = record(TAKEN, mood=Mood.CLOSED_PORT, blind=True, created_at=long_ago)
        assert "for days" in given_up.outbox.quarantined[0].reason


@pytest.mark.parametrize(
    "copies",
    [
        (replace(TAKEN, to_record=False),),
        (replace(TAKEN, state=HandoffState.WITHDRAWN),),
        (replace(TAKEN, state=HandoffState.LOST),),
        (TAKEN, OTHER),
    ],
    ids=["recorded", "withdrawn", "lost", "one too many"],
)
def test_what_is_recorded_or_gone_is_done(copies: tuple[Handoff, ...]) -> None:
    did = record(*copies)
    assert did.outbox.finished
    assert (did.outbox.begun, did.desk.attempts) == ([], [])


def test_what_the_agent_has_resolved_is_recorded_all_the_same() -> None:
    did = record(replace(TAKEN, state=HandoffState.RESOLVED))
    assert len(did.at_desk) == 1
    assert did.outbox.facts[0].recorded


def test_whoever_lost_the_lease_tries_nothing() -> None:
    def lose(live: LiveProvider, outbox: Outbox) -> None:
        outbox.holds = False

    did = record(TAKEN, arrange=lose)
    assert did.desk.attempts == []
    assert did.outbox.facts == []


def test_where_the_provider_has_no_room_it_is_given_back() -> None:
    def fill(live: LiveProvider, outbox: Outbox) -> None:
        for _ in range(live.settings.window):
            live.lane.take()

    did = record(TAKEN, arrange=fill)
    (deferred,) = did.outbox.deferred
    assert not deferred.attempted
    assert did.desk.attempts == []


def test_it_has_its_turn_after_others() -> None:
    def fill_for_a_while(live: LiveProvider, outbox: Outbox) -> None:
        live.lane = Lane(1, 1000.0)
        live.lane.take()
        asyncio.get_running_loop().call_later(5.0, live.lane.give)

    did = record(TAKEN, arrange=fill_for_a_while)
    assert did.desk.attempts == [pytest.approx(EPOCH + 5.05)]
    assert did.room


def test_a_read_back_waits_until_there_is_something_to_read() -> None:
    reopened = replace(TAKEN, state=HandoffState.ACCEPTED, reopened_at=EPOCH)
    case = make_case(reopened, ticket=TICKET, kind=Kind.CONFIRM)
    delivery = replace(case.delivery, handoff_id=reopened.id)
    did = run(
        _record(replace(case, delivery=delivery), Mood.WORKS, False, False, lambda live, outbox: None), seconds=60
    )
    assert did.outbox.facts == []
    assert did.outbox.deferred
