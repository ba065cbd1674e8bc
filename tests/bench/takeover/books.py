"""One outage's account: what its requests went through, and what the desks have in the end. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.core.clock import Instant
from tests.bench.takeover.client import Asked

NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Phase:
    """One outage that began at a random moment. Requests are those that it touched: first tried while it lasted, or
    before and not yet handed off when it began."""

    began_after: float
    """Seconds of calm before."""
    requests: int
    tries: int
    failed_tries: int
    """As the clients saw them."""
    given_up: int
    """Requests of which every try failed."""
    longest: float | None
    """Seconds from the first try to a desk's hands, of the slowest; None where one never got there."""
    doubles: int
    """Of these requests' tickets, those that both desks had."""
    rescued: int
    """Other tickets that both desks had: the primary had taken them before its outage, and they went to the backup."""
    left_open: int
    """Of both, those that both desks still answer for some seconds after the primary's return."""
    lost: int
    """Acknowledged, and in no desk's hands at the end."""


def settle(
    began_after: float,
    asked: Sequence[Asked],
    outage: tuple[Instant, Instant],
    handed_off: Mapping[str, Instant],
    copies: tuple[Sequence[str], Sequence[str]],
) -> tuple[Phase, list[float]]:
    """The account, and each touched request's seconds to a desk's hands (`NEVER` where its client was told no).

    `outage` is its beginning and its end; `copies` are the references of every copy that the desks have taken, and of
    those that they still answer for.
    """
    took = {each: _seconds(each, handed_off) for each in asked}
    touched = [each for each in asked if _touched(each, took[each], *outage)]
    seconds = [took[each] for each in touched]
    taken, held = (Counter(each) for each in copies)
    acknowledged = {each.reference for each in asked if each.acknowledged_at is not None}
    ours = {each.reference for each in asked if each.reference}
    twice = {reference for reference in ours if taken[reference] > 1}
    longest = max(seconds, default=0.0)
    phase = Phase(
        began_after=began_after,
        requests=len(touched),
        tries=sum(each.failed_tries + (each.acknowledged_at is not None) for each in touched),
        failed_tries=sum(each.failed_tries for each in touched),
        given_up=sum(each.acknowledged_at is None for each in touched),
        longest=None if longest == NEVER else longest,
        doubles=len(twice & {each.reference for each in touched}),
        rescued=len(twice - {each.reference for each in touched}),
        left_open=sum(held[reference] > 1 for reference in twice),
        lost=sum(not held[str(reference)] for reference in acknowledged),
    )
    return phase, seconds


def _seconds(asked: Asked, handed_off: Mapping[str, Instant]) -> float:
    at = handed_off.get(asked.reference or "") if asked.acknowledged_at is not None else None
    return NEVER if at is None else max(0.0, at - asked.first_try_at)


def _touched(asked: Asked, seconds: float, began: Instant, ended: Instant) -> bool:
    return asked.first_try_at < ended and asked.first_try_at + seconds >= began
