"""What to do next with one ticket: a pure decision over its hand-offs, the plan and the attempts in flight."""

from collections.abc import Collection, Mapping, Sequence

from gateway.core.clock import Instant
from gateway.core.delivery import Case
from gateway.core.handoff import Handoff, HandoffState, holding_copy
from gateway.core.sending_again import AFTER_DOUBT, GIVEN_UP_AFTER
from gateway.core.values import dataclass
from routing.delivery.backoff import backoff, wait_to_be_woken
from routing.policy.plan import Option, Use

_IN_VAIN = frozenset({HandoffState.REFUSED, HandoffState.UNAVAILABLE, HandoffState.UNKNOWN, HandoffState.ABSENT})
_MAY_BE_TRIED_AGAIN = frozenset({HandoffState.UNAVAILABLE, HandoffState.UNKNOWN, HandoffState.ABSENT})
"""Under the same key: a desk that thaws later and finishes an old attempt then still makes one copy."""
_DOUBT = (0.0, *AFTER_DOUBT)
"""Seconds to wait, by the number of attempts, where a provider that can't be asked may have the ticket. After more of
them nothing is sent there any more: its own word is waited for, or another takes the ticket."""
_NEVER = float("inf")
_CLOCKS_DIFFER = 10.0
"""Seconds between those of two gateways over one store; by more only one that was set back is behind."""
_LOOK_AGAIN = 1.0
"""Seconds after which a held ticket is looked at though nothing has changed."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Hand the ticket to this provider now; `again` is the copy to try once more under its own key."""

    provider: str
    reason: str
    again: Handoff | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Look again at `until`, or when anything changes: an attempt ends, a provider's health or room changes."""

    until: Instant
    lines: tuple[str, ...] = ()
    """Providers in whose line to stand meanwhile: only room is wanting there."""


@dataclass(frozen=True, slots=True)
class Postpone:
    """Nothing can be done before `until`; give the delivery back to the store."""

    until: Instant
    reason: str


@dataclass(frozen=True, slots=True)
class Adopt:
    """The copy at a provider that had failed is good after all, if it is still there when read back."""

    handoff: Handoff


@dataclass(frozen=True, slots=True)
class Done:
    """A provider has it."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No provider can take it; a person has to look."""

    reason: str


Step = Attempt | Hold | Postpone | Adopt | Done | GiveUp


@dataclass(frozen=True, slots=True)
class Patience:
    """For how long the policy leaves a ticket with a provider, and how often it tries."""

    hedge_at: Instant
    give_up_after: int
    pick_up_within: float | None = None
    late_try: float = 0.0
    """Seconds: for how long the preferred provider, where it is asked only after the hedge deadline (a crash came in
    between), keeps others from being asked. A search fits in, so that what it took before the crash is found."""


def latest_by_provider(handoffs: Sequence[Handoff]) -> dict[str, Handoff]:
    """Each provider's newest copy."""
    return {handoff.provider: handoff for handoff in sorted(handoffs, key=lambda each: (each.started_at, each.id))}


