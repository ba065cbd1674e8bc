"""What is measured beside one another: each started afresh for every round, as processes of their own."""

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
from tests.support.eventually import eventually

_DESKS = ("acme", "norte")
_SETTLED_WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class Running:
    """A server ready for its load."""

    url: str
    pid: int
    settled: Callable[[int], Awaitable[None]]
    """Returns once nothing more is to be done for so many tickets accepted since the start."""


Start = Callable[[Path, Path | None], AbstractAsyncContextManager[Running]]
"""Starts it with its data in a folder, and the sampler's file where one is wanted; stops it at the end."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """`requests` is how many come in one round."""

    name: str
    says: str
    start: Start
    requests: int


@asynccontextmanager
async def bare_aiohttp(folder: Path, samples: Path | None = None) -> AsyncIterator[Running]:
    port = _free_ports("public")["public"]
    command = ["tests.bench.bare", "--port", str(port), *_sampling(samples)]
    async with Children() as children:
        pid = await _start(children, "bare", command, folder)
        yield Running(f"http://127.0.0.1:{port}", pid, _at_once)


@asynccontextmanager
async def durable_intake(folder: Path, samples: Path | None = None) -> AsyncIterator[Running]:
    ports = _free_ports("public", "ops", *_DESKS)
    command = ["tests.bench.intake", "--config", str(_configure(folder, ports)), *_sampling(samples)]
    async with Children() as children:
        pid = await _start(children, "intake", command, folder, _secrets())
        yield Running(f"http://127.0.0.1:{ports['public']}", pid, _at_once)


@asynccontextmanager
async def whole_relevo(folder: Path, samples: Path | None = None) -> AsyncIterator[Running]:
    ports = _free_ports("public", "ops", *_DESKS)
    public, metrics = f"http://127.0.0.1:{ports['public']}", f"http://127.0.0.1:{ports['ops']}/metrics"
    secrets = _secrets()
    program = ["tests.bench.sampled_relevo", str(samples)] if samples else ["gateway.cli"]
    async with Children() as children, aiohttp.ClientSession() as session:
        for desk in _DESKS:
            options = ["--name", desk, "--port", str(ports[desk]), "--data", str(folder / desk)]
            options += ["--events-url", f"{public}/providers/{desk}/events"]
            await _start(children, desk, ["gateway.demo.desk", *options], folder, secrets)
        pid = await _start(children, "relevo", [*program, "serve", "-c", str(_configure(folder, ports))], folder, secrets)

        async def settled(tickets: int) -> None:
            async def missing() -> str | None:
                handed_off = await _handed_off(session, metrics)
                return None if handed_off >= tickets else f"{handed_off} of {tickets} tickets handed off"

            await eventually(missing, _SETTLED_WITHIN, folder / "relevo.log")

        yield Running(public, pid, settled)


BARE = Contestant("bare aiohttp", "the same model, orjson, no access log; keeps nothing", bare_aiohttp, 5000)
INTAKE = Contestant("durable intake", "every row on disk before the answer; hand-off paused", durable_intake, 3000)
WHOLE = Contestant("whole Relevo", "`relevo serve`, handing off to two demo desks meanwhile", whole_relevo, 1000)


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
    file.write_text(text, encoding="utf-8")
    return file


def _secrets() -> dict[str, str]:
    return {secret_variable(desk): new_secret() for desk in _DESKS}


def _sampling(samples: Path | None) -> list[str]:
    return ["--samples", str(samples)] if samples else []


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
