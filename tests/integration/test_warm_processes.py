"""Processes that start warm are like those that start cold: their log, their environment, their end."""

import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway.core.errors import StartError
from gateway.demo.processes import Child
from tests.support.eventually import eventually
from tests.support.warm import Newborn, WarmChild

_WITHIN = 30.0
_SECRET = "whsec_" + "c2VjcmV0" * 4


async def _at_once(_child: Child) -> None:
    """Whoever waits for it looks for itself."""


async def _never(child: Child) -> None:
    await child.process.wait()  # type: ignore[union-attr]  # it has been started
    raise EOFError


def _child(tmp_path: Path, command: Sequence[str], *, environment: dict[str, str] | None = None) -> WarmChild:
    whole = [sys.executable, "-m", *command]
    return WarmChild("child", whole, _never, tmp_path / "log", environment or {})


async def test_its_log_and_its_exit_code_are_those_of_its_command(tmp_path: Path) -> None:
    child = _child(tmp_path, ["gateway.cli", "check", "-c", "missing.yaml"])
    with pytest.raises(StartError, match=r"missing\.yaml"):
        await child.start()
    assert isinstance(child.process, Newborn)
    assert child.process.returncode == 2


async def test_its_environment_is_its_own(tmp_path: Path) -> None:
    desk = ["gateway.demo.desk", "--name", "acme", "--data", str(tmp_path / "desk")]
    with pytest.raises(StartError, match="ACME_SECRET"):
        await _child(tmp_path, desk).start()
    child = _child(tmp_path, desk, environment={"ACME_SECRET": _SECRET})
    child.ready = _at_once
    await child.start()

    async def silent() -> str | None:
        return None if '{"ready": "acme"' in child.log.read_text() else "the desk's first line"

    await eventually(silent, _WITHIN, child.log)
    child.signal(signal.SIGKILL)
    await child.kill()
    assert child.process is not None
    assert child.process.returncode == -signal.SIGKILL
    assert not child.running


async def test_with_a_library_before_it_it_starts_cold(tmp_path: Path) -> None:
    child = _child(tmp_path, ["gateway.cli", "--version"], environment={"LD_PRELOAD": ""})
    with pytest.raises(StartError, match="relevo 0"):
        await child.start()
    assert not isinstance(child.process, Newborn)
