"""Nobody is left to take over: requests are accepted, people are told honestly, operations too; and a standby that dies
is known to be dead before it is needed."""

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp

from channels.web.progress import Progress
from gateway.core.ids import new_id
from gateway.demo.traffic import Traffic
from tests.support.eventually import tail
from tests.support.ledger import assert_balanced
from tests.support.rig import Rig

_RATE = 20.0
"""Tickets a second that each desk can take."""
_BURST = 1.1
"""What a lane may let through in one second, as a part of the rate: it is kept over a tenth of a second."""
_REQUESTS = 80
_SEEN_WITHIN = 30.0
_DRAINED_WITHIN = 30.0


def _quotas(config: dict[str, Any]) -> None:
    for provider in config["providers"].values():
        provider["rate"] = _RATE


def _alarms(rig: Rig) -> list[tuple[str, str, str]]:
    """What was said to operations: change, alarm, subject."""
    lines = [json.loads(line) for line in rig.log.read_text(encoding="utf-8").splitlines() if line.startswith("{")]
    return [
        (line["event"], line["alarm"], line.get("subject", "")) for line in lines if line["logger"] == "relevo.alarms"
    ]


async def _said(rig: Rig, *alarm: str) -> None:
    async def missing() -> str | None:
        return None if alarm in _alarms(rig) else f"{alarm} among {_alarms(rig)}"

    await rig.until(missing, _SEEN_WITHIN)


async def _page(url: str) -> str:
    headers = {"Accept-Language": "en"}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        assert response.status == 200
        return await response.text()


async def test_all_down_is_accepted_told_alarmed_and_drained_within_the_quotas(tmp_path: Path) -> None:
    async with Rig(tmp_path, adjust=_quotas) as rig:
        await rig.start()
        await asyncio.gather(*(desk.kill() for desk in rig.desks.values()))
        await _said(rig, "alarm.raised", "no_provider_left", "default")
        traffic = Traffic(rig.public_url, rig.clock)
        await traffic.run(_REQUESTS, 1.0)
        references = [each.reference for each in traffic.collector.hand_ins]
        assert None not in references
        response = await rig.hand_in(new_id())
        told = await response.json()
        assert Progress.DELAYED.headline in await _page(told["status_url"])
        assert len(await rig.tickets("waiting")) == _REQUESTS + 1
        await assert_balanced(rig, [*references, told["reference"]], away=rig.names)
        await asyncio.gather(*(desk.start() for desk in rig.desks.values()))
        await rig.settled(traffic.collector.hand_ins, _DRAINED_WITHIN)
        await assert_balanced(rig, [*references, told["reference"]])
        await _said(rig, "alarm.cleared", "no_provider_left", "default")
        for client in rig.clients.values():
            arrivals = sorted(ticket.received_at for ticket in await client.tickets())
            most = max((sum(at <= each < at + 1.0 for each in arrivals) for at in arrivals), default=0)
            assert most <= _RATE * _BURST + 1, Counter(round(at, 1) for at in arrivals)


async def test_a_standby_that_dies_first_is_known_before_it_is_needed(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.start()
        await rig.desks["norte"].kill()
        died_at = rig.clock.now()
        await _said(rig, "alarm.raised", "provider_down", "norte")
        known_after = rig.clock.now() - died_at
        (_, norte) = rig.assessment().providers
        assert known_after <= norte.errors.seconds + 1.0, tail(rig.log)
        assert await rig.events("takeover.started") == [], "no service moved: nobody was served by it"
        traffic = Traffic(rig.public_url, rig.clock)
        await traffic.run(20.0, 1.0)
        await rig.desks["acme"].kill()
        await _said(rig, "alarm.raised", "no_provider_left", "default")
        await traffic.run(20.0, 1.0)
        await asyncio.gather(*(desk.start() for desk in rig.desks.values()))
        await rig.settled(traffic.collector.hand_ins, _DRAINED_WITHIN)
        await assert_balanced(rig, [each.reference for each in traffic.collector.hand_ins])