def decide(
    case: Case,
    options: Sequence[Option],
    in_flight: Mapping[str, Instant],
    patience: Patience,
    now: Instant,
    *,
    unreadable: Collection[str] = (),
) -> Step:
    """The next step for a ticket.

    `options` is the plan in order of preference; `in_flight` says since when each provider is being asked. An error
    leads to the next provider at once; silence does at the hedge deadline, while the first attempt goes on.
    `unreadable` are the copies that could not be read back just now.
    """
    if holding_copy(case.handoffs):
        return Done()
    if hold := left_alone(in_flight, patience, now) or _tried_late(in_flight, options[0].provider, patience, now):
        return hold
    copies = latest_by_provider(case.handoffs)
    if not in_flight and (step := _asked_by_another(options, copies, patience, now)):
        return step
    open_options = [option for option in options if option.provider not in in_flight]
    adoptable = _adoptable(open_options, copies, patience, now)
    if adoptable and not in_flight and adoptable.id not in unreadable:
        return Adopt(adoptable)
    candidates = [option for option in open_options if not _excluded(copies.get(option.provider))]
    retry_at = {option.provider: _retry_at(copies.get(option.provider), option, now) for option in candidates}
    ready = [option for option in candidates if retry_at[option.provider] <= now]
    for option in ready:
        if option.use is Use.NOW:
            return _attempt(option, copies)
        if option.use in (Use.SOON, Use.DOUBTFUL) and now < patience.hedge_at:
            return Hold(min(patience.hedge_at, option.until or patience.hedge_at), _lines([option]))
    if in_flight:
        return Hold(now + _LOOK_AGAIN, _lines([option for option in ready if option.use is Use.SOON]))
    return (
        _first(ready, Use.DOUBTFUL, copies)
        or _hold_for_room(ready, Use.SOON, now)
        or _first(ready, Use.LAST_RESORT, copies)
        or _hold_for_room(ready, Use.LAST_RESORT, now)
        or (Postpone(now + _LOOK_AGAIN, f"{adoptable.provider} can't be read back") if adoptable else None)
        or _wait_or_give_up(case, candidates, retry_at, patience, now)
    )


def left_alone(in_flight: Collection[str], patience: Patience, now: Instant) -> Hold | None:
    """Up to the hedge deadline the attempts under way keep others from being asked, whatever the plan says: while no
    attempt ends, there is nothing to decide."""
    return Hold(patience.hedge_at) if in_flight and now < patience.hedge_at else None


def _tried_late(in_flight: Mapping[str, Instant], preferred: str, patience: Patience, now: Instant) -> Hold | None:
    """The attempts that the hedge deadline started keep others from being asked until they end; the preferred
    provider's, if that began even later, for a short while."""
    late = {provider: since for provider, since in in_flight.items() if since >= patience.hedge_at}
    if late.keys() - {preferred}:
        return Hold(now + _LOOK_AGAIN)
    if late and now < late[preferred] + patience.late_try:
        return Hold(late[preferred] + patience.late_try)
    return None


def _asked_by_another(
    options: Sequence[Option], copies: Mapping[str, Handoff], patience: Patience, now: Instant
) -> Postpone | None:
    """A ticket that is rescued may still be in the hands of the worker that was handing it over before: unless that
    provider is down, the attempt is left a moment, up to the hedge deadline. The next claim makes of it one whose
    outcome is unknown, which may be made again under its own key."""
    usable = [option for option in options if option.use is not Use.NOT] or options
    for option in usable:
        copy = copies.get(option.provider)
        if copy is not None and copy.state is HandoffState.STARTED:
            until = min(now + _LOOK_AGAIN, patience.hedge_at if now < patience.hedge_at else _NEVER)
            return Postpone(until, f"{option.provider} is being asked already")
    return None


def _first(ready: Sequence[Option], use: Use, copies: Mapping[str, Handoff]) -> Attempt | None:
    return next((_attempt(option, copies) for option in ready if option.use is use and option.room), None)


def _hold_for_room(ready: Sequence[Option], use: Use, now: Instant) -> Hold | None:
    """In line where only room is wanting, or for the short rest of a pause."""
    wanted = [option for option in ready if option.use is use]
    waits = [option.until or now + _LOOK_AGAIN for option in wanted]
    return Hold(min(waits), _lines(wanted)) if waits and min(waits) <= now + _LOOK_AGAIN else None


def _lines(wanted: Sequence[Option]) -> tuple[str, ...]:
    return tuple(option.provider for option in wanted if option.until is None and not option.room)


def _attempt(option: Option, copies: Mapping[str, Handoff]) -> Attempt:
    copy = copies.get(option.provider)
    return Attempt(option.provider, option.reason, copy if copy and copy.state in _MAY_BE_TRIED_AGAIN else None)


