"""The demo's script against real desks, with a gateway of the test's own that hands over at once, or doesn't."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.core.clock import SystemClock, iso
from gateway.core.ids import new_id
from gateway.core.provider import Takeover
from gateway.core.reference import new_reference
from gateway.core.signature import Signer
from gateway.demo.accounting import Account
from gateway.demo.configuration import new_secret, secret_variable
from gateway.demo.outage import Outage
from gateway.demo.processes import Child, Children, ready_line
from gateway.demo.scenario import Script, perform
from gateway.demo.spectator import Row
from gateway.demo.stage import Mail, Stage
from gateway.web.shapes import TakeoverList, TakeoverShape
from tests.support.ports import new_port

SECRET = new_secret()
DESKS = ("acme", "norte")
QUICK = Script(rate=40, calm=0.3, outage=0.5, after=0.3, patience=15.0)
_LOOK_EVERY = 0.1


class Relay:
    """Public and ops API in one: hands each ticket to the first desk that takes it, before it answers. What a desk may
    have that died in the middle is taken back once it is there again."""

    def __init__(
        self, desks: dict[str, str], session: aiohttp.ClientSession, doubts: asyncio.TaskGroup, *, forgetful: bool
    ) -> None:
        self._desks = desks
        self._session = session
        self._doubts = doubts
        self._forgetful = forgetful
        self._signer = Signer(SECRET, SystemClock())
        self._tickets: list[dict[str, Any]] = []
        self._switched_at: float | None = None

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/api/v1/tickets", self.hand_in)
        app.router.add_get("/api/v1/tickets", self.tickets)
        app.router.add_get("/api/v1/takeovers", self.takeovers)
        app.router.add_get("/api/v1/providers", self.providers)
        return app

    async def hand_in(self, request: web.Request) -> web.Response:
        reference, received_at = new_reference(), time.time()
        provider = await self._hand_off({**await request.json(), "reference": reference})
        if provider == "norte" and self._switched_at is None:
            self._switched_at = time.time()
        ticket = {"reference": reference, "state": "handed_off", "provider": provider}
        times = {"received_at": iso(received_at), "handed_off_at": iso(time.time())}
        self._tickets.append(ticket | times)
        return web.json_response({"reference": reference}, status=201)

    async def _hand_off(self, content: dict[str, Any]) -> str:
        body = json.dumps(content).encode()
        for name, url in self._desks.items():
            if self._forgetful and name == "norte":
                return name
            key = new_id()
            headers = self._signer.headers(new_id(), body) | {"Idempotency-Key": key}
            try:
                async with self._session.post(f"{url}/tickets", data=body, headers=headers) as response:
                    if response.status == 201:
                        return name
            except (aiohttp.ClientError, TimeoutError):
                self._doubts.create_task(self._take_back(url, key))
        raise web.HTTPServiceUnavailable

    async def _take_back(self, url: str, key: str) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            with suppress(aiohttp.ClientError, TimeoutError):
                headers = self._signer.headers(new_id(), b"")
                async with self._session.get(f"{url}/tickets", params={"key": key}, headers=headers) as found:
                    if found.status == 404:
                        return
                    theirs = (await found.json())["reference"]
                headers = self._signer.headers(new_id(), b"{}")
                async with self._session.post(f"{url}/tickets/{theirs}/withdraw", data=b"{}", headers=headers) as done:
                    assert done.status == 200, await done.text()
                    return

    async def tickets(self, request: web.Request) -> web.Response:
        wanted = [] if request.query.get("state") == "waiting" else self._tickets
        return web.json_response({"tickets": wanted, "next": None})

    async def takeovers(self, request: web.Request) -> web.Response:
        takeovers = (
            [] if self._switched_at is None else [TakeoverShape.model_validate(self._takeover(self._switched_at))]
        )
        text = TakeoverList(takeovers=takeovers).model_dump_json()
        return web.Response(text=text, content_type="application/json")

    def _takeover(self, at: float) -> Takeover:
        return Takeover("t", "default", "acme", "norte", None, at, at, at, 2.8, 5.0, met=True)

    async def providers(self, request: web.Request) -> web.Response:
        return web.json_response({"providers": [{"name": name, "state": "up"} for name in self._desks]})


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def play(
    stack: AsyncExitStack, directory: Path, outage: Outage, script: Script = QUICK, *, forgetful: bool = False
) -> tuple[Account, list[Row]]:
    session = await stack.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)))
    children = await stack.enter_async_context(Children())
    ports: dict[str, int] = {}
    desks: dict[str, Child] = {}
    for desk in DESKS:
        ports[desk] = new_port()
        command = [sys.executable, "-m", "gateway.demo.desk", "--name", desk, "--port", str(ports[desk])]
        command += ["--data", str(directory / desk)]
        child = Child(desk, command, ready_line, directory / f"{desk}.log", {secret_variable(desk): SECRET})
        desks[desk] = await children.start(child)
    urls = {desk: f"http://127.0.0.1:{port}" for desk, port in ports.items()}
    doubts = await stack.enter_async_context(asyncio.TaskGroup())
    relay = await stack.enter_async_context(TestServer(Relay(urls, session, doubts, forgetful=forgetful).app()))
    url = str(relay.make_url("")).rstrip("/")
    nobody = desks["acme"]
    stage = Stage(
        relevo=nobody,
        desks=desks,
        public_url=url,
        ops_url=url,
        desk_urls=urls,
        mail=Mail(nobody, url, ""),
        carrier=nobody,
        file=directory / "relevo.yaml",
    )
    rows: list[Row] = []
    async with asyncio.timeout(60):
        return await perform(outage, stage, script, rows.append), rows


@pytest.mark.parametrize("outage", [Outage.KILL, Outage.ERROR])
async def test_a_gateway_that_hands_over_holds_its_promises(
    stack: AsyncExitStack, tmp_path: Path, outage: Outage
) -> None:
    account, rows = await play(stack, tmp_path, outage)
    assert account.held, account
    assert account.accepted == account.handed_off == sum(account.at_desks.values()) == 44
    assert account.at_desks["norte"] > 0
    assert rows[0].states == {"acme": "up", "norte": "up"}
    assert rows[0].event == ""
    assert [row.event for row in rows if row.event]


async def test_a_gateway_that_only_says_so_is_found_out(stack: AsyncExitStack, tmp_path: Path) -> None:
    account, _ = await play(stack, tmp_path, Outage.ERROR, replace(QUICK, patience=1.0), forgetful=True)
    assert not account.held
    assert len(account.lost) > 0
    assert [promise.words for promise in account.promises if not promise.held] == ["nothing that was accepted is lost"]
