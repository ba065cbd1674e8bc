"""A changed file, put into force by SIGHUP: a broken one changes nothing and says so, a good one helps what waits."""

import json
import signal
from pathlib import Path
from typing import Any

from gateway.demo.accounting import settle
from gateway.demo.traffic import Traffic
from tests.support.ledger import assert_balanced
from tests.support.rig import Rig

_HEARD_WITHIN = 30.0
_RATE = 20.0
_TAKEOVER_WITHIN = 5.0
"""Seconds from the reload until what waited is at the new backup: no more than the contract gives a fresh ticket."""


def _lines(rig: Rig, event: str) -> list[dict[str, Any]]:
    """Of Relevo's log, those about that event."""
    lines = [line for line in rig.log.read_text(encoding="utf-8").splitlines() if line.startswith("{")]
    return [line for line in map(json.loads, lines) if line["event"] == event]


async def _told(rig: Rig, event: str) -> dict[str, Any]:
    """The one event of that type in the stream, once it is there."""

    async def missing() -> str | None:
        return None if await rig.events(event) else f"the event {event}"

    await rig.until(missing, _HEARD_WITHIN)
    (found,) = await rig.events(event)
    return found


async def _handed_in(rig: Rig, seconds: float) -> Traffic:
    traffic = Traffic(rig.public_url, rig.clock)
    await traffic.run(_RATE, seconds)
    assert [each.failure for each in traffic.collector.hand_ins if each.failure] == []
    return traffic


async def test_a_broken_file_leaves_the_old_one_in_force_and_says_so(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.start()
        good = rig.file.read_text(encoding="utf-8")
        rig.file.write_text(good.replace("takeover_within", "takover_within"), encoding="utf-8")
        rig.relevo.signal(signal.SIGHUP)
        rejected = await _told(rig, "configuration.rejected")
        assert "takover_within" in rejected["data"]["problem"]
        assert str(rig.file) in rejected["data"]["problem"]
        (line,) = _lines(rig, "configuration.rejected")
        assert line["level"] == "warning"
        assert line["problem"] == rejected["data"]["problem"]
        assert rig.relevo.running
        traffic = await _handed_in(rig, 0.5)
        account = await rig.settled(traffic.collector.hand_ins, _HEARD_WITHIN)
        assert account.at_desks == {"acme": 10, "norte": 0}
        await assert_balanced(rig, [each.reference for each in traffic.collector.hand_ins])
        assert await rig.events("configuration.reloaded") == []


async def test_a_backup_added_in_the_middle_of_an_outage_gets_what_waits(tmp_path: Path) -> None:
    async with Rig(tmp_path, ("acme", "norte", "sur")) as rig:
        rig.configure(("acme", "norte"))
        await rig.start()
        await rig.desks["acme"].kill()
        await rig.desks["norte"].kill()
        await _told(rig, "policy.no_provider")
        traffic = await _handed_in(rig, 1.0)
        assert len(await rig.tickets("waiting")) == _RATE

        rig.configure(("acme", "norte", "sur"))
        rig.relevo.signal(signal.SIGHUP)
        reloaded = await _told(rig, "configuration.reloaded")
        assert reloaded["data"]["digest"]

        async def missing() -> str | None:
            held = {ticket.reference for ticket in await rig.clients["sur"].tickets() if ticket.held}
            waiting = {each.reference for each in traffic.collector.hand_ins} - held
            return f"{len(waiting)} tickets at sur" if waiting else None

        await rig.until(missing, _TAKEOVER_WITHIN)
        await rig.desks["acme"].start()
        await rig.desks["norte"].start()

        async def unsettled() -> str | None:
            account = settle(await rig.books(traffic.collector.hand_ins))
            return None if account.handed_off == _RATE and not account.doubles_open else f"all at one desk: {account}"

        await rig.until(unsettled, 30.0)
        await assert_balanced(rig, [each.reference for each in traffic.collector.hand_ins])
