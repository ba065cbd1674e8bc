"""What `relevo demo` shows: where everything is, what happens, and the account."""

import asyncio
import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console

from gateway.cli.demo_board import Board
from gateway.cli.demo_statement import show_account
from gateway.cli.language import say
from gateway.core.texts import Saying
from gateway.demo.configuration import HELP_DESK, HELP_LINE
from gateway.demo.outage import Outage
from gateway.demo.scenario import Script, perform, play
from gateway.demo.stage import BACKUP, DESKS, PRIMARY, Stage, set_stage


def show_play(data: Path | None) -> None:
    """Until Ctrl-C, in `data` or else a temporary folder. Raises StartError, DemoFailed."""
    if data is not None:
        _play(data)
        return
    with tempfile.TemporaryDirectory(prefix="relevo-demo-") as name:
        _play(Path(name))


def show_outage(outage: Outage) -> bool:
    """From beginning to end; whether every promise held. Raises StartError, DemoFailed, OpsError."""
    with tempfile.TemporaryDirectory(prefix="relevo-demo-") as folder:
        names = {"primary": PRIMARY, "backup": BACKUP, "directory": folder}
        click.echo(say("Starting Relevo and the desks {primary} and {backup} in {directory}", **names))
        return asyncio.run(_outage(outage, Path(folder)))


async def _outage(outage: Outage, folder: Path) -> bool:
    console = Console()
    async with set_stage(folder, _tell) as stage:
        with Board(console, DESKS) as board:
            account = await perform(outage, stage, Script(), board.show)
        show_account(console, account)
    return account.held


def _play(folder: Path) -> None:
    asyncio.run(play(folder, _tell, lambda stage: _show_places(stage, folder)))


def _tell(saying: Saying) -> None:
    click.echo(say(saying))


def _show_places(stage: Stage, folder: Path) -> None:
    places = {
        say("form"): f"{stage.public_url}/",
        say("postbox"): f"{stage.mail.url}/",
        say("ops API"): f"{stage.ops_url}/api/v1/tickets",
        say("its description"): f"{stage.ops_url}/api/openapi.json",
        say("metrics"): f"{stage.ops_url}/metrics",
        say("primary desk, {name}", name=PRIMARY): f"{stage.desk_urls[PRIMARY]}/",
        say("backup desk, {name}", name=BACKUP): f"{stage.desk_urls[BACKUP]}/",
        say("mail to {address}", address=HELP_DESK): f"smtp://{stage.mail.listener}",
        say("call to {number}", number=HELP_LINE): f"{_command()} phone call -c {stage.file}",
        say("tickets and logs"): str(folder),
    }
    width = max(map(len, places))
    click.echo(
        say(
            "Relevo is up. Fill in the form, write a mail in the postbox, or have a call played in another terminal; "
            "give a desk a fault on its page, and see who gets the ticket."
        )
    )
    click.echo()
    for name, place in places.items():
        click.echo(f"  {name.ljust(width)}  {place}")
    click.echo()
    click.echo(say("Ctrl-C stops everything."))


def _command() -> str:
    """As it was started: it need not be on the path."""
    started = Path(sys.argv[0])
    return sys.argv[0] if started.name == "relevo" else "relevo"
