"""Children of the demo: ready, killed, frozen, started again, stopped, and never orphans."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.core.errors import StartError
from gateway.demo.processes import Child, Children, free_port, ready_line

STEADY = "import time; print('ready', flush=True); time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + STEADY


def child(tmp_path: Path, program: str, name: str = "steady") -> Child:
    return Child(name, [sys.executable, "-c", program], ready_line, tmp_path / f"{name}.log")


def pid_of(running: Child) -> int:
    assert running.process is not None
    return running.process.pid


def state_of(pid: int) -> str:
    """`T` for a stopped process, `S` for a sleeping one (proc(5)); empty when it is gone."""
    with contextlib.suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return ""


async def until(pid: int, *states: str) -> None:
    async with asyncio.timeout(5):
        while state_of(pid) not in states:  # noqa: ASYNC110 - the kernel sends no event
            await asyncio.sleep(0.01)


def test_a_taken_port_gives_the_next_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = free_port(port)
        assert found > port
        assert free_port(port, taken=[found]) > found


def test_no_free_port_is_said() -> None:
    with pytest.raises(StartError, match="65535"):
        free_port(65535, taken=[65535])


async def test_a_child_is_ready_when_it_says_so_and_stops_when_told(tmp_path: Path) -> None:
    async with Children() as children:
        steady = await children.start(child(tmp_path, STEADY))
        assert steady.running
    assert not steady.running
    assert steady.process is not None
    assert steady.process.returncode == -signal.SIGTERM


async def test_a_child_that_dies_at_once_is_a_start_error_with_its_last_words(tmp_path: Path) -> None:
    async with Children() as children:
        with pytest.raises(StartError, match="no disk"):
            await children.start(child(tmp_path, "raise SystemExit('no disk')"))


async def test_kill_and_start_again(tmp_path: Path) -> None:
    async with Children() as children:
        steady = await children.start(child(tmp_path, STEADY))
        first = pid_of(steady)
        await steady.kill()
        assert not steady.running
        await steady.start()
        assert steady.running
        assert pid_of(steady) != first


async def test_freeze_and_thaw(tmp_path: Path) -> None:
    async with Children() as children:
        steady = await children.start(child(tmp_path, STEADY))
        steady.freeze()
        await until(pid_of(steady), "T")
        steady.thaw()
        await until(pid_of(steady), "S", "R")


async def test_a_frozen_child_is_stopped_too(tmp_path: Path) -> None:
    async with Children() as children:
        steady = await children.start(child(tmp_path, STEADY))
        steady.freeze()
    assert not steady.running


async def test_children_stop_in_reverse_order(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    program = (
        "import signal, sys, pathlib\n"
        "def bye(*_):\n"
        f"    open({str(diary)!r}, 'a').write(sys.argv[1])\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, bye); print('ready', flush=True); signal.pause()"
    )
    async with Children() as children:
        for name in "abc":
            command = [sys.executable, "-c", program, name]
            await children.start(Child(name, command, ready_line, tmp_path / f"{name}.log"))
    assert diary.read_text() == "cba"


async def test_one_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    stubborn = child(tmp_path, STUBBORN)
    await stubborn.start()
    await stubborn.stop(within=0.1)
    assert stubborn.process is not None
    assert stubborn.process.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
@pytest.mark.parametrize("frozen", [False, True])
async def test_no_child_outlives_a_parent_that_is_killed(tmp_path: Path, frozen: bool) -> None:
    program = f"""
import asyncio, sys
from pathlib import Path
from gateway.demo.processes import Child, ready_line

async def main():
    child = Child("c", [sys.executable, "-c", {STEADY!r}], ready_line, Path({str(tmp_path / "c.log")!r}))
    await child.start()
    if {frozen}:
        child.freeze()
    print(child.process.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    assert state_of(pid) != ""
    os.kill(parent.pid, signal.SIGKILL)
    await parent.wait()
    await until(pid, "", "Z")
