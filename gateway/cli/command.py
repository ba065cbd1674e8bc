"""`relevo` and its commands."""

import click

from gateway.cli.commands.channels import channels
from gateway.cli.commands.check import check
from gateway.cli.commands.demo import demo
from gateway.cli.commands.desk import desk
from gateway.cli.commands.migrate import migrate
from gateway.cli.commands.overdue import overdue
from gateway.cli.commands.phone import phone
from gateway.cli.commands.providers import providers
from gateway.cli.commands.quarantine import quarantine
from gateway.cli.commands.reference import reference
from gateway.cli.commands.reload import reload
from gateway.cli.commands.route import route
from gateway.cli.commands.serve import serve
from gateway.cli.commands.store import store
from gateway.cli.commands.takeovers import takeovers
from gateway.cli.commands.tickets import tickets
from gateway.cli.language import say


@click.group(
    help=say(
        "Relevo: multichannel intake gateway with fallback routing. When the primary help desk fails, a backup has "
        "every ticket within the contracted time."
    ),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="relevo", message="%(prog)s %(version)s")
def relevo() -> None:
    """Nothing of its own: the commands do the work."""


for command in (
    serve,
    check,
    route,
    channels,
    phone,
    providers,
    tickets,
    overdue,
    takeovers,
    quarantine,
    reload,
    migrate,
    store,
    reference,
    demo,
    desk,
):
    relevo.add_command(command)
