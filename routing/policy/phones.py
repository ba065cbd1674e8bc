"""Whose phones are dialled for a call, and in what order. Pure: the running service and `relevo route` reason by it.

A caller listens to each ring, so that nobody is dialled who can't answer: a provider that is down, and one that is
closed, which would be a machine. What a ticket would wait for (a pause, a doubt that is being cleared up) only costs a
provider its place in the row.
"""

from collections.abc import Mapping, Sequence

from gateway.core.clock import Instant
from gateway.core.dialling import Desk, DialSettings
from gateway.core.provider import HealthState, ProviderStatus
from gateway.core.texts import Saying
from gateway.core.values import dataclass
from routing.policy.coverage import Asks, closed, uncovered
from routing.policy.plan import Use
from routing.policy.settings import ContractTerms, PolicySettings

_PLACES = (Use.NOW, Use.DOUBTFUL, Use.LAST_RESORT, Use.NOT)


@dataclass(frozen=True, slots=True)
class PhoneView:
    """What is known of one provider at an instant."""

    status: ProviderStatus
    terms: ContractTerms
    voice: DialSettings | None


@dataclass(frozen=True, slots=True)
class PhoneOption:
    """One provider's place, with the reason in words."""

    provider: str
    use: Use
    """Never SOON: nobody is waited for."""
    reason: Saying
    desk: Desk | None
    """None where it is not dialled."""


def phones(asks: Asks, policy: PolicySettings, views: Mapping[str, PhoneView], now: Instant) -> list[PhoneOption]:
    """The policy's providers in the order in which they are dialled, each in the policy's order among its equals; those
    that are not dialled come last."""
    options = [_option(name, asks, views[name], now) for name in policy.providers]
    return sorted(options, key=lambda option: _PLACES.index(option.use))


def desks_of(options: Sequence[PhoneOption]) -> list[Desk]:
    """Those to be dialled."""
    return [option.desk for option in options if option.desk is not None]


def _option(name: str, asks: Asks, view: PhoneView, now: Instant) -> PhoneOption:
    if view.voice is None:
        return PhoneOption(name, Use.NOT, Saying("has no phone"), None)
    use, reason = _use(asks, view, now)
    return PhoneOption(name, use, reason, None if use is Use.NOT else view.voice.desk(name))


def _use(asks: Asks, view: PhoneView, now: Instant) -> tuple[Use, Saying]:
    status = view.status
    if words := closed(view.terms, now):
        return Use.NOT, words
    if status.state is HealthState.DOWN:
        return Use.NOT, Saying("down: {reason}", reason=status.reason)
    if status.state is HealthState.SUSPECT and status.hard:
        return Use.NOT, Saying("suspect after an error: {reason}", reason=status.reason)
    if words := uncovered(asks, view.terms):
        return Use.LAST_RESORT, words
    if status.state is HealthState.RECOVERING:
        return Use.LAST_RESORT, Saying("recovering: proves itself by tickets first")
    if status.state is HealthState.SUSPECT:
        return Use.DOUBTFUL, Saying("suspect, being confirmed: {reason}", reason=status.reason)
    if status.paused_until > now:
        return Use.DOUBTFUL, Saying("asked to be left alone for a while")
    if status.state is HealthState.UNKNOWN:
        return Use.DOUBTFUL, Saying("not probed yet")
    return Use.NOW, Saying("up")
