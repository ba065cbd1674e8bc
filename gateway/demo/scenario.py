"""The two ways to run the demo: to be played with, or an outage from beginning to end. They print nothing: whoever
calls is told what happens, shown what can be seen, and gets the account."""

import asyncio
import contextlib
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from gateway.client import OpsClient
from gateway.core.clock import SystemClock
from gateway.core.errors import RelevoError
from gateway.core.texts import Saying
from gateway.demo.accounting import Account, settle
from gateway.demo.desk_client import DeskClient
from gateway.demo.outage import Outage, heal, strike
from gateway.demo.processes import Child
from gateway.demo.spectator import SILENCE, Row, Spectator, draw_up
from gateway.demo.stage import PRIMARY, TAKEOVER_WITHIN, Stage, Tell, set_stage
from gateway.demo.traffic import Traffic

_LOOK_WITHIN = 2.0


class DemoFailed(RelevoError):
    """The demo can't go on."""


async def play(directory: Path, tell: Tell, welcome: Callable[[Stage], None]) -> None:
    """All of it until Ctrl-C or SIGTERM. Raises StartError; DemoFailed when Relevo itself ends."""
    interrupted = asyncio.create_task(_interrupted(), name="demo: interrupted")
    async with set_stage(directory, tell) as stage:
        welcome(stage)
        children = [stage.relevo, *stage.desks.values(), stage.mail.postbox, stage.carrier]
        ends = {asyncio.create_task(_end(child), name=f"demo: {child.name}"): child for child in children}
        waiting: set[asyncio.Task[None]] = {interrupted, *ends}
        while not interrupted.done():
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for child in [ends[task] for task in done if task in ends]:
                if child is stage.relevo:
                    raise DemoFailed(Saying("Relevo has ended. Its last words:\n{words}", words=child.last_words()))
                if child is stage.mail.postbox:
                    tell(Saying("The postbox has ended; the others go on."))
                elif child is stage.carrier:
                    tell(Saying("The carrier has ended; the others go on."))
                else:
                    tell(Saying("The desk {name} has ended; the others go on.", name=child.name))
        for task in waiting:
            task.cancel()
        tell(Saying("Stopping."))


async def _interrupted() -> None:
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    await asked.wait()


async def _end(child: Child) -> None:
    if child.process is not None:
        await child.process.wait()


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


async def perform(outage: Outage, stage: Stage, script: Script, show: Callable[[Row], None]) -> Account:
    """Traffic, outage, return, and the account once the books agree or patience ends. Raises DemoFailed, OpsError."""
    timeout = aiohttp.ClientTimeout(total=_LOOK_WITHIN)
    async with aiohttp.ClientSession(timeout=timeout) as session, OpsClient(stage.ops_url, within=_LOOK_WITHIN) as ops:
        desks = {name: DeskClient(session, url) for name, url in stage.desk_urls.items()}
        try:
            return await _Performance(outage, stage, script, desks, ops).play(show)
        except (aiohttp.ClientError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            raise DemoFailed(Saying("a desk doesn't answer: {reason}", reason=reason)) from error


class _Performance:
    """One run of the script."""

    def __init__(
        self, outage: Outage, stage: Stage, script: Script, desks: dict[str, DeskClient], ops: OpsClient
    ) -> None:
        clock = SystemClock()
        self._outage = outage
        self._stage = stage
        self._script = script
        self._desks = desks
        self._ops = ops
        self._traffic = Traffic(stage.public_url, clock)
        self._spectator = Spectator(ops, desks, clock)
        self._event: str = ""

    async def play(self, show: Callable[[Row], None]) -> Account:
        watching = asyncio.create_task(self._watch(show), name="demo: table")
        try:
            traffic = self._traffic.run(self._script.rate, self._script.traffic)
            await asyncio.gather(traffic, self._outage_and_return())
            self._event = Saying("traffic is over; waiting for the books to agree")
            account = await self._account()
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching
        await self._look(show)
        return account

    async def _watch(self, show: Callable[[Row], None]) -> None:
        while True:
            await self._look(show)
            await asyncio.sleep(1.0)

    async def _look(self, show: Callable[[Row], None]) -> None:
        event = self._event
        show(await self._spectator.look(self._traffic.collector, event))
        if self._event is event:
            self._event = ""

    async def _outage_and_return(self) -> None:
        desk, client = self._stage.desks[PRIMARY], self._desks[PRIMARY]
        await asyncio.sleep(self._script.calm)
        self._event = await strike(self._outage, desk, client)
        await asyncio.sleep(self._script.outage)
        self._event = await heal(self._outage, desk, client)

    async def _account(self) -> Account:
        loop = asyncio.get_running_loop()
        patience_ends = loop.time() + self._script.patience
        while True:
            patient = loop.time() < patience_ends
            try:
                hand_ins = self._traffic.collector.hand_ins
                account = settle(await draw_up(hand_ins, self._desks, self._ops, TAKEOVER_WITHIN))
            except SILENCE:
                if not patient:
                    raise
            else:
                if account.held or not patient:
                    return account
            await asyncio.sleep(0.5)
