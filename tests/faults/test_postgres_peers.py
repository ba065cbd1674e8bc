"""Two gateways on one PostgreSQL database, with two desks: each ticket is handed over once, whoever of them dies or
freezes, and an outage has one page of evidence."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from tests.support.eventually import tail
from tests.support.ledger import assert_balanced
from tests.support.persistent_traffic import PersistentTraffic
from tests.support.postgres import Server, running_server
from tests.support.postgres_rig import DATABASE, PostgresRig

_SOME = 15
_ANSWERED_WITHIN = 30.0
_SETTLED_WITHIN = 30.0
_LONGER_THAN_A_LEASE = 6.0


@pytest.fixture
def server() -> Iterator[Server]:
    with running_server() as started:
        started.execute(f"CREATE DATABASE {DATABASE}")
        yield started


class Pair:
    """Two gateways at work, each with its own clients."""

    def __init__(
        self, rig: PostgresRig, peer: PostgresRig, traffic: tuple[PersistentTraffic, PersistentTraffic]
    ) -> None:
        self.rig = rig
        self.peer = peer
        self._traffic = traffic

    async def more(self, *, peer_too: bool = True) -> None:
        """Some more requests answered, by the peer as well where it can."""
        for traffic in self._traffic if peer_too else self._traffic[:1]:
            answered = len(traffic.hand_ins)
            await self.rig.until(lambda: traffic.more(answered + _SOME), _ANSWERED_WITHIN)  # noqa: B023 (awaited here)

    async def settled(self) -> None:
        """No more requests: each of them is at one desk, under its first reference."""
        for traffic in self._traffic:
            await traffic.stop()
        hand_ins = [each for traffic in self._traffic for each in traffic.hand_ins]
        await self.rig.settled(hand_ins, _SETTLED_WITHIN)
        first_answers = {each.key: each.reference for each in hand_ins}
        again = [await traffic.sent_again() for traffic in self._traffic]
        assert again[0] | again[1] == first_answers
        await assert_balanced(self.rig, first_answers.values())


@asynccontextmanager
async def pair(tmp_path: Path, server: Server) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as stack:
        rig = await stack.enter_async_context(PostgresRig(tmp_path, [server], peers=True))
        peer = await stack.enter_async_context(rig.beside(tmp_path / "peer"))
        await rig.start()
        await peer.start_relevo()
        traffic = [
            PersistentTraffic(each.public_url, each.clock, clients=3, seed=seed)
            for seed, each in enumerate((rig, peer))
        ]
        first, second = [await stack.enter_async_context(each) for each in traffic]
        yield Pair(rig, peer, (first, second))


async def test_no_ticket_is_handed_over_twice(tmp_path: Path, server: Server) -> None:
    async with pair(tmp_path, server) as both:
        await both.more()
        await both.settled()
        twice = "SELECT ticket_id FROM handoffs GROUP BY ticket_id HAVING count(*) > 1 OR max(attempts) > 1"
        assert server.execute(twice, DATABASE) == []
        assert {len(await each.tickets()) for each in (both.rig, both.peer)} == {len(await both.rig.tickets())}


async def test_what_a_killed_gateway_had_in_hand_its_peer_takes_up(tmp_path: Path, server: Server) -> None:
    async with pair(tmp_path, server) as both:
        await both.more()
        both.peer.relevo.signal(signal.SIGKILL)
        await both.more(peer_too=False)
        await both.peer.start_relevo()
        await both.more()
        await both.settled()


async def test_a_gateway_that_was_frozen_past_its_leases_decides_nothing_with_them(
    tmp_path: Path, server: Server
) -> None:
    async with pair(tmp_path, server) as both:
        await both.more()
        both.peer.relevo.freeze()
        await asyncio.sleep(_LONGER_THAN_A_LEASE)
        await both.more(peer_too=False)
        both.peer.relevo.thaw()
        await both.more()
        await both.settled()
        assert both.peer.relevo.running, tail(both.peer.log)


async def test_an_outage_that_both_see_has_one_page_of_evidence(tmp_path: Path, server: Server) -> None:
    async with pair(tmp_path, server) as both:
        await both.more()
        await both.rig.desks["acme"].kill()
        await both.more()
        for each in (both.rig, both.peer):
            await each.until(lambda: _state(each, "down"), _ANSWERED_WITHIN)  # noqa: B023 (awaited here)
        assert len(await both.rig.ops.takeovers()) == 1
        await both.rig.desks["acme"].start()
        for each in (both.rig, both.peer):
            await each.until(lambda: _state(each, "up"), _ANSWERED_WITHIN)  # noqa: B023 (awaited here)
        await both.settled()
        (takeover,) = await both.rig.ops.takeovers()
        assert takeover["ended_at"] is not None
        assert len(await both.rig.events("takeover.started")) == 1
        assert len(await both.rig.events("takeover.ended")) == 1


async def _state(rig: PostgresRig, wanted: str) -> str | None:
    states = {each["name"]: each["state"] for each in await rig.ops.providers()}
    return None if states["acme"] == wanted else f"acme to be {wanted}"
