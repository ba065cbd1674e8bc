"""`relevo demo --outage`: real traffic, a real outage of the primary desk, its return, and the account at the end."""

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import aiohttp
from rich.console import Console

from gateway.core.clock import Clock, SystemClock
from gateway.core.errors import StartError
from gateway.demo.accounting import Account, Books, settle
from gateway.demo.desk_client import DeskClient
from gateway.demo.ops_client import OpsClient
from gateway.demo.outage import Outage, heal, strike
from gateway.demo.stage import Stage, Times, set_stage
from gateway.demo.statement import state
from gateway.demo.table import Board, Row
from gateway.demo.texts import Texts, language_of
from gateway.demo.traffic import Traffic

T = TypeVar("T")

_PRIMARY, _BACKUP = "acme", "norte"
_LOOK = aiohttp.ClientTimeout(total=2.0)


@dataclass(frozen=True, slots=True)
class Script:
    """When what happens, in seconds, and how much traffic there is a second."""

    rate: float = 20.0
    calm: float = 4.0
    """Before the outage."""
    outage: float = 8.0
    after: float = 10.0
    """Traffic goes on for so long once the desk is back."""
    patience: float = 40.0
    """How long the books may take to agree once the traffic is over."""

    @property
    def traffic(self) -> float:
        return self.calm + self.outage + self.after


class Observer:
    """Sees what the desks and Relevo say of themselves, each second and at the end."""

    def __init__(self, stage: Stage, session: aiohttp.ClientSession, clock: Clock) -> None:
        self._ops = OpsClient(session, stage.ops_url)
        self._clock = clock
        self._began_at = clock.now()
        self.desks = {name: DeskClient(session, url) for name, url in stage.desk_urls.items()}

    async def row(self, traffic: Traffic, event: str) -> Row:
        """What can be seen now; whoever doesn't answer leaves a gap."""
        desks = await asyncio.gather(*(_or_none(desk.tickets()) for desk in self.desks.values()))
        waiting = await _or_none(self._ops.tickets("waiting"))
        states = await _or_none(self._ops.provider_states())
        now = self._clock.now()
        return Row(
            seconds=now - self._began_at,
            accepted=traffic.collector.accepted,
            failed=traffic.collector.failed,
            at_desks={
                name: None if tickets is None else sum(ticket.held for ticket in tickets)
                for name, tickets in zip(self.desks, desks, strict=True)
            },
            waiting=None if waiting is None else len(waiting),
            oldest=max((now - ticket.received_at for ticket in waiting), default=0.0) if waiting is not None else None,
            states=states or {},
            event=event,
        )

    async def books(self, traffic: Traffic, takeover_within: float) -> Books:
        """Everything for the account. Raises aiohttp.ClientError or TimeoutError."""
        return Books(
            hand_ins=traffic.collector.hand_ins,
            desks={name: await desk.tickets() for name, desk in self.desks.items()},
            tickets=await self._ops.tickets(),
            takeovers=await self._ops.takeovers(),
            takeover_within=takeover_within,
        )


async def _or_none(answer: Awaitable[T]) -> T | None:
    try:
        return await answer
    except (aiohttp.ClientError, TimeoutError):
        return None


class Performance:
    """One run of the script."""

    def __init__(self, stage: Stage, script: Script, outage: Outage, times: Times, observer: Observer) -> None:
        self._stage = stage
        self._script = script
        self._outage = outage
        self._times = times
        self._observer = observer
        self._event = ""

    async def play(self, traffic: Traffic, board: Board, texts: Texts) -> Account:
        """Traffic, outage, return, and the account once the books agree, or patience is over."""
        watching = asyncio.create_task(self._watch(traffic, board), name="demo: table")
        try:
            await asyncio.gather(traffic.run(self._script.rate, self._script.traffic), self._outage_and_return(texts))
            self._event = texts("settling")
            return await self._account(traffic)
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching

    async def _watch(self, traffic: Traffic, board: Board) -> None:
        while True:
            event, self._event = self._event, ""
            board.show(await self._observer.row(traffic, event))
            await asyncio.sleep(1.0)

    async def _outage_and_return(self, texts: Texts) -> None:
        desk, client = self._stage.desks[_PRIMARY], self._observer.desks[_PRIMARY]
        await asyncio.sleep(self._script.calm)
        await strike(self._outage, desk, client)
        self._event = texts("fault", primary=_PRIMARY, fault=texts(self._outage))
        await asyncio.sleep(self._script.outage)
        await heal(self._outage, desk, client)
        self._event = texts("healed", primary=_PRIMARY)

    async def _account(self, traffic: Traffic) -> Account:
        loop = asyncio.get_running_loop()
        patience_ends = loop.time() + self._script.patience
        while loop.time() < patience_ends:
            books = await _or_none(self._observer.books(traffic, self._times.takeover_within))
            if books is not None and (account := settle(books)).held:
                return account
            await asyncio.sleep(0.5)
        return settle(await self._observer.books(traffic, self._times.takeover_within))


async def perform(outage: Outage, script: Script, console: Console, texts: Texts) -> Account:
    """Play the script in a directory of its own, and print the account. Raises StartError."""
    times = Times(takeover_within=5.0, hold=3.0, ramp=2.0)
    clock = SystemClock()
    with tempfile.TemporaryDirectory(prefix="relevo-demo-") as name:
        directory = Path(name)
        console.print(texts("starting", primary=_PRIMARY, backup=_BACKUP, directory=directory), soft_wrap=True)
        async with (
            set_stage(directory, (_PRIMARY, _BACKUP), times, texts, console.print) as stage,
            aiohttp.ClientSession(timeout=_LOOK) as session,
        ):
            observer = Observer(stage, session, clock)
            traffic = Traffic(stage.public_url, clock)
            with Board(console, (_PRIMARY, _BACKUP), texts) as board:
                performance = Performance(stage, script, outage, times, observer)
                account = await performance.play(traffic, board, texts)
            state(console, account, times.takeover_within, texts)
            return account


def demo(outage: str, script: Script | None = None) -> int:
    """Run the demo in the terminal's language; 0 if every promise held, 1 if not, 2 if it couldn't run, 130 at Ctrl-C.

    Raises ValueError for an outage that there isn't.
    """
    texts = Texts(language_of(os.environ))
    console = Console()
    try:
        account = asyncio.run(perform(Outage(outage), script or Script(), console, texts))
    except (StartError, aiohttp.ClientError, TimeoutError) as error:
        sys.stderr.write(f"relevo demo: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0 if account.held else 1
