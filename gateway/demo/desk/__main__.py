"""`python -m gateway.demo.desk --name acme --port 9101 --data DIR`."""

import os
import sys
from pathlib import Path

import click

from gateway.core.settings import parse_duration
from gateway.demo.desk.app import DeskOptions, run


class _Duration(click.ParamType[float]):
    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            return float(parse_duration(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command()
@click.option("--name", required=True, help="Name in the gateway's configuration.")
@click.option("--title", help="Name shown to people.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes any free one.  [default: 0]")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder of the tickets.")
@click.option("--events-url", help="Where to report, http://.../providers/NAME/events.")
@click.option("--pick-up-after", type=_Duration(), help="Simulated agents pick up tickets of that age, such as 2s.")
@click.option("--resolve-after", type=_Duration(), help="They solve what they have picked up at that age, such as 10s.")
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
    """Run a demo help desk. The environment variable NAME_SECRET holds the secret that it shares with the gateway."""
    variable = f"{name.upper().replace('-', '_')}_SECRET"
    secret = os.environ.get(variable)
    if not secret:
        raise click.UsageError(f"the environment variable {variable} must hold the secret shared with the gateway")
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
