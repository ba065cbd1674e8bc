"""`relevo demo`: Relevo between two demo desks, to be played with, or an outage from beginning to end."""

from pathlib import Path

import click

from gateway.cli.failure import INTERRUPTED, Failure, expected_errors
from gateway.cli.language import say
from gateway.demo.outage import Outage


@click.command(
    help=say(
        "Run Relevo with two demo desks and a postbox, or stage an outage. Without --outage the addresses are printed "
        "and Ctrl-C stops everything. With it the primary desk fails under real traffic and comes back, and the "
        "account is settled: ends with 0 only if every promise held."
    )
)
@click.option("--outage", type=click.Choice([each.value for each in Outage]), help=say("The outage to go through."))
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help=say("A folder that keeps tickets and logs; a temporary one unless given."),
)
def demo(outage: str | None, data: Path | None) -> None:
    if outage is not None and data is not None:
        raise click.UsageError(say("--outage uses a temporary folder: --data can't be given with it"))
    context = click.get_current_context()
    with expected_errors():
        from gateway.cli.demo_shows import show_outage, show_play

        if outage is None:
            show_play(data)
            return
        try:
            held = show_outage(Outage(outage))
        except KeyboardInterrupt:
            context.exit(INTERRUPTED)
        context.exit(0 if held else Failure.exit_code)
