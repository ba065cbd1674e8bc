"""`relevo quarantine`: what nobody could deliver, or read, and what a person does about it."""

import sys
from collections.abc import Mapping
from typing import Any

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


@quarantine.command(
    help=say("Send an item on its way again, its attempts forgotten; without ID, have all mails read again.")
)
@asks_gateway
@click.argument("item", metavar="[ID]", required=False)
@click.option("--channel", metavar="NAME", help=say("Only the mails of this channel."))
@click.option("--reason", metavar="TEXT", help=say("Only the mails with this in their reason."))
def replay(access: GatewayAccess, item: str | None, channel: str | None, reason: str | None) -> None:
    if item is None:
        mails = access.ask(lambda client: client.replay_mails(channel=channel, reason=reason))
        click.echo(say("Mails that are read again: {count}", count=mails))
    elif channel is None and reason is None:
        access.ask(lambda client: client.replay(item))
        click.echo(say("It is on its way again."))
    else:
        raise click.UsageError(say("--channel and --reason choose among the mails: give them without ID"))


@quarantine.command(help=say("Write a mail that could not be read to standard output, as it came."))
@asks_gateway
@click.argument("item", metavar="ID")
def mail(access: GatewayAccess, item: str) -> None:
    if sys.stdout.isatty():
        raise click.UsageError(say("a mail is not for a terminal: send it to a file, with > mail.eml"))
    click.echo(access.ask(lambda client: client.quarantined_mail(item)), nl=False)


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
                _target(each),
                each["attempts"],
                moment(each["at"]),
                each["reason"],
            )
            for each in found
        ]
        show_table(headings, rows, whole=headings[:3])


def _target(item: Mapping[str, Any]) -> str | None:
    """A mail's channel, with where in it the mail came from."""
    return f"{item['target']} ({item['place']})" if item["place"] else item["target"]