def _adoptable(
    options: Sequence[Option], copies: Mapping[str, Handoff], patience: Patience, now: Instant
) -> Handoff | None:
    """A copy from which the ticket was to be rescued, whose provider is back before anybody else was asked."""
    for option in options:
        copy = copies.get(option.provider)
        if copy is None or not copy.live or option.use in (Use.NOT, Use.DOUBTFUL):
            continue
        neglected = patience.pick_up_within is not None and now - copy.held_since >= patience.pick_up_within
        if not neglected:
            return copy
    return None


def _excluded(copy: Handoff | None) -> bool:
    """Whether this provider is out of the question for the ticket: it refused, has a copy that failed it, or is being
    asked by another worker."""
    if copy is None:
        return False
    return (
        copy.live or copy.state is HandoffState.STARTED or (copy.state is HandoffState.REFUSED and not copy.superseded)
    )


def _retry_at(copy: Handoff | None, option: Option, now: Instant) -> Instant:
    """When a provider that failed this ticket may be tried again. At once where the clock was set back since, over a
    restart: nobody knows how long ago it failed, and it would be left alone for as long as the clock is behind."""
    if copy is None or copy.state not in _MAY_BE_TRIED_AGAIN or option.put_off:
        return 0.0
    ended_at = copy.answered_at or copy.started_at
    if _in_doubt(copy, option):
        return ended_at + _DOUBT[copy.attempts] if copy.attempts < len(_DOUBT) else _NEVER
    if ended_at > now + _CLOCKS_DIFFER:
        return 0.0
    return ended_at + backoff(copy.attempts, copy.id)


def _in_doubt(copy: Handoff | None, option: Option) -> bool:
    """Whether its provider may have the ticket and can't be asked: each further attempt may make one copy more."""
    return copy is not None and copy.state is HandoffState.UNKNOWN and not option.can_search


def _wait_or_give_up(
    case: Case,
    candidates: Sequence[Option],
    retry_at: Mapping[str, Instant],
    patience: Patience,
    now: Instant,
) -> Step:
    if not candidates and not any(handoff.live or handoff.state is HandoffState.STARTED for handoff in case.handoffs):
        return GiveUp("every provider refused it")
    in_vain = _in_vain(case, candidates, now)
    if in_vain >= patience.give_up_after and _others_got_through(case, candidates):
        return GiveUp(f"{in_vain} attempts in vain, while other tickets got through")
    copies = latest_by_provider(case.handoffs)
    waits = (f"{option.provider} {_why(copies.get(option.provider), option)}" for option in candidates)
    reasons = "; ".join(waits) or "its provider is down"
    usable_at = (max(retry_at[option.provider], option.until or now) for option in candidates if _may_become(option))
    later = [at for at in usable_at if at > now]
    # A provider that comes back wakes the ticket: looking for it before would be a storm while all are down.
    return Postpone(min([*later, now + wait_to_be_woken(case.delivery.id)]), reasons)


def _in_vain(case: Case, candidates: Sequence[Option], now: Instant) -> int:
    """Attempts that speak against the ticket: at providers that can't be asked only those at one that is days old.
    After an outage of what lies in between all have failed often, and are taken one by one."""
    old = case.ticket is None or now - case.ticket.received_at >= GIVEN_UP_AFTER
    asked_blindly = {option.provider for option in candidates if not option.can_search}
    return sum(
        copy.attempts
        for copy in case.handoffs
        if copy.state in _IN_VAIN
        and not copy.superseded
        and (copy.provider not in asked_blindly or (old and copy.state is not HandoffState.UNKNOWN))
    )


def _why(copy: Handoff | None, option: Option) -> str:
    return "may have it, and can't be asked" if _in_doubt(copy, option) else str(option.reason)


def _may_become(option: Option) -> bool:
    """Whether time alone makes the provider usable."""
    return option.use is not Use.NOT or option.until is not None


def _others_got_through(case: Case, candidates: Sequence[Option]) -> bool:
    """Whether a provider that failed this ticket has accepted another since: then the ticket is the trouble."""
    failed = latest_by_provider(case.handoffs)
    return any(
        option.accepted_at > failed[option.provider].started_at for option in candidates if option.provider in failed
    )
