"""`relevo reload`: a changed file into force."""

import click

from gateway.cli.gateway_access import GatewayAccess, asks_gateway
from gateway.cli.language import say


@click.command(
    help=say(
        "Put the changed configuration into force. Where that can't be, the problems are shown and the one before "
        "stays."
    )
)
@asks_gateway
def reload(access: GatewayAccess) -> None:
    digest = access.ask(lambda client: client.reload())
    click.echo(say("The configuration is in force: {digest}", digest=digest))
