"""`relevo store`: what is done with a store while no gateway has it open."""

from typing import TYPE_CHECKING

import click

from gateway.cli.failure import expected_errors
from gateway.cli.language import say

if TYPE_CHECKING:
    from gateway.core.store_address import StoreAddress


@click.group(help=say("Look after a store while no gateway has it open."))
def store() -> None:
    """Nothing of its own."""


@store.command(
    help=say(
        "Copy an SQLite store into an empty PostgreSQL database. Everything keeps its ids and numbers, and is compared "
        "before it is kept: all of it arrives, or nothing. A password is taken from PGPASSFILE or PGPASSWORD."
    )
)
@click.option("--from", "source", required=True, metavar="sqlite:FILE", help=say("The store to be copied."))
@click.option(
    "--to", "target", required=True, metavar="postgresql://USER@HOST/DATABASE", help=say("The empty database.")
)
def copy(source: str, target: str) -> None:
    given, taken = _address(source, "--from"), _address(target, "--to")
    if taken.password is not None:
        problem = say("a password on the command line can be seen by others: leave it to PGPASSFILE or PGPASSWORD")
        raise click.BadParameter(problem, param_hint="--to")
    with expected_errors():
        from gateway.app.blobs import folder_beside
        from gateway.blobs.folder import Folder
        from gateway.core.clock import SystemClock
        from gateway.store.copy import copy_store

        contents = Folder(folder_beside(given))
        copy_store(given, taken, contents.open, SystemClock().now(), _tell)
    click.echo(
        say(
            "The store is in {target} now: name it in gateway.store, and put {file} away.",
            target=taken,
            file=given.file,
        )
    )


def _address(written: str, option: str) -> "StoreAddress":
    from gateway.core.store_address import store_address

    try:
        return store_address(written)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None


def _tell(table: str, rows: int) -> None:
    click.echo(f"{table:<16}{rows:>12}")
