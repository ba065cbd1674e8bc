"""Which voice channel a command is about."""

import click

from channels.phone.settings import VoiceSettings
from gateway.app.configuration import RelevoConfig
from gateway.app.lines import lines_of
from gateway.cli.failure import Failure
from gateway.cli.language import say


def chosen_line(config: RelevoConfig, name: str | None) -> tuple[str, VoiceSettings]:
    """Its name and settings; the only one there is, where none was named. Raises Failure, BadParameter."""
    lines = lines_of(config)
    known = ", ".join(lines)
    if not lines:
        raise Failure(say("relevo: {file} has no channel of type voice", file=config.path))
    if name is None and len(lines) > 1:
        raise click.BadParameter(say("there are several voice channels: {known}", known=known), param_hint="--channel")
    if name is not None and name not in lines:
        words = say("no voice channel is called {name}; there are: {known}", name=name, known=known)
        raise click.BadParameter(words, param_hint="--channel")
    chosen = name or next(iter(lines))
    return chosen, lines[chosen]
