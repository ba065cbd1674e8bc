"""`relevo channels`: what the channels are, and whether what they need of others works."""

from pathlib import Path

import click

from gateway.cli import options
from gateway.cli.failure import Failure, expected_errors
from gateway.cli.language import say


@click.group(help=say("List the channels, and try them out."))
def channels() -> None:
    """Nothing of its own."""


@channels.command("list", help=say("List the channels of a configuration."))
@options.config_file
def list_channels(config_file: Path) -> None:
    with expected_errors():
        from gateway.app.configuration import load_configuration
        from gateway.cli.terminal import show_table

        config = load_configuration(config_file)
        headings = [say("channel"), say("type")]
        show_table(headings, [(name, typed.type) for name, typed in config.channels.items()], whole=headings)


@channels.command(
    help=say(
        "Try a channel step by step. Mailboxes, mail servers and Twilio's API are reached as the service would, but "
        "nothing is changed, and nobody is written to or called. Says which step fails and what to do; ends with 1 "
        "where one does."
    )
)
@click.argument("name")
@options.config_file
def test(name: str, config_file: Path) -> None:
    with expected_errors():
        import asyncio

        from channels.registry import CHANNEL_TYPES
        from gateway.app.configuration import load_configuration
        from gateway.cli.channel_trial import TrialReport
        from gateway.core.clock import SystemClock

        config = load_configuration(config_file)
        typed = config.channels.get(name)
        if typed is None:
            known = ", ".join(config.channels)
            raise click.BadParameter(
                say("no channel is called {name}; there are: {known}", name=name, known=known), param_hint="NAME"
            )
        trial = CHANNEL_TYPES[typed.type].trial
        if trial is None:
            click.echo(say("Channel {name} needs nothing of others: there is nothing to try.", name=name))
            return
        went_well = asyncio.run(trial(typed.settings, SystemClock(), TrialReport().tell))
    if not went_well:
        click.get_current_context().exit(Failure.exit_code)
    click.echo(say("Channel {name}: every step went well.", name=name))
