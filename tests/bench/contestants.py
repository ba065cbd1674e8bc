"""What is measured beside one another: each started afresh for every round, as processes of their own."""

import asyncio
import random
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from gateway.demo.configuration import configuration, new_secret, secret_variable
from gateway.demo.processes import Child, Children, free_port, ready_line
from tests.bench.load import LoadFailed

_DESKS = ("acme", "norte")
_LANGUAGES = "    languages: [es, en]\n"
_RATE = 1000
"""Tickets a second that a desk may be given: so many that the default, which protects a desk, doesn't set the pace."""
_LOOK_EVERY = 0.2
"""Seconds between looks at the metrics, which cost the server some milliseconds each."""
_LOOKS = 150


@dataclass(frozen=True, slots=True)
class Running:
    """A server ready for its load."""

    url: str
    pid: int
    settled: Callable[[int], Awaitable[None]]
    """Returns once nothing more is to be done for so many tickets accepted since the start. Raises LoadFailed."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """`start` keeps its data in the folder that it is given; `requests` is how many come in one round."""

    name: str
    says: str
    start: Callable[[Path], AbstractAsyncContextManager[Running]]
    requests: int


@asynccontextmanager
async def bare_aiohttp(folder: Path) -> AsyncIterator[Running]:
    port = _free_ports("public")["public"]
    async with Children() as children:
        pid = await _start(children, "bare", ["tests.bench.bare", "--port", str(port)], folder)
        yield Running(f"http://127.0.0.1:{port}", pid, _at_once)


@asynccontextmanager
async def durable_intake(folder: Path, samples: Path | None = None) -> AsyncIterator[Running]:
    """With `samples` it runs on one thread and is sampled, into that file."""
    ports = _free_ports("public", "ops", *_DESKS)
    command = ["tests.bench.intake", "--config", str(_configure(folder, ports))]
    command += ["--samples", str(samples)] if samples else []
    async with Children() as children:
        pid = await _start(children, "intake", command, folder, _secrets())
        yield Running(f"http://127.0.0.1:{ports['public']}", pid, _at_once)


@asynccontextmanager
async def whole_relevo(folder: Path) -> AsyncIterator[Running]:
    ports = _free_ports("public", "ops", *_DESKS)
    public, metrics = f"http://127.0.0.1:{ports['public']}", f"http://127.0.0.1:{ports['ops']}/metrics"
    secrets = _secrets()
    async with Children() as children, aiohttp.ClientSession() as session:
        async with asyncio.TaskGroup() as starting:
            for desk in _DESKS:
                options = ["--name", desk, "--port", str(ports[desk]), "--data", str(folder / desk)]
                options += ["--events-url", f"{public}/providers/{desk}/events"]
                starting.create_task(_start(children, desk, ["gateway.demo.desk", *options], folder, secrets))
        command = ["gateway.cli", "serve", "-c", str(_configure(folder, ports))]
        pid = await _start(children, "relevo", command, folder, secrets)

        async def settled(tickets: int) -> None:
            for _ in range(_LOOKS):
                if await _handed_off(session, metrics) >= tickets:
                    return
                await asyncio.sleep(_LOOK_EVERY)
            raise LoadFailed(f"{tickets} tickets are not handed off after {_LOOKS * _LOOK_EVERY:g} s")

        yield Running(public, pid, settled)


BARE = Contestant("bare aiohttp", "the same model, orjson, no access log; keeps nothing", bare_aiohttp, 4000)
INTAKE = Contestant("durable intake", "every row on disk before the answer; hand-off paused", durable_intake, 2500)
WHOLE = Contestant("whole Relevo", "`relevo serve`, handing off to two demo desks meanwhile", whole_relevo, 500)


async def _start(
    children: Children, name: str, command: Sequence[str], folder: Path, secrets: Mapping[str, str] | None = None
) -> int:
    """Its process id, once it has said that it is ready."""
    whole = [sys.executable, "-m", *command]
    child = await children.start(Child(name, whole, ready_line, folder / f"{name}.log", secrets or {}))
    assert child.process is not None
    return child.process.pid


def _configure(folder: Path, ports: Mapping[str, int]) -> Path:
    file = folder / "relevo.yaml"
    text = configuration(
        public_port=ports["public"],
        ops_port=ports["ops"],
        desk_ports={desk: ports[desk] for desk in _DESKS},
        database=folder / "relevo.db",
        takeover_within=5.0,
        hold=30.0,
        ramp=30.0,
    )
    file.write_text(text.replace(_LANGUAGES, f"{_LANGUAGES}    rate: {_RATE}\n"), encoding="utf-8")
    return file


def _secrets() -> dict[str, str]:
    return {secret_variable(desk): new_secret() for desk in _DESKS}


def _free_ports(*names: str) -> dict[str, int]:
    """Below those that the kernel gives to outgoing connections."""
    ports: dict[str, int] = {}
    for name in names:
        ports[name] = free_port(random.randrange(15_000, 32_000), taken=list(ports.values()))
    return ports


async def _handed_off(session: aiohttp.ClientSession, url: str) -> int:
    async with session.get(url, headers={"Accept": "text/plain"}) as response:
        families = text_string_to_metric_families(await response.text())
    return sum(
        int(sample.value)
        for family in families
        for sample in family.samples
        if sample.name == "relevo_handoff_seconds_count"
    )


async def _at_once(_tickets: int) -> None:
    """Nothing is left to be done after the answers."""
