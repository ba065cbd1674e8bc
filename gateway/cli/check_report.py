"""The assessment of a configuration as people read it: a table of sums for each policy, and what they rest on."""

from collections.abc import Iterable, Iterator

import click

from gateway.cli.language import say
from gateway.cli.terminal import Row, show_table
from gateway.core.settings import show_duration
from gateway.core.texts import Saying
from routing.takeover.assessment import Assessment, BackupAssessment, PolicyAssessment
from routing.takeover.bound import Bound

_INDENT = "  "


def show_assessment(assessment: Assessment) -> None:
    """Print every policy, then what holds for all."""
    for policy in assessment.policies:
        _show_policy(policy)
        click.echo()
    _show_list(say("If Relevo itself is down"), assessment.notes)
    click.echo()
    if assessment.met:
        click.secho(say("Every contract can be met."), fg="green", bold=True)
    else:
        broken = ", ".join(policy.name for policy in assessment.policies if not policy.met)
        click.secho(say("A contract can't be met: {policies}.", policies=broken), fg="red", bold=True)


def _show_policy(policy: PolicyAssessment) -> None:
    _show_verdict(policy)
    bounds = list(_bounds(policy))
    show_table([say("bound"), say("at most"), say("symbol")], list(_rows(bounds)))
    for backup in policy.backups:
        click.echo(_backlog(backup))
    _show_list(say("Assumed"), dict.fromkeys(each for _, bound in bounds for each in bound.assumptions))
    _show_list(say("Warnings"), policy.warnings, colour="yellow")


def _show_verdict(policy: PolicyAssessment) -> None:
    contract = show_duration(policy.policy.contract)
    if policy.met:
        promise = say("policy {name}: a takeover within {contract} can be met", name=policy.name, contract=contract)
        click.secho(promise, fg="green", bold=True)
    else:
        promise = say("policy {name}: a takeover within {contract} can't be met", name=policy.name, contract=contract)
        click.secho(promise, fg="red", bold=True)
        click.echo(_INDENT + say("why: {problem}", problem=policy.problem))
        turn = policy.knob.turn if policy.knob else Saying("no single setting is enough")
        click.echo(_INDENT + say("the tightest knob: {turn}", turn=turn))
    providers = ", ".join(provider.name for provider in policy.providers)
    click.echo(_INDENT + say("providers in order: {providers}", providers=providers))
    hedge = show_duration(policy.hedge)
    if policy.policy.hedge is None:
        click.echo(_INDENT + say("hedge: {hedge}, the longest that the contract leaves", hedge=hedge))
    else:
        click.echo(_INDENT + say("hedge: {hedge}, as the policy says", hedge=hedge))


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


def _rows(bounds: Iterable[tuple[str, Bound]]) -> Iterator[Row]:
    for title, bound in bounds:
        yield title, show_duration(bound.seconds), "="
        for term in bound.terms:
            yield _INDENT + say(term.words), show_duration(term.seconds), term.formula


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


def _show_list(title: str, items: Iterable[str], colour: str | None = None) -> None:
    items = list(items)
    if items:
        click.secho(f"{title}:", fg=colour)
    for item in items:
        click.echo(f"{_INDENT}- {say(item)}")
