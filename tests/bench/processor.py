"""What a process has cost, and what machine it ran on, as Linux tells it."""

import os
import platform
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_USED = slice(11, 15)
"""Places in /proc/PID/stat behind the name, which may itself hold spaces (proc_pid_stat(5): fields 14 to 17)."""
_KIBI = 1024


def processor_seconds(pid: int) -> float:
    """Seconds of processor that a process and all that it started have used, theirs and the kernel's for them."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[_USED])) / _TICKS + sum(map(processor_seconds, _children(pid)))


def resident_bytes(pid: int) -> int:
    """What a process has in memory now."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) * _KIBI


def peak_bytes(pid: int) -> int:
    """The most that a process has had in memory, and those that it has started and that are alive, all added up."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    own = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * _KIBI
    return own + sum(map(peak_bytes, _children(pid)))


def _children(pid: int) -> list[int]:
    """Those alive; what those that have ended used is their parent's."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def machine(folder: Path) -> dict[str, str]:
    """What the figures depend on; the disk is the one that `folder` is on."""
    return {
        "processors": f"{os.cpu_count()} of {_model()}",
        "system": f"Linux {platform.release().partition('-')[0]}, {platform.machine()}",
        "load average at the start": f"{os.getloadavg()[0]:.1f}",
        "fsync of one page": f"{fsync_seconds(folder) * 1e3:.2f} ms (median)",
    }


def today() -> str:
    """`2026-12-24 03:00 UTC`."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")


def versions(packages: Sequence[str]) -> dict[str, str]:
    """Of Python, SQLite and these packages."""
    found = {"Python": platform.python_version(), "SQLite": sqlite3.sqlite_version}
    return found | {package: version(package) for package in packages}


def fsync_seconds(folder: Path, times: int = 50) -> float:
    """The median time in which a page is appended and on disk."""
    page = bytes(4096)
    with tempfile.NamedTemporaryFile(dir=folder, buffering=0) as file:
        return statistics.median(_timed_append(file.fileno(), page) for _ in range(times))


def _timed_append(descriptor: int, page: bytes) -> float:
    began = time.perf_counter()
    os.write(descriptor, page)
    os.fsync(descriptor)
    return time.perf_counter() - began


def _model() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
