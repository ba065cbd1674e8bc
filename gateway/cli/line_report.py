"""A voice channel's contracted time to answer as people read it: the sums, and what they rest on."""

from collections.abc import Iterator

import click

from channels.phone.promise.assessment import CrewAssessment, LineAssessment
from gateway.cli.bound_rows import INDENT, bound_rows, show_list
from gateway.cli.language import say
from gateway.cli.terminal import Row, show_table
from gateway.core.settings import show_duration
from gateway.core.texts import Saying


def show_line(line: LineAssessment) -> None:
    """Print whether it can be kept, and how long callers wait by each policy."""
    _show_verdict(line)
    if line.crews:
        rows = [row for crew in line.crews for row in _rows(crew)]
        show_table([say("bound"), say("at most"), say("symbol")], rows)
    for crew in line.crews:
        click.echo(_slowest(crew))
    assumed = dict.fromkeys(each for crew in line.crews for each in crew.typical.assumptions)
    show_list(say("Assumed"), assumed)
    show_list(say("Warnings"), line.warnings, colour="yellow")


def _show_verdict(line: LineAssessment) -> None:
    facts = {"name": line.channel, "contract": show_duration(line.contract)}
    if line.met:
        kept = say("channel {name}: a phone rings within {contract} at the desk that answers", **facts)
        click.secho(kept, fg="green", bold=True)
    else:
        kept = say("channel {name}: that a phone rings within {contract} can't be promised", **facts)
        click.secho(kept, fg="red", bold=True)
        click.echo(INDENT + say("why: {problem}", problem=line.problem))
        turn = line.knob.turn if line.knob else Saying("no single setting is enough")
        click.echo(INDENT + say("the tightest knob: {turn}", turn=turn))
    for each in line.crews:
        desks = ", ".join(desk.provider for desk in each.crew.desks)
        click.echo(INDENT + say("desks of policy {policy}: {desks}", policy=each.crew.policy, desks=desks))


def _rows(each: CrewAssessment) -> Iterator[Row]:
    title = say("{bound}, policy {policy}", bound=each.typical.what, policy=each.crew.policy)
    return bound_rows(title, each.typical, tenths=True)


def _slowest(each: CrewAssessment) -> str:
    return say(
        "Policy {policy}, where each webhook takes as long as Twilio bears: {slowest}.",
        policy=each.crew.policy,
        slowest=show_duration(round(each.slowest.seconds, 1)),
    )
