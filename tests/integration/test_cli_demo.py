"""`relevo demo` as people use it: everything starts, says where it is, and is gone after Ctrl-C."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.command import ENGLISH, ROOT


@contextmanager
def demo(data: Path) -> Iterator[tuple["subprocess.Popen[str]", list[str]]]:
    """The running demo, and what it has said until it was up."""
    command = [sys.executable, "-m", "gateway.cli", "demo", "--data", str(data)]
    process = subprocess.Popen(
        command, env={**os.environ, **ENGLISH}, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    try:
        said: list[str] = []
        for line in process.stdout:
            said.append(line.strip())
            if line.startswith("Ctrl-C"):
                break
        yield process, said
    finally:
        process.kill()
        process.wait(30)
        process.stdout.close()


@contextmanager
def taken(port: int) -> Iterator[None]:
    """Nobody else can listen there; whoever has it already will do as well."""
    with socket.socket() as listener:
        with contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            listener.listen()
        yield


def addresses(said: list[str]) -> dict[str, str]:
    return {name.strip(): url for name, colon, url in (line.partition("  ") for line in said) if colon}


def test_it_prints_every_address_and_stops_at_ctrl_c(tmp_path: Path) -> None:
    with taken(8080), demo(tmp_path / "data") as (process, said):
        places = {name: url.strip() for name, url in addresses(said).items()}
        titles = {}
        for name in ("form", "primary desk, acme", "backup desk, norte", "metrics", "its description"):
            with urllib.request.urlopen(places[name], timeout=5) as answer:
                titles[name] = answer.status
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read() if process.stdout else ""
        exit_code = process.wait(30)

    assert any(line.startswith("port 8080 is taken: relevo listens on 80") for line in said), said
    assert set(titles.values()) == {200}
    assert places["tickets and logs"] == str(tmp_path / "data")
    assert (exit_code, rest) == (0, "Stopping.\n")
    assert (tmp_path / "data" / "relevo.db").exists()


def test_it_goes_on_without_a_desk_but_not_without_relevo(tmp_path: Path) -> None:
    with demo(tmp_path) as (process, said):
        assert process.stdout is not None
        os.kill(child(process.pid, "--name norte"), signal.SIGKILL)
        told = process.stdout.readline()
        os.kill(int((tmp_path / "relevo.db.lock").read_text(encoding="utf-8")), signal.SIGKILL)
        rest = process.stdout.read()
        exit_code = process.wait(30)

    assert said
    assert told == "The desk norte has ended; the others go on.\n"
    assert "Relevo has ended. Its last words:" in rest
    assert "Traceback" not in rest
    assert exit_code == 1


def child(parent: int, words: str) -> int:
    """The child of that process whose command line has these words."""
    for number in Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split():
        if words in Path(f"/proc/{number}/cmdline").read_bytes().decode().replace("\0", " "):
            return int(number)
    raise LookupError(words)
