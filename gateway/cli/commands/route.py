"""`relevo route`: who would get a ticket, and why."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli import options
from gateway.cli.failure import expected_errors
from gateway.cli.language import say
from gateway.core.ticket import Priority

if TYPE_CHECKING:
    from datetime import datetime


class _Moment(click.ParamType["datetime"]):
    name = "moment"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> "datetime":
        """With the zone that was given; without one where none was."""
        from datetime import datetime

        try:
            at = datetime.fromisoformat(str(value))
            at.astimezone()  # it may be out of the range of instants
        except (ValueError, OverflowError, OSError):
            self.fail(say("a time is needed, such as 2026-12-24T03:00 or 2026-12-24T03:00+01:00"), param, ctx)
        return at


@click.command(
    help=say(
        "Explain who would get a ticket. Shown are the policy that fits, its providers in order, each with the reason, "
        "the hedge and the deadline. No provider is asked: all count as up but those that --down names."
    )
)
@options.config_file
@click.option("--channel", required=True, metavar="NAME", help=say("The channel that it comes in by."))
@click.option("--language", metavar="CODE", help=say("The language of the ticket, such as es."))
@click.option("--category", metavar="NAME", help=say("The category of the ticket."))
@click.option(
    "--priority",
    type=click.Choice([each.label for each in Priority]),
    default=Priority.NORMAL.label,
    show_default=True,
    help=say("How urgent it is."),
)
@click.option(
    "--at",
    type=_Moment(),
    metavar="TIME",
    help=say("When it comes, such as 2026-12-24T03:00; local time without a zone, now unless given."),
)
@click.option("--down", multiple=True, metavar="PROVIDER", help=say("A provider that is down; may be repeated."))
def route(
    config_file: Path,
    channel: str,
    language: str | None,
    category: str | None,
    priority: str,
    at: "datetime | None",
    down: tuple[str, ...],
) -> None:
    with expected_errors():
        from gateway.app.configuration import load_configuration
        from gateway.cli.route_report import Request, show_route

        config = load_configuration(config_file)
        for name in down:
            if name not in config.providers:
                known = ", ".join(config.providers)
                raise click.BadParameter(
                    say("no provider is called {name}; there are: {known}", name=name, known=known), param_hint="--down"
                )
        request = Request(channel, language, category, Priority[priority.upper()], at, frozenset(down))
        show_route(config, request)
