"""Expected errors, told as one message on standard error instead of a traceback, with their exit code."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from gateway.cli.language import say
from gateway.cli.terminal import printable
from gateway.core.errors import ConfigError, RelevoError

INTERRUPTED = 128 + signal.SIGINT
"""The exit code of what Ctrl-C ended."""


class Failure(click.ClickException):
    """A contract can't be met, the service could not start or go on, or what was asked could not be done."""

    exit_code = 1

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo("\n".join(printable(line) for line in self.message.split("\n")), file=file, err=True)


class WrongConfiguration(Failure):
    """The configuration is wrong."""

    exit_code = 2


@contextmanager
def expected_errors() -> Iterator[None]:
    """Turns our own errors into a Failure; the problems of a file stand bare, as `file:line:column: ...`."""
    try:
        yield
    except ConfigError as error:
        raise WrongConfiguration(str(error)) from error
    except RelevoError as error:
        raise Failure(f"relevo: {say(error.args[0])}") from error
