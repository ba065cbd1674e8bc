"""What takes over, each with two desks of its own: Relevo, and HAProxy with its default checks and with tuned ones."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp

from gateway.client import OpsClient
from gateway.core.clock import Instant
from gateway.demo.configuration import new_secret
from gateway.demo.desk_client import DeskClient
from gateway.demo.processes import Child, Children
from gateway.demo.spectator import tickets_of
from tests.bench.configuration import DESKS, Routes
from tests.bench.stage import desk_secrets, local, relevo_and_desks, start_desk
from tests.bench.takeover.client import Asked, DeskDoor, Door, RelevoDoor
from tests.bench.takeover.haproxy import Checks, haproxy
from tests.support.ports import new_ports

_QUICK_RETURN = Routes(hold=3.0, ramp=2.0)
"""A desk that is back gets new tickets again soon, so that the next phase can begin."""
_WITHIN = aiohttp.ClientTimeout(total=10.0)


@dataclass(frozen=True, slots=True)
class Rig:
    """One of them, running."""

    door: Door
    desks: Mapping[str, Child]
    clients: Mapping[str, DeskClient]
    recovered: Callable[[], Awaitable[None]]
    """Returns once the primary serves again, as before any fault."""
    handed_off: Callable[[Sequence[Asked]], Awaitable[dict[str, Instant]]]
    """When each of these requests' tickets was in a desk's hands for the first time, by reference."""


@asynccontextmanager
async def relevo_rig(folder: Path) -> AsyncIterator[Rig]:
    async with (
        relevo_and_desks(folder, routes=_QUICK_RETURN) as stage,
        aiohttp.ClientSession(timeout=_WITHIN) as session,
        OpsClient(stage.ops_url, within=10.0) as ops,
    ):

        async def recovered() -> None:
            while True:
                if all(each["state"] == "up" and each["share"] == 1.0 for each in await ops.providers()):
                    return
                await asyncio.sleep(0.25)

        async def handed_off(asked: Sequence[Asked]) -> dict[str, Instant]:
            return {each.reference: each.handed_off_at for each in await tickets_of(ops) if each.handed_off_at}

        clients = {name: DeskClient(session, url) for name, url in stage.desk_urls.items()}
        yield Rig(RelevoDoor(stage.public_url), stage.desks, clients, recovered, handed_off)


@asynccontextmanager
async def haproxy_rig(folder: Path, checks: Checks) -> AsyncIterator[Rig]:
    ports = new_ports("haproxy", "statistics", *DESKS)
    secret = new_secret()
    async with Children() as children, aiohttp.ClientSession(timeout=_WITHIN) as session:
        desks = {desk: await start_desk(children, desk, ports[desk], folder, desk_secrets(secret)) for desk in DESKS}
        clients = {desk: DeskClient(session, local(ports[desk])) for desk in DESKS}
        async with haproxy(folder, checks, ports) as statistics:
            door = DeskDoor(local(ports["haproxy"]), secret)
            yield Rig(door, desks, clients, statistics.all_up, _when_acknowledged)


async def _when_acknowledged(asked: Sequence[Asked]) -> dict[str, Instant]:
    """The answer comes from the desk itself."""
    return {each.reference: each.acknowledged_at for each in asked if each.reference and each.acknowledged_at}


RIGS: Mapping[str, Callable[[Path], AbstractAsyncContextManager[Rig]]] = {
    "Relevo": relevo_rig,
    "HAProxy, default checks": partial(haproxy_rig, checks=Checks.DEFAULT),
    "HAProxy, tuned": partial(haproxy_rig, checks=Checks.TUNED),
}


async def references_at(clients: Collection[DeskClient]) -> tuple[list[str], list[str]]:
    """The references of every copy that the desks have ever taken, and of those that they still answer for."""
    tickets = [ticket for client in clients for ticket in await client.tickets()]
    return [each.reference for each in tickets], [each.reference for each in tickets if each.held]
