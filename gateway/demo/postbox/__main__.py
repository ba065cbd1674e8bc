"""`python -m gateway.demo.postbox --port 9103 --smtp-port 2526 --relevo 127.0.0.1:2525 --help-desk ADDRESS`."""

import os
import sys

import click

from gateway.core.settings import Listen, parse_listen
from gateway.core.texts import language_of
from gateway.demo.postbox.app import PostboxOptions, run
from gateway.demo.postbox.language import TEXTS
from gateway.demo.postbox.page import Surroundings

say = TEXTS.get(language_of(os.environ))
_PORT = click.IntRange(0, 65535)


class _Address(click.ParamType[Listen]):
    name = "address"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Listen:
        try:
            return Listen.model_validate(parse_listen(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command(help=say("Run a postbox that takes what Relevo sends by mail, shows it, and writes to the help desk."))
@click.option("--port", type=_PORT, default=0, show_default=True, help=say("Of its pages; 0 takes any free one."))
@click.option("--smtp-port", type=_PORT, default=0, show_default=True, help=say("Where Relevo sends its mails."))
@click.option("--relevo", type=_Address(), required=True, help=say("Where Relevo takes mail, HOST:PORT."))
@click.option("--help-desk", required=True, help=say("The help desk's mail address."))
@click.option("--desk", "desks", nargs=2, multiple=True, help=say("A demo desk's name and its page; may be repeated."))
def main(port: int, smtp_port: int, relevo: Listen, help_desk: str, desks: tuple[tuple[str, str], ...]) -> None:
    sys.exit(run(PostboxOptions(port, smtp_port, relevo, Surroundings(help_desk, dict(desks)))))


if __name__ == "__main__":
    main()
