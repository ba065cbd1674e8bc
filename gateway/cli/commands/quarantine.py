"""`relevo quarantine`: what nobody could deliver, and what a person does about it."""

import click

from gateway.cli import options
from gateway.cli.gateway_access import GatewayAccess, asks_gateway
from gateway.cli.language import say
from gateway.cli.terminal import moment, show_json, show_table
from gateway.core.reference import show_reference


@click.group(invoke_without_command=True, help=say("Show and settle what could not be delivered."))
@asks_gateway
@options.as_json
def quarantine(access: GatewayAccess, as_json: bool) -> None:
    if click.get_current_context().invoked_subcommand is None:
        _list(access, as_json=as_json)


@quarantine.command("list", help=say("List everything in quarantine."))
@asks_gateway
@options.as_json
def list_items(access: GatewayAccess, as_json: bool) -> None:
    _list(access, as_json=as_json)


@quarantine.command(help=say("Send an item on its way again, its attempts forgotten."))
@asks_gateway
@click.argument("item", metavar="ID")
def replay(access: GatewayAccess, item: str) -> None:
    access.ask(lambda client: client.replay(item))
    click.echo(say("It is on its way again."))


@quarantine.command(help=say("Take an item out for good; the ticket of a hand-off is closed."))
@asks_gateway
@click.argument("item", metavar="ID")
def discard(access: GatewayAccess, item: str) -> None:
    access.ask(lambda client: client.discard(item))
    click.echo(say("It is discarded."))


def _list(access: GatewayAccess, *, as_json: bool) -> None:
    found = access.ask(lambda client: client.quarantine())
    if as_json:
        show_json(found)
    elif not found:
        click.echo(say("Quarantine is empty."))
    else:
        headings = [
            say("id"),
            say("kind"),
            say("reference"),
            say("target"),
            say("attempts"),
            say("since"),
            say("because"),
        ]
        rows = [
            (
                each["id"],
                each["kind"],
                show_reference(each["reference"]) if each["reference"] else None,
                each["target"],
                each["attempts"],
                moment(each["at"]),
                each["reason"],
            )
            for each in found
        ]
        show_table(headings, rows, whole=headings[:3])
