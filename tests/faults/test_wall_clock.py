"""The wall clock of the whole machine jumps by an hour: no timer and no deadline moves, and the stream tells of it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gateway.demo.traffic import HandIn
from tests.support.eventually import tail
from tests.support.ledger import assert_balanced
from tests.support.persistent_traffic import PersistentTraffic
from tests.support.rig import Rig, unhurried
from tests.support.wall_clock import WallClock

_HOUR = 3600.0
_SOME = 15
_SEEN_WITHIN = 30.0
_SETTLED_WITHIN = 30.0
_SOON = 30.0
"""Seconds from a start within which what waited is at a desk."""


def _patient(config: dict[str, Any]) -> None:
    """Probes that a busy machine makes slow raise no suspicion; an hour would."""
    for provider in config["providers"].values():
        provider["health"] |= {"timeout": "10s", "suspect_after": "8s"}
    unhurried(config)


async def _answered(rig: Rig, traffic: PersistentTraffic) -> None:
    answered = len(traffic.hand_ins)
    await rig.until(lambda: traffic.more(answered + _SOME), 30.0)


async def _settled_before_the_jump(rig: Rig) -> list[HandIn]:
    """Nothing is on its way then: what is signed before a jump and read after it is rightly refused."""
    async with PersistentTraffic(rig.public_url, rig.clock, clients=3) as traffic:
        await _answered(rig, traffic)
        await traffic.stop()
    await rig.settled(traffic.hand_ins, _SETTLED_WITHIN)
    return traffic.hand_ins


async def _told_of_a_jump(rig: Rig) -> float:
    """By how much, once the stream says so."""
    jumps: list[float] = []

    async def missing() -> str | None:
        events = [each["data"] for each in await rig.events("assumption.broken")]
        jumps[:] = [each["measured"] for each in events if each["assumption"] == "wall clock"]
        return None if jumps else "the stream to mark the jump"

    await rig.until(missing, _SEEN_WITHIN)
    return jumps[0]


@pytest.mark.parametrize("jump", [_HOUR, -_HOUR], ids=["ahead", "back"])
async def test_timers_are_unaffected_and_the_records_marked(tmp_path: Path, jump: float) -> None:
    wall = WallClock(tmp_path)
    async with Rig(tmp_path, environment=wall.environment, desk_environment=wall.environment, adjust=_patient) as rig:
        await rig.start()
        before = await _settled_before_the_jump(rig)
        wall.set(jump)
        async with PersistentTraffic(rig.public_url, rig.clock, clients=3, seed=2) as traffic:
            assert await _told_of_a_jump(rig) == pytest.approx(_HOUR, abs=1.0)
            await _answered(rig, traffic)
            changed = [each["data"] for each in await rig.events("provider.state_changed")]
            assert [each for each in changed if each["new"] != "up"] == []
            assert await rig.events("ticket.overdue", "ticket.rescued", "takeover.started") == []
            await rig.desks["acme"].kill()
            await rig.until(lambda: _taken_over(rig), _SEEN_WITHIN)
            await _answered(rig, traffic)
            await rig.desks["acme"].start()
            await traffic.stop()
            hand_ins = [*before, *traffic.hand_ins]
            await rig.settled(hand_ins, _SETTLED_WITHIN)
            await assert_balanced(rig, [each.reference for each in hand_ins])
            (takeover,) = (await rig.books(hand_ins)).takeovers
            assert takeover.switch_seconds <= takeover.detection_bound, tail(rig.log)
            assert await rig.events("ticket.overdue") == []


async def _taken_over(rig: Rig) -> str | None:
    return None if await rig.events("takeover.started") else "a takeover"


async def test_what_waits_is_handed_off_at_once_though_the_clock_was_set_back_over_a_restart(tmp_path: Path) -> None:
    wall = WallClock(tmp_path)
    async with Rig(tmp_path, environment=wall.environment, desk_environment=wall.environment) as rig:
        await rig.start()
        await asyncio.gather(*(desk.kill() for desk in rig.desks.values()))
        references = []
        for number in range(_SOME):
            response = await rig.hand_in(f"key-{number}")
            references.append((await response.json())["reference"])
        await rig.relevo.kill()
        wall.set(-_HOUR)
        await asyncio.gather(*(desk.start() for desk in rig.desks.values()))
        await rig.start_relevo()

        async def missing() -> str | None:
            waiting = await rig.tickets("waiting")
            return f"{len(waiting)} tickets at a desk" if waiting else None

        await rig.until(missing, _SOON)
        await assert_balanced(rig, references)
