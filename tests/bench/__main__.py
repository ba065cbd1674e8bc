"""`python -m tests.bench`: measures every part, or the one that is named, and writes docs/bench.md."""

import asyncio
import shlex
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import click

from gateway.core.errors import RelevoError
from tests.bench import catalogue
from tests.bench.catalogue import Part, write_report
from tests.bench.load import LoadFailed
from tests.bench.parts import backlog, corpus, intake, mail, million, rt, takeover, webhooks
from tests.bench.results import Figures, Result, circumstances, save

_ROOT = Path(__file__).parents[2]
_AT_LEAST_ONE = click.IntRange(min=1)

Measure = Callable[[Path, Callable[[str], None]], Awaitable[Figures]]


@click.group(invoke_without_command=True)
@click.option(
    "--to", type=click.Path(path_type=Path, file_okay=False), default=_ROOT / "docs", help="Folder of the report."
)
@click.pass_context
def main(context: click.Context, to: Path) -> None:
    """Measure, and write bench.md, with results and pictures in bench/. Stores lie in var/, on the project's disk."""
    context.obj = to
    if context.invoked_subcommand is None:
        for command in main.commands.values():
            context.invoke(command)


@main.command("intake")
@click.option("--rounds", type=_AT_LEAST_ONE, default=intake.ROUNDS, show_default=True)
@click.pass_obj
def measure_intake(to: Path, rounds: int) -> None:
    """Durable intake beside bare aiohttp."""
    _run(to, catalogue.INTAKE, lambda folder, say: intake.measure(folder, say, rounds))


@main.command("backlog")
@click.option("--seconds", type=click.FloatRange(min=2), default=backlog.SECONDS, show_default=True)
@click.pass_obj
def measure_backlog(to: Path, seconds: float) -> None:
    """Tickets that come by the clock, handed off to two desks."""
    _run(to, catalogue.BACKLOG, lambda folder, say: backlog.measure(folder, say, seconds))


@main.command("mail")
@click.option("--rounds", type=_AT_LEAST_ONE, default=mail.ROUNDS, show_default=True)
@click.pass_obj
def measure_mail(to: Path, rounds: int) -> None:
    """Mails by LMTP and IMAP beside bare loops."""
    _run(to, catalogue.MAIL, lambda folder, say: mail.measure(folder, say, rounds))


@main.command("webhooks")
@click.option("--rounds", type=_AT_LEAST_ONE, default=webhooks.ROUNDS, show_default=True)
@click.pass_obj
def measure_webhooks(to: Path, rounds: int) -> None:
    """A voice channel's signed webhooks beside bare aiohttp with Twilio's validator."""
    _run(to, catalogue.WEBHOOKS, lambda folder, say: webhooks.measure(folder, say, rounds))


@main.command("corpus")
@click.pass_obj
def measure_corpus(to: Path) -> None:
    """What the mail parser makes of others' mails."""
    _run(to, catalogue.CORPUS, corpus.measure)


@main.command("million")
@click.option("--rounds", type=_AT_LEAST_ONE, default=million.ROUNDS, show_default=True)
@click.option("--tickets", type=_AT_LEAST_ONE, default=million.TICKETS, show_default=True)
@click.option("--memory-seconds", type=click.FloatRange(min=2), default=million.MEMORY_SECONDS, show_default=True)
@click.pass_obj
def measure_million(to: Path, rounds: int, tickets: int, memory_seconds: float) -> None:
    """A store with a million tickets beside an empty one."""
    _run(to, catalogue.MILLION, lambda folder, say: million.measure(folder, say, rounds, tickets, memory_seconds))


@main.command("takeover")
@click.option("--phases", type=_AT_LEAST_ONE, default=takeover.PHASES, show_default=True, help="For each fault.")
@click.option("--lanes", type=_AT_LEAST_ONE, default=takeover.LANES, show_default=True)
@click.pass_obj
def measure_takeover(to: Path, phases: int, lanes: int) -> None:
    """Outages at random moments, beside HAProxy."""
    _run(to, catalogue.TAKEOVER, lambda folder, say: takeover.measure(folder, say, phases, lanes))


@main.command("rt")
@click.option("--rounds", type=_AT_LEAST_ONE, default=rt.ROUNDS, show_default=True)
@click.pass_obj
def measure_rt(to: Path, rounds: int) -> None:
    """Durable intake beside RT's REST2."""
    _run(to, catalogue.RT, lambda folder, say: rt.measure(folder, say, rounds))


@main.command("report")
@click.pass_obj
def make_report(to: Path) -> None:
    """Only write the report again, from what was measured last."""
    _say(f"written: {write_report(to)}")


def _run(to: Path, part: Part[Figures], measure: Measure[Figures]) -> None:
    scratch = _ROOT / "var"
    scratch.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch, prefix="bench-") as folder:
        try:
            known = circumstances(_command(part.name), Path(folder), part.others())
            figures = asyncio.run(_measured(measure, Path(folder)))
        except (LoadFailed, RelevoError) as error:
            raise click.ClickException(f"{part.name}: {error}") from error
    save(part.file(to), Result(known, figures), part.figures)
    _say(f"written: {write_report(to)}")


async def _measured(measure: Measure[Figures], folder: Path) -> Figures:
    return await measure(folder, _say)


def _command(part: str) -> str:
    """As it was given, or as make gives it."""
    given = sys.argv[1:]
    return f"make bench PART={part}" if given in ([], [part]) else f"python -m tests.bench {shlex.join(given)}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
