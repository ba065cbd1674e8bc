"""Relevo between two demo desks, until Ctrl-C."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from gateway.cli.failure import Failure
from gateway.cli.language import say
from gateway.core.errors import StartError
from gateway.demo.processes import Child
from gateway.demo.stage import Stage, Times, set_stage
from gateway.demo.texts import Texts, language_of

_DESKS = ("acme", "norte")
_TIMES = Times(takeover_within=5.0, hold=3.0, ramp=2.0)


def play(data: Path | None) -> None:
    """Returns when interrupted. Raises StartError; Failure when Relevo itself ends."""
    with _folder(data) as folder:
        asyncio.run(_play(folder))


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    if data is None:
        with tempfile.TemporaryDirectory(prefix="relevo-demo-") as name:
            yield Path(name)
        return
    try:
        data.mkdir(parents=True, exist_ok=True)
        (data / "relevo.yaml").touch()
    except OSError as error:
        raise StartError(say("{folder} can't be written: {reason}", folder=data, reason=error.strerror)) from error
    yield data


async def _play(folder: Path) -> None:
    interrupted = asyncio.create_task(_interrupted(), name="demo: interrupted")
    async with set_stage(folder, _DESKS, _TIMES, Texts(language_of(os.environ)), click.echo) as stage:
        _tell(stage, folder)
        children = [stage.relevo, *stage.desks.values()]
        ends = {asyncio.create_task(_end(child), name=f"demo: {child.name}"): child for child in children}
        waiting: set[asyncio.Task[None]] = {interrupted, *ends}
        while not interrupted.done():
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for child in [ends[task] for task in done if task in ends]:
                _tell_end(child, essential=child is stage.relevo)
        for task in waiting:
            task.cancel()
        click.echo(say("Stopping."))


async def _interrupted() -> None:
    """Until Ctrl-C, or SIGTERM."""
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    await asked.wait()


async def _end(child: Child) -> None:
    if child.process is not None:
        await child.process.wait()


def _tell_end(child: Child, *, essential: bool) -> None:
    """A desk may be killed to see what happens; without Relevo there is nothing to see. Raises Failure."""
    if essential:
        raise Failure(say("Relevo has ended. Its last words:\n{words}", words=child.last_words()))
    click.echo(say("The desk {name} has ended; the others go on.", name=child.name))


def _tell(stage: Stage, folder: Path) -> None:
    primary, backup = stage.desks
    places = {
        say("form"): f"{stage.public_url}/",
        say("ops API"): f"{stage.ops_url}/api/v1/tickets",
        say("its description"): f"{stage.ops_url}/api/openapi.json",
        say("metrics"): f"{stage.ops_url}/metrics",
        say("primary desk, {name}", name=primary): f"{stage.desk_urls[primary]}/",
        say("backup desk, {name}", name=backup): f"{stage.desk_urls[backup]}/",
        say("tickets and logs"): str(folder),
    }
    width = max(map(len, places))
    click.echo(say("Relevo is up. Fill in the form, give a desk a fault on its page, and see who gets the ticket."))
    click.echo()
    for name, place in places.items():
        click.echo(f"  {name.ljust(width)}  {place}")
    click.echo()
    click.echo(say("Ctrl-C stops everything."))
