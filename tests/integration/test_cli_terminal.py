"""What the command shows on a real terminal."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import ENGLISH, ROOT, SECRETS, write_configuration


def on_a_terminal(*arguments: str) -> str:
    """What `relevo ARGUMENTS` writes to a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, **SECRETS, **ENGLISH, "TERM": "xterm", "COLUMNS": "80"}
    environment.pop("NO_COLOR", None)
    command = [sys.executable, "-m", "gateway.cli", *arguments]
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stdin=theirs, stdout=theirs)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:  # how Linux says that the other end is closed
        pass
    finally:
        os.close(ours)
        process.wait(30)
    return shown.decode()


def test_the_sums_are_a_coloured_table_that_fits(tmp_path: Path) -> None:
    shown = on_a_terminal("check", "-c", str(write_configuration(tmp_path)))

    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()
    assert "\x1b[32m" in shown
    assert any(set(line) == {"─"} for line in lines)
    broken = next(number for number, line in enumerate(lines) if line.startswith("  the attempt in hand lost by"))
    assert lines[broken + 1].split() == ["search"]
    assert lines[broken + 1].startswith("  search")


def test_a_mail_is_kept_from_the_terminal_that_it_could_play_with(capfd: pytest.CaptureFixture[str]) -> None:
    assert on_a_terminal("quarantine", "mail", "m1") == ""
    assert "send it to a file, with > mail.eml" in capfd.readouterr().err
