"""Who would get a ticket, as people read it: by the same lines that the running service reasons by."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import click

from gateway.app.configuration import RelevoConfig, assess, provider_settings
from gateway.app.lines import lines_of
from gateway.cli.language import say
from gateway.cli.terminal import Row, show_table
from gateway.core.clock import Instant
from gateway.core.delivery import Case, Delivery, Kind
from gateway.core.dialling import Desk
from gateway.core.ids import new_id
from gateway.core.provider import HealthState, ProviderStatus
from gateway.core.settings import show_duration
from gateway.core.texts import Saying, mark
from gateway.core.ticket import Priority, Requester, Ticket
from routing.delivery.decision import Attempt, Patience, decide
from routing.policy.coverage import Asked
from routing.policy.match import fits, matching
from routing.policy.phones import PhoneView, desks_of, phones
from routing.policy.plan import Option, View, plan
from routing.policy.settings import Match, PolicySettings

_ASKED = {
    "channels": mark("channels"),
    "languages": mark("languages"),
    "categories": mark("categories"),
    "priorities": mark("priorities"),
}
"""What a policy may ask of its tickets, as it is written in the configuration and as it is said."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is known of the ticket, and who is down when it comes."""

    channel: str
    language: str | None
    category: str | None
    priority: Priority
    at: datetime | None
    """When it comes: None is now, and what has no zone is this machine's local time."""
    down: Collection[str]


def show_route(config: RelevoConfig, request: Request) -> None:
    """Print the time, the choice of the policy, the plan, and who gets the ticket."""
    at, when = _moment(request.at)
    click.echo(when)
    if request.channel not in config.channels:
        known = ", ".join(config.channels)
        click.echo(say("Note: no channel {name} is configured; there are: {known}.", name=request.channel, known=known))
    policy = matching(config.policies, request.channel, request.language, request.category, request.priority)
    click.echo()
    show_table([say("policy"), say("fits"), say("because")], list(_choice(config, request, policy)))
    policy = policy or config.policies[-1]
    hedge = next(each.hedge for each in assess(config, at.timestamp()).policies if each.name == policy.name)
    ticket = _ticket(request, policy, hedge, at.timestamp())
    options = plan(ticket, policy, _views(config, policy, request.down, at.timestamp()), at.timestamp())
    click.echo()
    show_table([say("order"), say("provider"), say("may be asked"), say("because")], list(_order(options)))
    click.echo()
    _show_outcome(ticket, policy, options, at.timestamp())
    if request.channel in lines_of(config):
        _show_phones(config, policy, request, at.timestamp())


def _moment(given: datetime | None) -> tuple[datetime, str]:
    """The time with its zone, and words that say which was taken."""
    if given is not None and given.tzinfo is not None:
        return given, say("At {time}.", time=given.isoformat(" ", "seconds"))
    local = (given or datetime.now()).astimezone()
    time = local.isoformat(" ", "seconds")
    return local, say("At {time} ({zone}, the time zone of this machine).", time=time, zone=local.tzname())


def _choice(config: RelevoConfig, request: Request, chosen: PolicySettings | None) -> Iterator[Row]:
    """Each policy up to the one that decides."""
    for policy in config.policies:
        misfits = list(_misfits(policy.match, request))
        if policy is chosen:
            yield policy.name, say("yes"), _asked(policy.match)
            return
        yield policy.name, say("no"), "; ".join(misfits)
    yield config.policies[-1].name, say("yes"), say("the last policy takes what fits no other")


def _misfits(match: Match, request: Request) -> Iterator[str]:
    for what, wanted in _wishes(match):
        alone = Match.model_validate({what: wanted})
        if not fits(alone, request.channel, request.language, request.category, request.priority):
            yield say("is for the {what} {wanted}", what=say(_ASKED[what]), wanted=", ".join(wanted))


def _asked(match: Match) -> str:
    wishes = [f"{say(_ASKED[what])} {', '.join(wanted)}" for what, wanted in _wishes(match)]
    return "; ".join(wishes) or say("it is for every ticket")


def _wishes(match: Match) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What a policy asks of its tickets."""
    for what in _ASKED:
        if wanted := getattr(match, what):
            yield what, wanted


def _ticket(request: Request, policy: PolicySettings, hedge: float, at: Instant) -> Ticket:
    return Ticket(
        id=new_id(),
        reference="",
        channel=request.channel,
        subject="",
        requester=Requester(),
        received_at=at,
        policy=policy.name,
        hedge_at=at + hedge,
        due_at=at + policy.takeover_within,
        language=request.language,
        category=request.category,
        priority=request.priority,
    )


def _views(config: RelevoConfig, policy: PolicySettings, down: Collection[str], at: Instant) -> dict[str, View]:
    settings = provider_settings(config)
    return {name: View(_status(name, name in down, at), settings[name]) for name in policy.providers}


def _status(name: str, down: bool, at: Instant) -> ProviderStatus:
    state = HealthState.DOWN if down else HealthState.UP
    return ProviderStatus(name, state, at, Saying("as --down says") if down else "")


def _order(options: list[Option]) -> Iterator[Row]:
    for number, option in enumerate(options, 1):
        yield number, option.provider, say(option.use.value), say(option.reason)


def _show_phones(config: RelevoConfig, policy: PolicySettings, request: Request, at: Instant) -> None:
    settings = provider_settings(config)
    views = {
        name: PhoneView(_status(name, name in request.down, at), settings[name], settings[name].voice)
        for name in policy.providers
    }
    options = phones(Asked(request.channel, request.language, request.category), policy, views, at)
    rows = [
        (number, option.provider, option.desk.dial if option.desk else None, say(option.use.value), say(option.reason))
        for number, option in enumerate(options, 1)
    ]
    click.echo()
    click.echo(say("While the caller listens, these are dialled, one after the other:"))
    headings = [say("order"), say("provider"), say("number"), say("may be dialled"), say("because")]
    show_table(headings, rows, whole=[say("number")])
    click.echo()
    _show_first(desks_of(options))


def _show_first(desks: Sequence[Desk]) -> None:
    if desks:
        click.secho(say("{provider} is dialled first.", provider=desks[0].provider), bold=True)
    else:
        words = say("Nobody is dialled: the caller may leave a message or ask for a call back, where that is offered.")
        click.secho(words, fg="red", bold=True)


def _show_outcome(ticket: Ticket, policy: PolicySettings, options: list[Option], now: Instant) -> None:
    delivery = Delivery(new_id(), Kind.TICKET, now, now, ticket.id)
    step = decide(Case(delivery, ticket), options, {}, Patience(ticket.hedge_at, policy.give_up_after), now)
    if isinstance(step, Attempt):
        click.secho(say("{provider} gets it.", provider=step.provider), bold=True)
    else:
        click.secho(say("Nobody gets it now: it waits until a provider can take it."), fg="red", bold=True)
    hedge, contract = show_duration(ticket.hedge_at - now), show_duration(policy.takeover_within)
    click.echo(say("Hedge: a provider that keeps it unanswered for {hedge} isn't waited for alone.", hedge=hedge))
    click.echo(say("Contract: in an operative provider's hands within {contract}.", contract=contract))
