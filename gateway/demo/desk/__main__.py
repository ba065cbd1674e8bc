"""`python -m gateway.demo.desk --name acme --port 9101 --data DIR`."""

import os
import sys
from pathlib import Path

import click

from gateway.core.texts import language_of
from gateway.demo.configuration import secret_variable
from gateway.demo.desk.app import DeskOptions, run
from gateway.demo.desk.language import TEXTS

say = TEXTS.get(language_of(os.environ))


class _Duration(click.ParamType[float]):
    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from gateway.core.settings import parse_duration  # only here: it would take a quarter of every start

        try:
            return float(parse_duration(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command(
    help=say(
        "Run a demo help desk. The environment variable NAME_SECRET holds the secret that it shares with the gateway."
    )
)
@click.option("--name", required=True, help=say("Name in the gateway's configuration."))
@click.option("--title", help=say("Name shown to people."))
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help=say("0 takes any free one."))
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), required=True, help=say("Folder of the tickets.")
)
@click.option("--events-url", help=say("Where to report, http://.../providers/NAME/events."))
@click.option(
    "--pick-up-after", type=_Duration(), help=say("Simulated agents pick up tickets of that age, such as 2s.")
)
@click.option(
    "--resolve-after", type=_Duration(), help=say("They solve what they have picked up at that age, such as 10s.")
)
def main(
    name: str,
    title: str | None,
    host: str,
    port: int,
    data: Path,
    events_url: str | None,
    pick_up_after: float | None,
    resolve_after: float | None,
) -> None:
    variable = secret_variable(name)
    secret = os.environ.get(variable)
    if not secret:
        raise click.UsageError(
            say("the environment variable {name} must hold the secret shared with the gateway", name=variable)
        )
    options = DeskOptions(
        name=name,
        secret=secret,
        data=data,
        port=port,
        host=host,
        title=title,
        events_url=events_url,
        pick_up_after=pick_up_after,
        resolve_after=resolve_after,
    )
    sys.exit(run(options))


if __name__ == "__main__":
    main()
