"""Whatever two or three desks do: nothing is lost, nothing stays at two desks, the ledger balances all the time, and no
desk gets more than it may."""

import asyncio
import itertools
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.handoff import HandoffState
from gateway.core.provider import ReportType
from gateway.core.ticket import Priority
from tests.support.examples import examples
from tests.support.fake_desk import FAULTS, FakeDesk, Mood
from tests.support.simulation import Simulation, simulation
from tests.support.virtual_time import run

pytestmark = pytest.mark.simulation

_WINDOW, _RATE = 3, 8.0
_FOUND_OUT = 10.0
"""Seconds after the last desk is back in which a double is withdrawn (P2)."""
_LONGEST_BACKOFF = 36.0
"""Seconds until a ticket is tried again that a desk failed many times."""


@dataclass(frozen=True)
class Do:
    """One thing that happens, after a pause: `what` of the desk and of the ticket with these numbers."""

    pause: float
    what: str
    desk: int = 0
    ticket: int = 0
    mood: Mood = Mood.WORKS
    priority: Priority = Priority.NORMAL

    async def happen(self, sim: Simulation) -> None:
        await asyncio.sleep(self.pause)
        desk = list(sim.desks.values())[self.desk % len(sim.desks)]
        if self.what == "mood":
            desk.become(self.mood)
        elif self.what == "request":
            await sim.request(self.priority)
        elif sim.receipts:
            await self._to_ticket(sim, desk, sim.receipts[self.ticket % len(sim.receipts)].ticket_id)

    async def _to_ticket(self, sim: Simulation, desk: FakeDesk, ticket_id: str) -> None:
        if self.what == "message":
            await sim.write_again(ticket_id)
        elif self.what == "loss":
            desk.lose(ticket_id)
        elif self.what == "silent pick-up":
            desk.work_on(ticket_id)
        elif self.what == "pick-up" and (ticket := desk.work_on(ticket_id)):
            await desk.report(ReportType.PICKED_UP, ticket)
        elif self.what == "reply" and (ticket := desk.has_open(ticket_id)):
            await desk.report(ReportType.REPLIED, ticket)
        elif self.what == "resolution" and (ticket := desk.work_on(ticket_id, HandoffState.RESOLVED)):
            await desk.report(ReportType.RESOLVED, ticket)


_PAUSES = st.floats(0.0, 3.0)
_DESKS, _TICKETS = st.integers(0, 2), st.integers(0, 20)
_TO_TICKETS = ("message", "pick-up", "silent pick-up", "reply", "resolution")
_STEPS = st.one_of(
    st.builds(Do, _PAUSES, st.just("request"), priority=st.sampled_from(Priority)),
    st.builds(Do, _PAUSES, st.just("mood"), _DESKS, mood=st.sampled_from([*FAULTS, Mood.MISCONFIGURED, Mood.WORKS])),
    st.builds(Do, _PAUSES, st.sampled_from(_TO_TICKETS), _DESKS, _TICKETS),
)
_SCRIPTS = st.lists(_STEPS, min_size=8, max_size=24)


def play(
    script: list[Do], *, desks: int = 2, declined: float = 0.0, at_once: tuple[ReportType, ...] = (), seed: int = 0
) -> None:
    """Let it happen; then all desks are well again, and everything must come into order."""

    async def scenario() -> None:
        names = ("acme", "norte", "sur")[:desks]
        async with simulation(names=names, window=_WINDOW, rate=_RATE, seed=seed) as sim:
            for desk in sim.desks.values():
                desk.declined_share = declined
                desk.reports_at_once = at_once
            async with asyncio.TaskGroup() as group:
                audit = group.create_task(sim.audited())
                for _ in range(3):
                    await sim.request()
                for each in script:
                    await each.happen(sim)
                for desk in sim.desks.values():
                    desk.become(Mood.WORKS)
                await asyncio.sleep(_FOUND_OUT + len(sim.receipts) / _RATE + _found_out_after(script))
                assert await sim.doubles() == []
                await sim.settle(within=_LONGEST_BACKOFF)
                audit.cancel()
            for desk in sim.desks.values():
                _got_no_more_than_it_may(desk)

    run(scenario())


def _found_out_after(script: list[Do]) -> float:
    """Seconds that a desk which answered every question, and yet finishes hand-overs late, may stay unnoticed: half of
    the time for which it was stuck."""
    return sum(each.pause for each in script) / 2 if any(each.mood is Mood.STUCK for each in script) else 0.0


def _got_no_more_than_it_may(desk: FakeDesk) -> None:
    assert desk.most_in_flight <= _WINDOW
    starts = sorted(desk.attempts)
    for (index, first), (later, last) in itertools.combinations(enumerate(starts), 2):
        assert later - index <= _RATE * (last - first) + 1 + 1e-3, f"{desk.name} got too much at {last:.3f}"


@examples(6)
@given(_SCRIPTS, st.integers(2, 3), st.integers(0, 1000))
def test_all_comes_into_order_whatever_the_desks_did(script: list[Do], desks: int, seed: int) -> None:
    play(script, desks=desks, seed=seed)


@examples(3)
@given(_SCRIPTS, st.sampled_from([(ReportType.ACCEPTED,), (ReportType.PICKED_UP,), (ReportType.REPLIED,)]))
def test_all_comes_into_order_where_reports_come_before_the_answers(
    script: list[Do], at_once: tuple[ReportType, ...]
) -> None:
    play(script, at_once=at_once)


@examples(3)
@given(_SCRIPTS, st.sampled_from([0.3, 0.7]))
def test_all_comes_into_order_where_desks_decline_some(script: list[Do], declined: float) -> None:
    play(script, declined=declined)
