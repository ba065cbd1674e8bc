"""The power goes: what had been made durable comes back up, and every request that was answered with yes is in it.

A SIGKILL would not show this: what was written is in the kernel's hands, and survives the process. So a preloaded
library keeps a shadow of what each sync made durable, and the service starts anew on that shadow alone.
"""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tests.support.ledger import assert_balanced
from tests.support.persistent_traffic import PersistentTraffic
from tests.support.power_cut import PowerCut
from tests.support.rig import Rig

_ROOT = Path(__file__).parents[2]
_SOME = 60
_SETTLED_WITHIN = 30.0
_A_CUT_EVERY = 300
"""Lines of the busy store's account between two cuts."""
_BATCH = 50
"""Tickets that are accepted at once, so that few commits fill the log."""
_CHECKPOINTS = 2


def _begin(tmp_path: Path, *, lying: bool = False) -> PowerCut:
    root = tmp_path / "disk"
    root.mkdir()
    cut = PowerCut(root, tmp_path, lying=lying)
    cut.begin()
    return cut


async def test_after_a_power_cut_every_acknowledged_request_is_there(tmp_path: Path) -> None:
    cut = _begin(tmp_path)
    async with Rig(tmp_path, database=cut.root / "relevo.db", environment=cut.environment) as rig:
        await rig.start()
        async with PersistentTraffic(rig.public_url, rig.clock, clients=10) as traffic:
            await rig.until(lambda: traffic.more(_SOME), 30.0)
            await rig.relevo.kill()
            acknowledged = list(traffic.references)
            cut.image(tmp_path / "image")
            rig.database = tmp_path / "image" / "relevo.db"
            rig.configure(rig.names)
            await rig.start_relevo()
            await assert_balanced(rig, acknowledged)
            await traffic.stop()
            await rig.settled(traffic.hand_ins, _SETTLED_WITHIN)
            await assert_balanced(rig, traffic.references)


async def test_a_disk_that_lies_would_be_found_out(tmp_path: Path) -> None:
    """The shadow has teeth: where a sync keeps nothing (and with synchronous=OFF none is asked for), all is gone."""
    cut = _begin(tmp_path, lying=True)
    async with Rig(tmp_path, database=cut.root / "relevo.db", environment=cut.environment) as rig:
        await rig.start()
        assert (await rig.hand_in("key-1")).status == 201
        await rig.relevo.kill()
        cut.image(tmp_path / "image")
        assert rig.database.stat().st_size > 0
        assert list((tmp_path / "image").iterdir()) == []


def test_the_image_is_whole_at_any_moment_of_the_write_ahead_log(tmp_path: Path) -> None:
    """Through checkpoints, after which the log begins again over what it held before."""
    cut = _begin(tmp_path)
    store = [sys.executable, "-m", "tests.support.store_process", str(cut.root / "relevo.db")]
    command = [*store, "work", str(_BATCH)]
    environment = {**os.environ, **cut.environment}
    with subprocess.Popen(command, cwd=_ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            _cut_often(process, cut, tmp_path)
        finally:
            process.kill()


def _cut_often(process: subprocess.Popen[str], cut: PowerCut, folder: Path) -> None:
    """Until the log has gone back into the database so many times, which makes it grow."""
    database = cut.root / "relevo.db"
    seen: dict[str, set[str]] = {"kept": set(), "begun": set(), "handed": set()}
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    sizes = {database.stat().st_size}
    for number, line in enumerate(process.stdout):
        word, reference = line.split()
        seen[word].add(reference)
        if number % _A_CUT_EVERY == 0:
            _freeze(process)
            _assert_whole(cut, folder / f"image{number}", seen)
            process.send_signal(signal.SIGCONT)
            sizes.add(database.stat().st_size)
        if len(sizes) > _CHECKPOINTS:
            return


def _freeze(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGSTOP)
    os.waitpid(process.pid, os.WUNTRACED)


def _assert_whole(cut: PowerCut, image: Path, seen: dict[str, set[str]]) -> None:
    cut.image(image)
    with closing(sqlite3.connect(image / "relevo.db")) as found:
        assert found.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        tickets = dict(found.execute("SELECT reference, state FROM tickets"))
    assert seen["kept"] <= tickets.keys()
    assert seen["handed"] <= {reference for reference, state in tickets.items() if state == "handed_off"}
