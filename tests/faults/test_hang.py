"""The event loop hangs: the process is ended loudly, whoever supervises it starts it anew, and nothing is lost."""

import signal
from pathlib import Path
from typing import Any

from tests.support.eventually import tail
from tests.support.ledger import assert_balanced
from tests.support.persistent_traffic import PersistentTraffic
from tests.support.rig import Rig
from tests.support.supervisor import Supervisor

_HANG_AFTER = 1.0
_ENDED_WITHIN = 5.0
_SOME = 15
_SETTLED_WITHIN = 30.0


def _soon(config: dict[str, Any]) -> None:
    config["gateway"]["hang_after"] = f"{_HANG_AFTER:g}s"


async def _answered(rig: Rig, traffic: PersistentTraffic) -> None:
    answered = len(traffic.hand_ins)
    await rig.until(lambda: traffic.more(answered + _SOME), 30.0)


async def _account_for(rig: Rig, traffic: PersistentTraffic) -> None:
    await _answered(rig, traffic)
    await traffic.stop()
    await rig.settled(traffic.hand_ins, _SETTLED_WITHIN)
    await assert_balanced(rig, traffic.references)


async def _unheard(supervisor: Supervisor, state: str) -> str | None:
    return None if state in supervisor.heard else f"{state} after {supervisor.heard[-1]}"


async def test_a_loop_that_hangs_ends_the_process_with_its_stacks_in_the_log(tmp_path: Path) -> None:
    """It hangs with the interpreter's lock in its hands, so that no thread of Python could see to it."""
    async with Rig(tmp_path, adjust=_soon) as rig:
        await rig.start(f"create.before:{_SOME}:hang")
        async with PersistentTraffic(rig.public_url, rig.clock) as traffic:
            assert await rig.ended(_ENDED_WITHIN) == 1, tail(rig.log)
            log = rig.log.read_text(encoding="utf-8")
            assert "Timeout (0:00:01)!" in log
            assert "in failpoint" in log
            assert log.count("most recent call first") > 1, "not those of every thread"
            await rig.start_relevo()
            await _account_for(rig, traffic)


async def test_a_process_that_falls_silent_is_restarted_by_its_supervisor(tmp_path: Path) -> None:
    supervisor = Supervisor(patience=1.0)
    async with Rig(tmp_path, environment=supervisor.environment) as rig, supervisor.watch(rig):
        await rig.start()
        async with PersistentTraffic(rig.public_url, rig.clock) as traffic:
            await _answered(rig, traffic)
            assert supervisor.heard.count("READY=1") == 1
            assert supervisor.restarts == 0, "it beats its heart while all is well"
            rig.relevo.freeze()
            await _answered(rig, traffic)
            assert supervisor.restarts == 1
            await _account_for(rig, traffic)
        rig.relevo.signal(signal.SIGTERM)
        assert await rig.ended(_ENDED_WITHIN) == 0
        await rig.until(lambda: _unheard(supervisor, "STOPPING=1"), _ENDED_WITHIN)
        assert "READY=1" not in supervisor.heard[supervisor.heard.index("STOPPING=1") :]
