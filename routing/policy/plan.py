"""The plan: for one ticket, now, each provider of its policy in order of preference, and whether it may have it.

Pure: the running service, `relevo route` and the tests reason by the same lines.
"""

import zlib
from collections.abc import Mapping, Sequence
from enum import Enum

from gateway.core.clock import Instant
from gateway.core.provider import HealthState, ProviderStatus
from gateway.core.texts import Saying, mark
from gateway.core.ticket import Ticket
from gateway.core.values import dataclass
from routing.policy.coverage import closed, uncovered
from routing.policy.settings import ContractTerms, PolicySettings


class Use(Enum):
    """Whether a provider may be asked to take the ticket."""

    NOW = mark("now")
    SOON = mark("soon")
    """Not this instant, but worth waiting for, up to the ticket's hedge deadline."""
    DOUBTFUL = mark("doubtful")
    """Perhaps failing: waited for up to the hedge deadline, and after it only asked if no better one is left."""
    LAST_RESORT = mark("last resort")
    """Only if no better provider is left."""
    NOT = mark("not")


_UP = Saying("up")
_FULL = Saying("as many attempts in flight as it may have")
_USABLE = frozenset({Use.NOW, Use.DOUBTFUL, Use.LAST_RESORT})


@dataclass(frozen=True, slots=True)
class View:
    """What the plan knows of one provider at an instant."""

    status: ProviderStatus
    terms: ContractTerms
    room: bool = True
    """Whether its window and rate allow one more attempt now."""
    accepted_at: Instant = 0.0
    """When it last accepted any ticket."""
    can_search: bool = True
    """Whether it can be asked for what it may have."""
    put_off_until: Instant = 0.0
    """Until when it won't have this ticket, while it takes others."""


@dataclass(frozen=True, slots=True)
class Option:
    """One provider's place in the plan, with the reason in words."""

    provider: str
    use: Use
    reason: Saying
    until: Instant | None = None
    """When to look again; None where a change of health or of room will tell."""
    room: bool = True
    """Whether one more attempt may start now; there is a line for those who wait for that."""
    accepted_at: Instant = 0.0
    """When the provider last accepted any ticket."""
    can_search: bool = True
    """Whether it can be asked for what it may have."""
    put_off: bool = False
    """It takes others meanwhile, and this ticket later: that is no error which leads to the next at once."""


def plan(ticket: Ticket, policy: PolicySettings, views: Mapping[str, View], now: Instant) -> list[Option]:
    """The policy's providers, fitting ones first and else in the policy's order, each with its use and reason."""
    fitting: list[Option] = []
    unfit: list[Option] = []
    for name in policy.providers:
        view = views[name]
        misfit = uncovered(ticket, view.terms) or closed(view.terms, now)
        use, health, until = _by_health(ticket, view, now)
        if misfit is None:
            fitting.append(_option(name, use, health, until, view, now))
        else:
            usable = use in _USABLE or (use is Use.SOON and until is None)
            reason = Saying("{misfit}; {health}", misfit=misfit, health=health)
            use = Use.LAST_RESORT if usable else Use.NOT
            unfit.append(_option(name, use, reason, until, view, now))
    return fitting + unfit


def _option(name: str, use: Use, reason: Saying, until: Instant | None, view: View, now: Instant) -> Option:
    return Option(
        name, use, reason, until, view.room, view.accepted_at, view.can_search, put_off=view.put_off_until > now
    )


def _by_health(ticket: Ticket, view: View, now: Instant) -> tuple[Use, Saying, Instant | None]:
    """What its health and its room allow, why, and when to look again."""
    status = view.status
    if status.state is HealthState.DOWN:
        return Use.NOT, Saying("down: {reason}", reason=status.reason), None
    if status.state is HealthState.SUSPECT and status.hard:
        return Use.NOT, Saying("suspect after an error: {reason}", reason=status.reason), None
    paused_until = max(status.paused_until, view.put_off_until)
    if paused_until > now:
        return Use.SOON, Saying("asked to be left alone for a while"), paused_until
    if status.state is HealthState.RECOVERING and not falls_within(ticket.id, status.share):
        share = f"{status.share:.0%}"
        return Use.LAST_RESORT, Saying("recovering, takes {share} of new tickets", share=share), None
    if not view.room:
        return Use.SOON, _FULL, None
    if status.state is HealthState.SUSPECT:
        return Use.DOUBTFUL, Saying("suspect, being confirmed: {reason}", reason=status.reason), None
    if status.state is HealthState.UNKNOWN:
        return Use.DOUBTFUL, Saying("not probed yet"), None
    if status.state is HealthState.RECOVERING:
        return Use.NOW, Saying("recovering, within its share"), None
    return Use.NOW, _UP, None


def falls_within(ticket_id: str, share: float) -> bool:
    """Whether a ticket is among the `share` (0 to 1) of tickets; always the same answer for the same ticket."""
    return zlib.crc32(ticket_id.encode()) < share * 2**32


def serving(policy: PolicySettings, statuses: Mapping[str, ProviderStatus]) -> str | None:
    """The provider that serves a policy: the first not down or held back; None while every one is down."""
    states: Sequence[tuple[str, HealthState]] = [(name, statuses[name].state) for name in policy.providers]
    for unwanted in ((HealthState.DOWN, HealthState.RECOVERING), (HealthState.DOWN,)):
        for name, state in states:
            if state not in unwanted:
                return name
    return None
