"""A primary that comes back, and does not stay: nothing swings to and fro with it."""

import asyncio
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

from gateway.client import as_instant
from gateway.demo.traffic import Traffic
from tests.support.eventually import tail
from tests.support.ledger import assert_balanced
from tests.support.rig import Rig, unhurried

_HOLD, _RAMP = 1.0, 0.5
_DRAIN_RATE = 12.0
_HELD = 60
"""Tickets that the primary has when it dies, and nobody has picked up."""
_FLAPS_FOR = 7.0
_SEEN_WITHIN = 30.0
_SETTLED_WITHIN = 30.0


def _slow_backup(config: dict[str, Any]) -> None:
    for provider in config["providers"].values():
        provider["health"] |= {"hold": f"{_HOLD:g}s", "ramp": f"{_RAMP:g}s", "every": "200ms"}
    config["providers"]["norte"]["rate"] = _DRAIN_RATE
    unhurried(config)


async def _acme_is(rig: Rig, *states: str) -> None:
    async def missing() -> str | None:
        state = next(each["state"] for each in await rig.ops.providers() if each["name"] == "acme")
        return None if state in states else f"acme to be {' or '.join(states)}, not {state}"

    await rig.until(missing, _SEEN_WITHIN)


async def _references(rig: Rig, traffic: Traffic) -> list[str | None]:
    assert [each.failure for each in traffic.collector.hand_ins if each.failure] == []
    await rig.settled(traffic.collector.hand_ins, _SETTLED_WITHIN)
    references = [each.reference for each in traffic.collector.hand_ins]
    await assert_balanced(rig, references)
    return references


async def test_flapping_at_the_worst_period_switches_once_in_a_hold_and_a_ramp(tmp_path: Path) -> None:
    """It fails whenever it has its full share again. With the defaults a hold and a ramp are a minute."""
    async with Rig(tmp_path, adjust=_slow_backup) as rig:
        await rig.start()
        traffic = Traffic(rig.public_url, rig.clock)
        running = asyncio.create_task(traffic.run(8.0, _FLAPS_FOR))
        while not running.done():
            await rig.clients["acme"].turn("error")
            await _acme_is(rig, "down")
            await rig.clients["acme"].turn("none")
            await _acme_is(rig, "up")
        await running
        await _references(rig, traffic)
        switches = [as_instant(each["time"]) or 0.0 for each in await rig.events("takeover.started")]
        assert len(switches) > 1, tail(rig.log)
        assert min(later - earlier for earlier, later in pairwise(switches)) >= _HOLD + _RAMP
        account = await rig.account(traffic.collector.hand_ins)
        assert account.doubles == account.rescued, "a second copy that no rescue accounts for"


async def test_a_primary_that_returns_in_the_middle_of_the_drain_and_relapses_recalls_nothing_twice(
    tmp_path: Path,
) -> None:
    async with Rig(tmp_path, adjust=_slow_backup) as rig:
        await rig.start()
        traffic = Traffic(rig.public_url, rig.clock)
        await traffic.run(_HELD, 1.0)
        await rig.settled(traffic.collector.hand_ins, _SETTLED_WITHIN)
        before = {each["id"] for each in await rig.events("handoff.changed")}  # a busy machine has doubles of its own
        await rig.desks["acme"].kill()
        await _acme_is(rig, "down")
        await rig.desks["acme"].start()
        await _acme_is(rig, "recovering")
        assert await rig.tickets("waiting"), "the drain was over before the primary returned"
        await rig.clients["acme"].turn("error")
        await _acme_is(rig, "down")
        await rig.clients["acme"].turn("none")
        await _acme_is(rig, "up")
        references = await _references(rig, traffic)
        recalls = Counter(
            each["subject"]
            for each in await rig.events("handoff.changed")
            if each["data"]["state"] == "withdrawn" and each["subject"] in references and each["id"] not in before
        )
        assert recalls
        assert max(recalls.values()) == 1
