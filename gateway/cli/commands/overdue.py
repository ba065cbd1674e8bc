"""`relevo overdue`: tickets past their contracted time."""

import click

from gateway.cli import options
from gateway.cli.gateway_access import GatewayAccess, asks_gateway
from gateway.cli.language import say
from gateway.cli.terminal import moment, show_json, show_table
from gateway.core.reference import show_reference


@click.command(help=say("List tickets past their contracted time, and why."))
@asks_gateway
@options.as_json
def overdue(access: GatewayAccess, as_json: bool) -> None:
    found = access.ask(lambda client: client.overdue())
    if as_json:
        show_json(found)
    elif not found:
        click.echo(say("No ticket is overdue."))
    else:
        headings = [say("reference"), say("policy"), say("due"), say("late"), say("tried"), say("because")]
        rows = [
            (
                show_reference(each["reference"]),
                each["policy"],
                moment(each["due_at"]),
                f"{each['seconds_late']:.0f} s",
                ", ".join(f"{tried['provider']} {tried['state']}" for tried in each["tries"]),
                each["reason"],
            )
            for each in found
        ]
        show_table(headings, rows, whole=headings[:4])
