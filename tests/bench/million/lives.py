"""Tickets that live: through the store's own verbs, from durable intake to their end.

One in fifty goes to the backup, one in ten gets a second message of its requester, three in five get an answer; nearly
all are resolved, a few are still being worked on, and fewest wait at a desk for somebody to pick them up.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from gateway.core.clock import Instant
from gateway.core.delivery import Begin, Case, ClaimRequest, Defer, Finish, HandoffFact, Kind, Lease
from gateway.core.handoff import Handoff, HandoffState
from gateway.core.ids import new_id
from gateway.core.provider import ProviderReport, ReportType
from gateway.core.reference import new_reference
from gateway.core.ticket import DedupeKey, Direction, Intake, Message, Requester, Ticket
from gateway.demo import traffic
from gateway.store import SqlStore
from tests.bench.configuration import DESKS, TAKEOVER_WITHIN

_CHANNEL, _SCOPE = "web", "web/api"
_HEDGE = 2.0
_LEASE = 10.0
_LATER = 3600.0
"""Seconds until what was handed off here is to be read back: not while we measure."""
_TO_THE_BACKUP, _WRITES_AGAIN, _PICKED_UP, _OPEN = 50, 10, 40, 500
"""One in so many."""
_ANSWERED = (1, 2, 4)
"""Of every five."""
_GROUP = 100


def intakes(count: int, begins_at: Instant, every: float) -> Iterator[Intake]:
    """What the web channel and the door make of so many of the demo's requests, one every so many seconds."""
    for number, asked in enumerate(islice(traffic.requests(seed=2), count)):
        yield _intake(asked, begins_at + number * every)


def _intake(asked: Mapping[str, Any], at: Instant) -> Intake:
    requester = Requester(asked["requester"]["name"], asked["requester"]["email"])
    ticket = Ticket(
        id=new_id(),
        reference=new_reference(),
        channel=_CHANNEL,
        subject=asked["subject"],
        requester=requester,
        received_at=at,
        policy="default",
        hedge_at=at + _HEDGE,
        due_at=at + TAKEOVER_WITHIN,
        language=asked["language"],
        category=asked["category"],
    )
    message = Message(new_id(), ticket.id, 1, Direction.INBOUND, _CHANNEL, asked["body"], at, requester.name)
    return Intake(message, ticket, DedupeKey(_SCOPE, secrets.token_hex(16), secrets.token_hex(32)))


async def live(store: SqlStore, given: Sequence[Intake]) -> None:
    """Let them all come in, be handed off, and come to their ends."""
    for start in range(0, len(given), _GROUP):
        group = given[start : start + _GROUP]
        await store.accept(group)
        handoffs = await hand_over(store, len(group), group[-1].message.at + 0.1, start)
        await _confirm(store, handoffs)
        await _write_again(store, group)
        await _worked_on(store, handoffs, start)


async def hand_over(store: SqlStore, limit: int, now: Instant, first_number: int) -> list[Handoff]:
    """Claim, begin, record: as the engine does it, with desks that answer at once. Now and then a ticket goes to the
    backup. The copies that took them."""
    cases = await claim(store, frozenset({Kind.TICKET}), limit, now)
    tries = [_try(case, DESKS[0]) for case in cases]
    await store.begin([_begin(case, each) for case, each in zip(cases, tries, strict=True)])
    refused = [number for number in range(len(cases)) if number % _TO_THE_BACKUP == 7]
    again = {number: _try(cases[number], DESKS[1]) for number in refused}
    await store.record([HandoffFact(tries[number].id, HandoffState.UNAVAILABLE, now) for number in refused])
    await store.begin([_begin(cases[number], each) for number, each in again.items()])
    taken = [again.get(number, each) for number, each in enumerate(tries)]
    await store.record([_accepted(each, first_number + number) for number, each in enumerate(taken)])
    return taken


