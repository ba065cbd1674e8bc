"""`relevo migrate`: the store's schema, without starting the service."""

from pathlib import Path

import click

from gateway.cli import options
from gateway.cli.failure import expected_errors
from gateway.cli.language import say


@click.command(help=say("Bring the store to this program's schema. `relevo serve` does the same at its start."))
@options.config_file
def migrate(config_file: Path) -> None:
    with expected_errors():
        from gateway import store
        from gateway.app.configuration import load_configuration

        url = load_configuration(config_file).gateway.store
        store.migrate(url)
        click.echo(say("The store {url} has this program's schema.", url=url))
