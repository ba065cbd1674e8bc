"""`relevo providers`: the providers' health."""

import click

from gateway.cli import options
from gateway.cli.gateway_access import GatewayAccess, asks_gateway
from gateway.cli.language import say
from gateway.cli.terminal import moment, show_json, show_table


@click.command(help=say("Show each provider's state, and why."))
@asks_gateway
@options.as_json
def providers(access: GatewayAccess, as_json: bool) -> None:
    found = access.ask(lambda client: client.providers())
    if as_json:
        show_json(found)
        return
    headings = [say("provider"), say("state"), say("share"), say("since"), say("because")]
    rows = [
        (each["name"], each["state"], f"{each['share']:.0%}", moment(each["since"]), each["reason"]) for each in found
    ]
    show_table(headings, rows, whole=headings[:4])
