"""`relevo serve`: the service itself, in the foreground."""

import gc
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli import options
from gateway.cli.failure import expected_errors
from gateway.cli.language import say
from gateway.cli.plain_structlog import import_plain_structlog

if TYPE_CHECKING:
    from gateway.logs import Format, Level


@click.command(
    help=say(
        "Run the service. Prints a line for each address once it is ready. SIGHUP puts a changed file into force, "
        "SIGTERM and SIGINT stop it in order, a second SIGINT at once. Ends with 0 when it was told to stop, 1 when a "
        "contract can't be met or it can't start or go on, 2 when the configuration is wrong."
    )
)
@options.config_file
@click.option("--accept-impossible", is_flag=True, help=say("Start although a contract can't be met."))
@click.option(
    "--log-format",
    type=click.Choice(["json", "text"]),
    help=say("Of the log on standard error; text on a terminal and JSON elsewhere, unless given."),
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    help=say("The least that is logged."),
)
def serve(config_file: Path, accept_impossible: bool, log_format: "Format | None", log_level: "Level") -> None:
    gc.disable()  # what a start makes it keeps: looking for garbage would only delay it
    try:
        with expected_errors():
            import_plain_structlog()
            from gateway.cli.serving import serve_until_stopped

            serve_until_stopped(
                config_file, accept_impossible=accept_impossible, log_format=log_format, log_level=log_level
            )
    finally:
        gc.enable()
