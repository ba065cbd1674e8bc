"""What is measured beside one another: each started afresh for every round, as processes of their own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp

from gateway.demo.processes import Children
from tests.bench.configuration import DESKS, WEB, write_configuration
from tests.bench.load import CONNECTIONS, LoadFailed
from tests.bench.metrics import read_metrics
from tests.bench.stage import desk_secrets, local, pid_of, relevo_and_desks, start_module
from tests.bench.voice import PHONE, PHONE_SECRETS
from tests.support.ports import new_ports

WARM_UP = 2000
"""Requests that come before those that count: meanwhile a store prepares its statements, one for each size of group."""
_LOOK_EVERY = 0.2
"""Seconds between looks at the metrics, which cost the server some milliseconds each."""
_LOOKS = 150


@dataclass(frozen=True, slots=True)
class Running:
    """A server ready for its load."""

    url: str
    pid: int
    """Of its process; with those that it has started, if any."""
    settled: Callable[[int], Awaitable[None]]
    """Returns once nothing more is to be done for so many tickets accepted since the start. Raises LoadFailed."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """`start` keeps its data in the folder that it is given."""

    name: str
    says: str
    start: Callable[[Path], AbstractAsyncContextManager[Running]]
    requests: int
    """How many come in one round, after so many to warm up."""
    warm_up: int = WARM_UP
    connections: int = CONNECTIONS
    dialect: str = "relevo"
    """One of `wire.DIALECTS`."""
    opening: str | None = None
    """The dialect of what comes before each request, and doesn't count: such as the call that is reported of."""


@asynccontextmanager
async def bare_aiohttp(folder: Path, route: str = "tickets") -> AsyncIterator[Running]:
    port = new_ports("public")["public"]
    async with Children() as children:
        command = ["tests.bench.bare", "--port", str(port), "--route", route]
        child = await start_module(children, "bare", command, folder)
        yield Running(local(port), pid_of(child), at_once)


@asynccontextmanager
async def durable_intake(
    folder: Path, samples: Path | None = None, *, database: Path | None = None, channels: Mapping[str, object] = WEB
) -> AsyncIterator[Running]:
    """With `samples` it runs on one thread and is sampled, into that file; `database` is one that is there already."""
    ports = new_ports("public", "ops", *DESKS)
    file = folder / "relevo.yaml"
    write_configuration(file, ports, database or folder / "relevo.db", channels=channels)
    command = ["tests.bench.intake", "--config", str(file)]
    command += ["--samples", str(samples)] if samples else []
    async with Children() as children:
        child = await start_module(children, "intake", command, folder, desk_secrets() | PHONE_SECRETS)
        yield Running(local(ports["public"]), pid_of(child), at_once)


@asynccontextmanager
async def whole_relevo(folder: Path) -> AsyncIterator[Running]:
    async with relevo_and_desks(folder) as stage, aiohttp.ClientSession() as session:

        async def settled(tickets: int) -> None:
            for _ in range(_LOOKS):
                if (await read_metrics(session, stage.ops_url)).handed_off >= tickets:
                    return
                await asyncio.sleep(_LOOK_EVERY)
            raise LoadFailed(f"{tickets} tickets are not handed off after {_LOOKS * _LOOK_EVERY:g} s")

        yield Running(stage.public_url, pid_of(stage.relevo), settled)


async def at_once(_tickets: int) -> None:
    """Nothing is left to be done after the answers."""


BARE = Contestant("bare aiohttp", "the same model, orjson, no access log; keeps nothing", bare_aiohttp, 4000)
INTAKE = Contestant("durable intake", "every row on disk before the answer; hand-off paused", durable_intake, 4000)
WHOLE = Contestant("whole Relevo", "`relevo serve`, handing off to two demo desks meanwhile", whole_relevo, 2000)
BARE_WEBHOOK = Contestant(
    "bare aiohttp with RequestValidator",
    "Twilio's own validator over the same requests, TwiML of about that length, no access log; keeps nothing",
    partial(bare_aiohttp, route="calls"),
    4000,
    dialect="calls",
)
WEBHOOK = Contestant(
    "voice webhook",
    "the signature proved; call, ticket and all that a step changes on disk before the answer; hand-off paused",
    partial(durable_intake, channels=PHONE),
    4000,
    dialect="calls",
)
