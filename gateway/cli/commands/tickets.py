"""`relevo tickets`: the newest tickets, and one of them in full."""

from typing import Any

import click

from gateway.cli import options
from gateway.cli.gateway_access import GatewayAccess, asks_gateway
from gateway.cli.language import say
from gateway.cli.terminal import moment, printable, show_facts, show_json, show_table
from gateway.core.reference import parse_reference, show_reference
from gateway.core.ticket import TicketState

_MOST = 200


@click.group(invoke_without_command=True, help=say("List the newest tickets, or show one of them."))
@asks_gateway
@click.option("--state", type=click.Choice([each.value for each in TicketState]), help=say("Only those in this state."))
@click.option(
    "--limit", type=click.IntRange(1, _MOST), default=50, show_default=True, help=say("How many to show at most.")
)
@options.as_json
def tickets(access: GatewayAccess, state: str | None, limit: int, as_json: bool) -> None:
    if click.get_current_context().invoked_subcommand is not None:
        return
    found, older = access.ask(lambda client: client.tickets(state=state, limit=limit))
    if as_json:
        show_json(found)
    elif not found:
        click.echo(say("There is no ticket."))
    else:
        _list(found)
        if older is not None:
            click.echo(say("Only the newest {count} are shown.", count=len(found)))


@tickets.command(help=say("Show one ticket with its hand-offs and conversation; REFERENCE is such as 482-915-7360."))
@asks_gateway
@click.argument("reference")
@options.as_json
def show(access: GatewayAccess, reference: str, as_json: bool) -> None:
    plain = parse_reference(reference)
    if plain is None:
        problem = say("this is no reference: ten digits are needed, such as 482-915-7360, and one of these is wrong")
        raise click.BadParameter(problem, param_hint="REFERENCE")
    ticket = access.ask(lambda client: client.ticket(plain))
    if as_json:
        show_json(ticket)
        return
    _show_facts(ticket)
    _show_handoffs(ticket["handoffs"])
    for message in ticket["messages"]:
        _show_message(message)
    if ticket["withheld"]:
        click.echo()
        click.echo(say("Personal data is withheld: the gateway has no token that protects it (gateway.ops.token)."))


def _list(found: list[dict[str, Any]]) -> None:
    headings = [
        say("reference"),
        say("state"),
        say("provider"),
        say("received"),
        say("channel"),
        say("priority"),
        say("because"),
    ]
    rows = [
        (
            show_reference(each["reference"]),
            each["state"],
            each["provider"],
            moment(each["received_at"]),
            each["channel"],
            each["priority"],
            each["reason"],
        )
        for each in found
    ]
    show_table(headings, rows, whole=headings[:4])


def _show_facts(ticket: dict[str, Any]) -> None:
    requester = ticket["requester"] or {}
    show_facts(
        {
            say("reference"): show_reference(ticket["reference"]),
            say("state"): ticket["state"],
            say("because"): ticket["reason"],
            say("provider"): ticket["provider"],
            say("subject"): ticket["subject"],
            say("requester"): ", ".join(value for value in requester.values() if value) or None,
            say("channel"): ticket["channel"],
            say("language"): ticket["language"],
            say("category"): ticket["category"],
            say("priority"): ticket["priority"],
            say("policy"): ticket["policy"],
            say("received"): moment(ticket["received_at"]),
            say("due"): moment(ticket["due_at"]),
            say("handed off"): moment(ticket["handed_off_at"]),
        }
    )


def _show_handoffs(handoffs: list[dict[str, Any]]) -> None:
    if not handoffs:
        return
    click.echo()
    headings = [say("provider"), say("state"), say("attempts"), say("their reference"), say("since"), say("because")]
    rows = [
        (
            each["provider"],
            each["state"],
            each["attempts"],
            each["provider_reference"],
            moment(each["answered_at"] or each["started_at"]),
            each["reason"],
        )
        for each in handoffs
    ]
    show_table(headings, rows, whole=headings[:3])


def _show_message(message: dict[str, Any]) -> None:
    click.echo()
    sender = message["author"] or message["provider"] or ""
    heading = f"{message['number']} · {message['direction']} · {moment(message['at'])} {sender}".rstrip()
    click.secho(printable(heading), bold=True)
    if message["authenticated"]:
        click.echo(printable(_sender(message["authenticated"])))
    for line in (message["body"] or "").splitlines():
        click.echo(printable(line))


def _sender(authenticated: str) -> str:
    """What is known of who sent a mail."""
    if authenticated == "no":
        return say("The sender is not authenticated.")
    if authenticated == "failed":
        return say("The sender's own domain disowns this mail.")
    return say("The sender is authenticated: {how}.", how=authenticated)
