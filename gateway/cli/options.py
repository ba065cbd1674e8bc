"""Options that several commands have."""

from pathlib import Path

import click

from gateway.cli.language import say

_FILE = click.Path(path_type=Path, dir_okay=False)

config_file = click.option(
    "-c",
    "--config",
    "config_file",
    type=_FILE,
    required=True,
    metavar="FILE",
    help=say("The configuration file."),
)

config_file_of_gateway = click.option(
    "-c",
    "--config",
    "config_file",
    type=_FILE,
    metavar="FILE",
    help=say("The gateway's configuration file: its ops address and token are used."),
)

as_json = click.option("--json", "as_json", is_flag=True, help=say("Print JSON."))
