"""`python -m tests.bench`: measures, and writes docs/bench.md with its picture."""

import asyncio
import sys
import tempfile
from pathlib import Path

import click

from gateway.core.errors import StartError
from tests.bench.contestants import BARE, INTAKE, WHOLE
from tests.bench.figures import Spread, as_good_as, economy, rate
from tests.bench.load import LoadFailed
from tests.bench.picture import picture
from tests.bench.processor import machine, versions
from tests.bench.profile import Profile, part, profile_of_intake
from tests.bench.report import Measured, report
from tests.bench.rounds import run_rounds

_ROOT = Path(__file__).parents[2]
_CONTESTANTS = (BARE, INTAKE, WHOLE)
_PACKAGES = ("aiohttp", "uvloop", "pydantic", "orjson", "sqlalchemy")


@click.command()
@click.option("--rounds", type=click.IntRange(min=1), default=7, show_default=True)
@click.option(
    "--to", type=click.Path(path_type=Path, file_okay=False), default=_ROOT / "docs", help="Folder of the report."
)
def main(rounds: int, to: Path) -> None:
    """Measure, and write bench.md and bench.svg. The stores lie in var/, on the disk that the project is on."""
    scratch = _ROOT / "var"
    scratch.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch, prefix="bench-") as folder:
        try:
            asyncio.run(_measure(rounds, Path(folder), to))
        except (LoadFailed, StartError) as error:
            raise click.ClickException(str(error)) from error


async def _measure(rounds: int, folder: Path, to: Path) -> None:
    command = "make bench" if rounds == 7 else f"python -m tests.bench --rounds {rounds}"
    facts = {"command": f"`{command}`", **machine(folder), **versions(_PACKAGES)}
    measured = await run_rounds(_CONTESTANTS, rounds, folder, _say)
    _say("the profile of durable intake")
    profile = await profile_of_intake(folder)
    (to / "bench.svg").write_text(_picture(measured, profile), encoding="utf-8")
    (to / "bench.md").write_text(report(_CONTESTANTS, measured, profile, facts, "bench.svg"), encoding="utf-8")
    _say(f"written: {to / 'bench.md'}")


def _picture(measured: Measured, profile: Profile) -> str:
    base, *others = _CONTESTANTS
    ratios = [
        (heading, [(each.name, as_good_as(measured[base.name], measured[each.name], figure)) for each in others])
        for heading, figure in (
            (f"Requests a second, {base.name} = 1", rate),
            (f"Requests for a second of processor, {base.name} = 1", economy),
        )
    ]
    shares = [(name, Spread.of([seconds / profile.each])) for name, seconds in profile.by(part)]
    return picture(
        f"Durable intake beside {base.name}, and what an intake costs",
        [*ratios, ("Shares of the processor time of an intake", shares)],
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
