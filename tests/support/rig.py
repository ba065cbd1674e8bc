"""Relevo and its desks as real processes on random ports, for tests that kill, freeze and starve them."""

import random
import sys
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from gateway.app.configuration import assess, load_configuration
from gateway.client import OpsClient, OpsError
from gateway.core.clock import SystemClock
from gateway.core.errors import StartError
from gateway.demo.accounting import Account, Books, TicketView, settle
from gateway.demo.configuration import configuration, new_secret, secret_variable
from gateway.demo.desk_client import DeskClient
from gateway.demo.processes import Child, Children, free_port, ready_line
from gateway.demo.spectator import draw_up, tickets_of
from gateway.demo.traffic import HandIn
from routing.takeover.assessment import PolicyAssessment
from tests.support.eventually import eventually

_PORTS = range(15_000, 32_000)
"""Below those that the kernel gives to outgoing connections: such a one could take a port that a restart needs."""
CONTRACT = 5.0
_HOLD = 0.5
_RAMP = 0.5
_ANSWERED_WITHIN = 5.0
_READY_WITHIN = 15.0


class Rig:
    """Leaving the context ends every process. `desks` names them in the policy's order, the primary first.

    Desks in `without_reports` tell Relevo nothing of their own accord, so that only asking them tells what they have;
    those `in_this_process` are the test's own affair. `environment` is added to Relevo's at every start.
    """

    def __init__(
        self,
        directory: Path,
        desks: Sequence[str] = ("acme", "norte"),
        *,
        database: Path | None = None,
        without_reports: Collection[str] = (),
        in_this_process: Collection[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.names = tuple(desks)
        self.directory = directory
        self.database = database or directory / "relevo.db"
        self.file = directory / "relevo.yaml"
        self.log = directory / "relevo.log"
        self.clock = SystemClock()
        self.ports = _free_ports(("public", "ops", *desks))
        self.secrets = {secret_variable(name): new_secret() for name in desks}
        self._environment = environment or {}
        self.public_url = f"http://127.0.0.1:{self.ports['public']}"
        self.relevo = self._gateway()
        processes = [name for name in desks if name not in in_this_process]
        self.desks = {name: self._desk(name, reports=name not in without_reports) for name in processes}
        self.configure(desks)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=_ANSWERED_WITHIN)
        self._children = await self._stack.enter_async_context(Children())
        self._session = await self._stack.enter_async_context(aiohttp.ClientSession(timeout=timeout))
        self._ops_url = f"http://127.0.0.1:{self.ports['ops']}"
        self.ops = await self._stack.enter_async_context(OpsClient(self._ops_url, within=_ANSWERED_WITHIN))
        self.clients = {name: DeskClient(self._session, self.desk_url(name)) for name in self.names}
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def desk_url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def configure(self, desks: Sequence[str]) -> None:
        """Write the configuration file, with these desks in the policy's order."""
        text = configuration(
            public_port=self.ports["public"],
            ops_port=self.ports["ops"],
            desk_ports={name: self.ports[name] for name in desks},
            database=self.database,
            takeover_within=CONTRACT,
            hold=_HOLD,
            ramp=_RAMP,
        )
        self.file.write_text(text, encoding="utf-8")

    def assessment(self) -> PolicyAssessment:
        """What `relevo check` prints of the policy."""
        return assess(load_configuration(self.file, self.secrets), self.clock.now()).policies[0]

    async def start(self, failpoint: str = "") -> None:
        """The desks, then Relevo."""
        for desk in self.desks.values():
            await self._children.start(desk)
        await self.start_relevo(failpoint)

    async def start_relevo(self, failpoint: str = "") -> None:
        """Anew. With a failpoint, `name:count`, it may die there before it is ready."""
        self.relevo = self._gateway(failpoint)
        try:
            await self._children.start(self.relevo)
        except StartError:
            if not failpoint:
                raise

    async def ended(self, within: float) -> int:
        """Relevo's exit code, minus N where signal N did it; it must end without us within so many seconds."""

        async def still_running() -> str | None:
            return "Relevo to end" if self.relevo.running else None

        await self.until(still_running, within)
        assert self.relevo.process is not None
        assert self.relevo.process.returncode is not None
        return self.relevo.process.returncode

    async def until(self, missing: Callable[[], Awaitable[str | None]], within: float) -> None:
        """Wait until nothing is missing; fails with what is, and the tail of Relevo's log."""
        await eventually(missing, within, self.log)

    # What they say of themselves.

    async def books(self, hand_ins: Sequence[HandIn]) -> Books:
        return await draw_up(hand_ins, self.clients, self.ops, CONTRACT)

    async def tickets(self, state: str | None = None) -> list[TicketView]:
        return await tickets_of(self.ops, state=state)

    async def account(self, hand_ins: Sequence[HandIn]) -> Account:
        return settle(await self.books(hand_ins))

    async def settled(self, hand_ins: Sequence[HandIn], within: float) -> Account:
        """The account once each accepted ticket is at one desk and at no other."""

        async def missing() -> str | None:
            account = await self.account(hand_ins)
            return missing_in(account)

        await self.until(missing, within)
        return await self.account(hand_ins)

    async def events(self, *types: str) -> list[dict[str, Any]]:
        """Every event of these types in the stream, as CloudEvents."""
        found: list[dict[str, Any]] = []
        after = "0"
        while True:
            page = await self._get("/api/v1/events", after=after, limit="1000")
            found += [event for event in page if event["type"] in types]
            if not page:
                return found
            after = page[-1]["id"]

    async def metric(self, name: str) -> float:
        """The value of a metric without labels."""
        async with self._session.get(f"{self._ops_url}/metrics", headers={"Accept": "text/plain"}) as response:
            families = text_string_to_metric_families(await response.text())
        return next(sample.value for family in families for sample in family.samples if sample.name == name)

    async def hand_in(self, key: str, subject: str = "No puedo entrar") -> aiohttp.ClientResponse:
        """One request; the answer, with its body read."""
        body = {"subject": subject, "body": "Desde esta mañana.", "requester": {"email": "ana@example.org"}}
        url, headers = f"{self.public_url}/api/v1/tickets", {"Idempotency-Key": key}
        async with self._session.post(url, json=body, headers=headers) as response:
            await response.read()
            return response

    async def _get(self, path: str, **query: str) -> Any:
        async with self._session.get(self._ops_url + path, params=query) as response:
            assert response.status == 200, await response.text()
            return await response.json(content_type=None)

    # Processes

    def _gateway(self, failpoint: str = "") -> Child:
        command = [sys.executable, "-m", "gateway.cli", "serve", "-c", str(self.file)]
        environment = {**self.secrets, **self._environment, "RELEVO_FAILPOINT": failpoint}
        return Child("relevo", command, self._ready_to_serve, self.log, environment)

    def _desk(self, name: str, *, reports: bool) -> Child:
        command = [sys.executable, "-m", "gateway.demo.desk", "--name", name, "--port", str(self.ports[name])]
        command += ["--data", str(self.directory / name)]
        if reports:
            command += ["--events-url", f"{self.public_url}/providers/{name}/events"]
        return Child(name, command, ready_line, self.directory / f"{name}.log", self.secrets)

    async def _ready_to_serve(self, _child: Child) -> None:
        async def missing() -> str | None:
            try:
                return None if await self.ops.ready() else "Relevo to be ready"
            except OpsError as error:
                return f"Relevo to answer: {error}"

        await self.until(missing, _READY_WITHIN)


def missing_in(account: Account) -> str | None:
    """What keeps the account from being in order, in words."""
    wrong = {"lost": account.lost, "open at two desks": account.doubles_open, "waiting": account.waiting}
    return "; ".join(f"{what}: {found}" for what, found in wrong.items() if found) or None


def _free_ports(names: Sequence[str]) -> dict[str, int]:
    ports: dict[str, int] = {}
    for name in names:
        ports[name] = free_port(random.choice(_PORTS), taken=list(ports.values()))
    return ports
