"""The assessment of a configuration as people read it: a table of sums for each policy, and what they rest on."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from gateway.cli.bound_rows import INDENT, bound_rows, show_list
from gateway.cli.language import say
from gateway.cli.terminal import show_table
from gateway.core.bound import Bound
from gateway.core.settings import show_duration
from gateway.core.texts import Saying
from routing.takeover.assessment import Assessment, BackupAssessment, PolicyAssessment

if TYPE_CHECKING:
    from channels.phone.promise.assessment import LineAssessment


def show_assessment(assessment: Assessment, lines: "Sequence[LineAssessment]") -> None:
    """Print every policy and every voice channel, then what holds for all."""
    for policy in assessment.policies:
        _show_policy(policy)
        click.echo()
    for line in lines:
        _show_line(line)
        click.echo()
    show_list(say("If Relevo itself is down"), assessment.notes)
    click.echo()
    broken = [policy.name for policy in assessment.policies if not policy.met]
    broken += [line.channel for line in lines if not line.met]
    if broken:
        click.secho(say("A contract can't be met: {broken}.", broken=", ".join(broken)), fg="red", bold=True)
    else:
        click.secho(say("Every contract can be met."), fg="green", bold=True)


def _show_line(line: "LineAssessment") -> None:
    from gateway.cli.line_report import show_line  # only here: most have no phone

    show_line(line)


def _show_policy(policy: PolicyAssessment) -> None:
    _show_verdict(policy)
    bounds = list(_bounds(policy))
    rows = [row for title, bound in bounds for row in bound_rows(title, bound)]
    show_table([say("bound"), say("at most"), say("symbol")], rows)
    for backup in policy.backups:
        click.echo(_backlog(backup))
    show_list(say("Assumed"), dict.fromkeys(each for _, bound in bounds for each in bound.assumptions))
    show_list(say("Warnings"), policy.warnings, colour="yellow")


def _show_verdict(policy: PolicyAssessment) -> None:
    contract = show_duration(policy.policy.contract)
    if policy.met:
        promise = say("policy {name}: a takeover within {contract} can be met", name=policy.name, contract=contract)
        click.secho(promise, fg="green", bold=True)
    else:
        promise = say("policy {name}: a takeover within {contract} can't be met", name=policy.name, contract=contract)
        click.secho(promise, fg="red", bold=True)
        click.echo(INDENT + say("why: {problem}", problem=policy.problem))
        turn = policy.knob.turn if policy.knob else Saying("no single setting is enough")
        click.echo(INDENT + say("the tightest knob: {turn}", turn=turn))
    providers = ", ".join(provider.name for provider in policy.providers)
    click.echo(INDENT + say("providers in order: {providers}", providers=providers))
    hedge = show_duration(policy.hedge)
    if policy.policy.hedge is None:
        click.echo(INDENT + say("hedge: {hedge}, the longest that the contract leaves", hedge=hedge))
    else:
        click.echo(INDENT + say("hedge: {hedge}, as the policy says", hedge=hedge))


def _bounds(policy: PolicyAssessment) -> Iterator[tuple[str, Bound]]:
    """Each bound under its title."""
    for backup in policy.backups:
        yield say(backup.ticket.what), backup.ticket
    for provider in policy.providers:
        yield f"{say(provider.silence.what)}, {provider.name}", provider.silence
        yield f"{say(provider.errors.what)}, {provider.name}", provider.errors
        if provider.silent_death is not None:
            yield f"{say(provider.silent_death.what)}, {provider.name}", provider.silent_death
    for backup in policy.backups:
        yield f"{say(backup.rescue.what)}, {backup.name}", backup.rescue
        if backup.silent_death is not None:
            yield f"{say(backup.silent_death.what)}, {backup.name}", backup.silent_death


def _backlog(backup: BackupAssessment) -> str:
    drain = backup.drain
    longest = show_duration(drain.longest_wait)
    facts = {"size": drain.size, "name": backup.name, "longest": longest, "arrivals": f"{drain.arrivals:g}"}
    if drain.seconds is None:
        return say(
            "A burst of {size} tickets at {name}: the last waits {longest}; "
            "with {arrivals} more a second the backlog never ends.",
            **facts,
        )
    return say(
        "A burst of {size} tickets at {name}: the last waits {longest}; "
        "with {arrivals} more a second the backlog is gone after {drained}.",
        drained=show_duration(drain.seconds),
        **facts,
    )
