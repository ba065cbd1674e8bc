"""The demo's stage: Relevo and its desks as running processes, with their addresses."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import tenacity

from gateway.core.errors import StartError
from gateway.demo.configuration import configuration, new_secret, secret_variable
from gateway.demo.ops_client import OpsClient
from gateway.demo.processes import Child, Children, free_port, ready_line
from gateway.demo.texts import Texts

_PUBLIC_PORT = 8080
_FIRST_DESK_PORT = 9101


@dataclass(frozen=True, slots=True)
class Times:
    """The times of the demo's policy, in seconds."""

    takeover_within: float = 5.0
    hold: float = 30.0
    ramp: float = 30.0


@dataclass(frozen=True, slots=True)
class Stage:
    """What runs, and where; the desks in the policy's order, the primary first."""

    relevo: Child
    desks: Mapping[str, Child]
    public_url: str
    ops_url: str
    desk_urls: Mapping[str, str]


@asynccontextmanager
async def set_stage(
    directory: Path,
    desks: Sequence[str],
    times: Times,
    texts: Texts,
    say: Callable[[str], None],
    desk_options: Sequence[str] = (),
) -> AsyncIterator[Stage]:
    """Start the desks, then Relevo, all with their data and logs in `directory`; stop them in reverse order.

    `say` is told of every port that was taken; `desk_options` go to each desk's command. Raises StartError.
    """
    ports = _free_ports(desks, texts, say)
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    secrets = {secret_variable(desk): new_secret() for desk in desks}
    file = directory / "relevo.yaml"
    text = configuration(
        public_port=ports["relevo"],
        ops_port=ports["relevo ops"],
        desk_ports={desk: ports[desk] for desk in desks},
        database=directory / "relevo.db",
        takeover_within=times.takeover_within,
        hold=times.hold,
        ramp=times.ramp,
    )
    file.write_text(text, encoding="utf-8")
    async with Children() as children:
        started = {}
        for desk in desks:
            command = _desk_command(desk, ports[desk], directory, urls["relevo"], desk_options)
            child = Child(desk, command, ready_line, directory / f"{desk}.log", secrets)
            started[desk] = await _start(children, child, texts)
        command = [sys.executable, "-m", "gateway.cli", "serve", "-c", str(file)]
        relevo = Child("relevo", command, _ready_to_serve(urls["relevo ops"]), directory / "relevo.log", secrets)
        yield Stage(
            relevo=await _start(children, relevo, texts),
            desks=started,
            public_url=urls["relevo"],
            ops_url=urls["relevo ops"],
            desk_urls={desk: urls[desk] for desk in desks},
        )


def _free_ports(desks: Sequence[str], texts: Texts, say: Callable[[str], None]) -> dict[str, int]:
    wishes = {"relevo": _PUBLIC_PORT, "relevo ops": _PUBLIC_PORT + 1}
    wishes |= {desk: _FIRST_DESK_PORT + number for number, desk in enumerate(desks)}
    ports: dict[str, int] = {}
    for name, wanted in wishes.items():
        ports[name] = free_port(wanted, taken=list(ports.values()))
        if ports[name] != wanted:
            say(texts("port_taken", wanted=wanted, name=name, port=ports[name]))
    return ports


def _desk_command(desk: str, port: int, directory: Path, public_url: str, options: Sequence[str]) -> list[str]:
    command = [sys.executable, "-m", "gateway.demo.desk", "--name", desk, "--port", str(port)]
    command += ["--data", str(directory / desk), "--events-url", f"{public_url}/providers/{desk}/events"]
    return [*command, *options]


async def _start(children: Children, child: Child, texts: Texts) -> Child:
    try:
        return await children.start(child)
    except StartError as error:
        raise StartError(texts("start_failed", name=child.name, words=str(error))) from None


def _ready_to_serve(ops_url: str) -> Callable[[Child], Awaitable[None]]:
    """Relevo is ready when its ops listener says so."""

    async def ready(child: Child) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=1.0)) as session:
            not_yet = tenacity.retry_if_exception_type((aiohttp.ClientError, TimeoutError))
            retrying = tenacity.AsyncRetrying(wait=tenacity.wait_fixed(0.05), retry=not_yet)
            await retrying(OpsClient(session, ops_url).ready)

    return ready
