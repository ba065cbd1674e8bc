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

import aiohttp

from gateway.demo.desk_client import DeskClient
from tests.support.command import ENGLISH, ROOT
from tests.support.eventually import eventually


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
        for name in ("form", "postbox", "primary desk, acme", "backup desk, norte", "metrics", "its description"):
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


async def test_a_mail_goes_there_and_back_and_there_again(tmp_path: Path) -> None:
    with demo(tmp_path) as (_, said):
        places = {name: url.strip() for name, url in addresses(said).items()}
        box, desk = places["postbox"], places["primary desk, acme"]
        async with aiohttp.ClientSession() as session:

            async def post(url: str, **fields: str) -> None:
                async with session.post(url, data=fields) as response:
                    assert response.status == 200, await response.text()

            async def mails(count: int) -> str | None:
                async with session.get(box) as response:
                    found = (await response.text()).count('<td class="subject">')
                    return None if found == count else f"{count} mails, not {found}"

            async def tickets(state: str, messages: int) -> str | None:
                found = [(each.state, each.messages) for each in await DeskClient(session, desk.rstrip("/")).tickets()]
                return None if found == [(state, messages)] else f"one {state} with {messages} messages, not {found}"

            ana = {"name": "Ana", "address": "ana@postbox.example"}
            log = tmp_path / "relevo.log"
            await post(f"{box}letters", **ana, subject="Impresora", text="Hola:\n\nSale humo de la impresora.")
            await eventually(lambda: mails(1), within=20, log=log)  # the acknowledgement
            await eventually(lambda: tickets("open", 0), within=20, log=log)
            await post(f"{desk}answers", ticket="ACME-1")
            await eventually(lambda: mails(2), within=20, log=log)
            await post(f"{box}mails/2/answers", **ana, text="Gracias, pero sigue saliendo humo.")
            await eventually(lambda: tickets("open", 1), within=20, log=log)


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
