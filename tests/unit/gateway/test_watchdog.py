"""The heartbeat that a supervisor hears, and the environment that says where."""

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.app.watchdog import Supervisor, Watchdog
from tests.support.stopwatch import stopwatch


@pytest.fixture
def notify(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(2.0)
        yield listening


def test_without_a_supervisor_nobody_is_told() -> None:
    Supervisor({}).tell("READY=1")
    assert Supervisor({}).patience is None


def test_a_supervisor_is_told(notify: socket.socket) -> None:
    Supervisor({"NOTIFY_SOCKET": notify.getsockname()}).tell("READY=1")
    assert notify.recv(100) == b"READY=1"


def test_one_that_is_gone_or_full_is_no_reason_to_stop(tmp_path: Path, notify: socket.socket) -> None:
    Supervisor({"NOTIFY_SOCKET": str(tmp_path / "gone")}).tell("READY=1")
    supervisor = Supervisor({"NOTIFY_SOCKET": notify.getsockname()})
    for _ in range(2000):
        supervisor.tell("WATCHDOG=1")


@pytest.mark.parametrize(
    ("meant_for", "patience"), [(None, 3.0), (str(os.getpid()), 3.0), ("1", None)], ids=["any", "us", "another"]
)
def test_a_watch_that_is_meant_for_another_process_is_not_ours(meant_for: str | None, patience: float | None) -> None:
    environ = {"WATCHDOG_USEC": "3000000", **({"WATCHDOG_PID": meant_for} if meant_for else {})}
    assert Supervisor(environ).patience == patience


async def test_the_heart_beats_several_times_within_the_supervisors_patience(notify: socket.socket) -> None:
    supervisor = Supervisor({"NOTIFY_SOCKET": notify.getsockname(), "WATCHDOG_USEC": "400000"})
    async with Watchdog(60.0, supervisor), stopwatch() as seconds:
        for _ in range(3):
            assert await asyncio.to_thread(notify.recv, 100) == b"WATCHDOG=1"
        assert seconds() < 0.4
