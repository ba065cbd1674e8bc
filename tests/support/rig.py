"""Relevo and its desks as real processes on random ports, for tests that kill, freeze and starve them."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self

import aiohttp
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

from gateway.app.configuration import assess, load_configuration
from gateway.client import OpsClient, OpsError
from gateway.core.clock import SystemClock
from gateway.core.errors import StartError
from gateway.demo.accounting import Account, Books, TicketView, settle
from gateway.demo.configuration import configuration, new_secret, secret_variable
from gateway.demo.desk_client import DeskClient
from gateway.demo.processes import Child, Children
from gateway.demo.spectator import SILENCE, draw_up, tickets_of
from gateway.demo.traffic import HandIn
from routing.takeover.assessment import PolicyAssessment
from tests.support.eventually import eventually
from tests.support.ports import new_ports
from tests.support.warm import WarmChild

CONTRACT = 5.0
_HOLD = 0.5
_RAMP = 0.5
_ANSWERED_WITHIN = 15.0
_READY_WITHIN = 30.0
Adjust = Callable[[dict[str, Any]], None]

_UNHURRIED = "60s"


def unhurried(config: dict[str, Any]) -> None:
    """Contracts so long that nobody is asked beside another, nor too late, however busy the machine."""
    for policy in config["policies"]:
        policy["takeover_within"] = _UNHURRIED


class Rig:
    """Leaving the context ends every process; they start warm where they can (see `warm`). `desks` names them in the
    policy's order, the primary first.

    Desks in `without_reports` tell Relevo nothing of their own accord, so that only asking them tells what they have;
    those `in_this_process` are the test's own affair. At desks `with_agents` people pick tickets up at once.
    `environment` is added to Relevo's at every start, and `desk_environment` to the desks'. `adjust` may change the
    configuration, as read from YAML, before it is written. By the name of a process `within` gives the command that is
    to run it (such as one in a network namespace), and `hosts` its address where that isn't 127.0.0.1.
    Where desks are `probed`, Relevo counts as started only when it knows of each how it is.
    """

    def __init__(
        self,
        directory: Path,
        desks: Sequence[str] = ("acme", "norte"),
        *,
        database: Path | None = None,
        without_reports: Collection[str] = (),
        in_this_process: Collection[str] = (),
        with_agents: Collection[str] = (),
        environment: Mapping[str, str] | None = None,
        desk_environment: Mapping[str, str] | None = None,
        adjust: Adjust | None = None,
        within: Mapping[str, Sequence[str]] | None = None,
        hosts: Mapping[str, str] | None = None,
        probed: bool = False,
    ) -> None:
        self.names = tuple(desks)
        self.directory = directory
        self.database = database or directory / "relevo.db"
        self.file = directory / "relevo.yaml"
        self.log = directory / "relevo.log"
        self.clock = SystemClock()
        self.ports = new_ports("public", "ops", *desks)
        self.secrets = {secret_variable(name): new_secret() for name in desks}
        self._environment = environment or {}
        self._desk_environment = desk_environment or {}
        self._adjust = adjust
        self._with_agents = with_agents
        self._within = within or {}
        self._hosts = hosts or {}
        self._probed = probed
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

    @property
    def ledger_url(self) -> str:
        """The store, for those who look at its rows beside the service (an SQLAlchemy URL)."""
        return f"sqlite:///file:{self.database}?mode=ro&uri=true"

    def desk_url(self, name: str) -> str:
        return f"http://{self._host(name)}:{self.ports[name]}"

    def _host(self, name: str) -> str:
        return self._hosts.get(name, "127.0.0.1")

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
        if self._adjust is not None:
            content = YAML(typ="safe").load(text)
            self._adjust(content)
            text = json.dumps(content, indent=1)  # which is YAML, too
        self.file.write_text(text, encoding="utf-8")

    def assessment(self) -> PolicyAssessment:
        """What `relevo check` prints of the policy; of the first one where there are several."""
        return self.assessments()[0]

    def assessments(self) -> Sequence[PolicyAssessment]:
        """What `relevo check` prints of every policy."""
        return assess(load_configuration(self.file, self.secrets), self.clock.now()).policies

    async def start(self, failpoint: str = "") -> None:
        """The desks, then Relevo."""
        await self.start_desks()
        await self.start_relevo(failpoint)

    async def start_desks(self) -> None:
        await asyncio.gather(*(self._children.start(desk) for desk in self.desks.values()))

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

    async def ready(self, within: float) -> None:
        """Wait until Relevo says that it is ready; fails with its reasons. A busy machine is reason enough: it isn't
        ready for two seconds after its loop lagged."""

        async def missing() -> str | None:
            try:
                reasons = await self.ops.why_not_ready()
            except OpsError as error:
                return f"Relevo to answer: {error}"
            return f"Relevo to be ready: {reasons}" if reasons else None

        await self.until(missing, within)

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

    async def was_kept_waiting(self) -> bool:
        """Relevo itself says that it didn't get to run in time, be it the machine's fault or its own."""
        broken = await self.events("assumption.broken")
        return any(event["data"]["assumption"] != "wall clock" for event in broken)

    async def metric(self, name: str) -> float:
        """The value of a metric without labels."""
        async with self._session.get(f"{self._ops_url}/metrics", headers={"Accept": "text/plain"}) as response:
            families = text_string_to_metric_families(await response.text())
        return next(sample.value for family in families for sample in family.samples if sample.name == name)

    async def hand_in(self, key: str, subject: str = "No puedo entrar", **fields: str) -> aiohttp.ClientResponse:
        """One request, with these fields beside the subject; the answer, with its body read."""
        body = {"subject": subject, "body": "Desde esta mañana.", "requester": {"email": "ana@example.org"}, **fields}
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
        command = [*self._within.get("relevo", ()), sys.executable, "-m", "gateway.cli", "serve", "-c", str(self.file)]
        environment = {**self.secrets, **self._environment, "RELEVO_FAILPOINT": failpoint}
        return WarmChild("relevo", command, self._ready_to_serve, self.log, environment)

    def _desk(self, name: str, *, reports: bool) -> Child:
        command = [*self._within.get(name, ()), sys.executable, "-m", "gateway.demo.desk", "--name", name]
        command += ["--host", self._host(name), "--port", str(self.ports[name]), "--data", str(self.directory / name)]
        if reports:
            command += ["--events-url", f"{self.public_url}/providers/{name}/events"]
        if name in self._with_agents:
            command += ["--pick-up-after", "100ms"]
        environment = {**self.secrets, **self._desk_environment}
        return WarmChild(name, command, self._desk_answers, self.directory / f"{name}.log", environment)

    async def _ready_to_serve(self, _child: Child) -> None:
        await self.ready(_READY_WITHIN)
        if self._probed:
            await self.until(self._unknown_desks, _READY_WITHIN)

    async def _unknown_desks(self) -> str | None:
        unknown = [each["name"] for each in await self.ops.providers() if each["state"] == "unknown"]
        return f"these desks to be probed: {unknown}" if unknown else None

    async def _desk_answers(self, desk: Child) -> None:
        async def missing() -> str | None:
            try:
                await self.clients[desk.name].tickets()
            except SILENCE:
                return f"{desk.name} to answer"
            return None

        await eventually(missing, _READY_WITHIN, desk.log)


def missing_in(account: Account) -> str | None:
    """What keeps the account from being in order, in words."""
    wrong = {"lost": account.lost, "open at two desks": account.doubles_open, "waiting": account.waiting}
    return "; ".join(f"{what}: {found}" for what, found in wrong.items() if found) or None
