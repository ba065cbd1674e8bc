"""`relevo takeovers`: the evidence of what was promised and what happened."""

import click

from gateway.cli import options
from gateway.cli.gateway_access import GatewayAccess, asks_gateway
from gateway.cli.language import say
from gateway.cli.terminal import show_json


@click.command(help=say("Show the takeovers, newest first. Each time is what it took, of what was promised."))
@asks_gateway
@options.as_json
def takeovers(access: GatewayAccess, as_json: bool) -> None:
    found = access.ask(lambda client: client.takeovers())
    if as_json:
        show_json(found)
    elif not found:
        click.echo(say("There was no takeover."))
    else:
        from gateway.cli.takeover_report import show_takeovers
        from gateway.client import as_takeover

        show_takeovers([as_takeover(each) for each in found])
