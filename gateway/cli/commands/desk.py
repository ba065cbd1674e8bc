"""`relevo desk`: one demo help desk."""

import click

from gateway.cli.language import say


@click.command(
    help=say("Run one demo help desk. Its page shows its tickets, and a switch for each fault."),
    add_help_option=False,
    context_settings={"ignore_unknown_options": True},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def desk(arguments: tuple[str, ...]) -> None:
    from gateway.demo.desk.__main__ import main

    main(list(arguments), prog_name="relevo desk")
