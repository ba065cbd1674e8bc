"""Memory runs short: what can't be held is refused, the process isn't killed, and nothing that was taken is lost."""

import asyncio
import resource
from collections import Counter
from pathlib import Path

from gateway.core.ids import new_id
from gateway.demo.traffic import HandIn
from tests.support.eventually import tail
from tests.support.ledger import assert_balanced
from tests.support.persistent_traffic import PersistentTraffic
from tests.support.rig import Rig

_MORE = 80 * 1024 * 1024
"""Bytes of address space that the process may have beside what it has: a little more than its reserve."""
_BIG = "¿Qué hago? " * 1_700
"""Almost as long as a message may be."""
_AT_ONCE = 150
_WAVES = 4
_SOME = 15
_SETTLED_WITHIN = 30.0


def _limit(pid: int, more: int | None) -> None:
    size = int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()
    soft = resource.RLIM_INFINITY if more is None else size + more
    resource.prlimit(pid, resource.RLIMIT_AS, (soft, resource.RLIM_INFINITY))


async def _hand_in(rig: Rig) -> tuple[int, str | None]:
    """The status, and the reference where there is one."""
    response = await rig.hand_in(new_id(), body=_BIG)
    return response.status, (await response.json())["reference"] if response.status == 201 else None


async def test_short_memory_refuses_and_loses_nothing(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        await rig.start()
        assert rig.relevo.process is not None
        async with PersistentTraffic(rig.public_url, rig.clock, clients=2) as traffic:
            await rig.until(lambda: traffic.more(_SOME), 30.0)
            _limit(rig.relevo.process.pid, _MORE)
            outcomes: Counter[int] = Counter()
            acknowledged = []
            for _ in range(_WAVES):
                for outcome, reference in await asyncio.gather(*(_hand_in(rig) for _ in range(_AT_ONCE))):
                    outcomes[outcome] += 1
                    acknowledged.append(reference)
            assert outcomes.keys() == {201, 503}, f"{outcomes}\n{tail(rig.log)}"
            assert rig.relevo.running, tail(rig.log)
            _limit(rig.relevo.process.pid, None)
            answered = len(traffic.hand_ins)
            await rig.until(lambda: traffic.more(answered + _SOME), 30.0)
            await traffic.stop()
        made = [HandIn("", 0.0, 0.0, reference) for reference in acknowledged if reference]
        await rig.settled([*traffic.hand_ins, *made], _SETTLED_WITHIN)
        await assert_balanced(rig, [*traffic.references, *acknowledged])