def _accepted(handoff: Handoff, number: int) -> HandoffFact:
    at = handoff.started_at
    theirs = _reference_at(handoff, number)
    return HandoffFact(handoff.id, HandoffState.ACCEPTED, at, theirs, read_back_at=at + _LATER)


def _reference_at(handoff: Handoff, number: int) -> str:
    """As the demo desks count their tickets."""
    return f"{handoff.provider.upper()}-{number + 1}"


async def claim(store: SqlStore, kinds: frozenset[Kind], limit: int, now: Instant) -> list[Case]:
    return (await store.claim([ClaimRequest(kinds, limit, now, now + _LEASE)]))[0]


def _try(case: Case, desk: str) -> Handoff:
    assert case.ticket is not None
    at = case.ticket.received_at + 0.05
    return Handoff(new_id(), case.ticket.id, desk, HandoffState.STARTED, at, messages_sent=1)


def _begin(case: Case, handoff: Handoff) -> Begin:
    lease = Lease(case.delivery.id, case.delivery.epoch)
    return Begin(lease, handoff, case.delivery.due_at + 1.0, "primary of the policy")


async def _confirm(store: SqlStore, handoffs: Sequence[Handoff]) -> None:
    """Each is read back a quarter of a minute later."""
    await store.record(
        [HandoffFact(each.id, HandoffState.ACCEPTED, each.started_at + 15, confirmed=True) for each in handoffs]
    )


async def _write_again(store: SqlStore, group: Sequence[Intake]) -> None:
    further = [
        Intake(Message(new_id(), each.message.ticket_id, 2, Direction.INBOUND, _CHANNEL, "¿Hay novedades?", at, author))
        for number, each in enumerate(group)
        if number % _WRITES_AGAIN == 3
        for at, author in [(each.message.at + 300, each.message.author)]
    ]
    await store.accept(further)
    for case in await claim(store, frozenset({Kind.MESSAGE}), len(further), group[-1].message.at + 301):
        assert case.delivery.handoff_id is not None
        await store.sent(case.delivery.handoff_id, 2, Finish(Lease(case.delivery.id, case.delivery.epoch)))


async def _worked_on(store: SqlStore, handoffs: Sequence[Handoff], first_number: int) -> None:
    """Picked up, answered and resolved, as the desks report it; what is left to be read back is done with, or is due
    much later."""
    numbered = [(first_number + number, each) for number, each in enumerate(handoffs)]
    picked_up = [(number, each) for number, each in numbered if number % _OPEN]
    answered = [(number, each) for number, each in picked_up if number % 5 in _ANSWERED]
    resolved = [(number, each) for number, each in picked_up if number % _PICKED_UP]
    for kind, chosen, after in (
        (ReportType.ACCEPTED, numbered, 1.0),
        (ReportType.PICKED_UP, picked_up, 600.0),
        (ReportType.REPLIED, answered, 1800.0),
        (ReportType.RESOLVED, resolved, 3600.0),
    ):
        await store.report([_report(kind, each, number, each.started_at + after) for number, each in chosen])
    now = handoffs[-1].started_at + _LATER + 100.0
    done: list[Lease] = []
    waits: list[Lease] = []
    for case in await claim(store, frozenset({Kind.CONFIRM}), 2 * len(handoffs), now):
        handoff, lease = case.handoff(), Lease(case.delivery.id, case.delivery.epoch)
        still = handoff is not None and handoff.state is HandoffState.ACCEPTED
        (waits if still else done).append(lease)
    await store.finish([Finish(lease) for lease in done])
    await store.defer([Defer(lease, now + _LATER, "nobody has picked it up yet") for lease in waits])


def _report(kind: ReportType, handoff: Handoff, number: int, at: Instant) -> ProviderReport:
    body = "Lo hemos resuelto. Si algo no va bien, responda a este mensaje." if kind is ReportType.REPLIED else None
    return ProviderReport(
        handoff.provider, new_id(), kind, at, provider_reference=_reference_at(handoff, number), body=body
    )
