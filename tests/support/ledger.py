"""Proves that the ledger balances: from the store's rows and what the desks have, by none of the service's own code.

Every intake that was answered with yes is in a provider's hands, queued with a next step, or in quarantine; and what
two desks have is known to be there, with a duty about all but one.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import aiohttp
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from gateway.demo.desk.ticket import DeskState, DeskTicket
from tests.support.rig import Rig

_WITHIN = 20.0
"""Seconds in which what the desks and the store say has to come to agree: they can't be read at the same instant."""
_HAS_IT = frozenset({"accepted", "picked_up", "resolved"})
_MAY_HAVE_IT = frozenset({"started", "unknown"})


@dataclass(frozen=True, slots=True)
class _Copy:
    """A hand-off, as its row says; `owed` where a delivery about it waits, or a person has to look."""

    id: str
    provider: str
    state: str
    superseded: bool
    owed: bool


@dataclass(frozen=True, slots=True)
class _Entry:
    """A ticket's place in the store."""

    state: str
    queued: bool
    withheld: bool
    copies: tuple[_Copy, ...]


async def assert_balanced(rig: Rig, acknowledged: Iterable[str | None], *, away: Collection[str] = ()) -> None:
    """Fails with what is out of place. `acknowledged` are the references that were given; the desks `away` can't be
    asked what they have."""
    references = {reference for reference in acknowledged if reference}
    assert references, "nothing was acknowledged, so nothing is proved"

    async def out_of_place() -> str | None:
        try:
            desks = {name: await client.tickets() for name, client in rig.clients.items() if name not in away}
            astray = await rig.metric("relevo_ledger_unbalanced")
        except (aiohttp.ClientError, TimeoutError) as error:
            return f"an answer: {error!r}"
        wrong = [*_misplaced(_entries(rig.ledger_url), references, desks)]
        return "; ".join([*wrong[:10], f"{len(wrong)} in all"]) if wrong else "the auditor to agree" if astray else None

    await rig.until(out_of_place, _WITHIN)


def _entries(url: str) -> dict[str, _Entry]:
    """Every ticket of the store by its reference, in one consistent read."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        owed = set(_column(connection, "SELECT handoff_id FROM deliveries UNION SELECT handoff_id FROM quarantine"))
        handing_over = "FROM {} WHERE kind IN ('ticket', 'rescue')"
        queued = set(_column(connection, f"SELECT ticket_id {handing_over.format('deliveries')} AND due_at > 0"))
        withheld = set(_column(connection, f"SELECT ticket_id {handing_over.format('quarantine')}"))
        copies: dict[str, list[_Copy]] = defaultdict(list)
        for row in connection.execute(text("SELECT id, ticket_id, provider, state, superseded FROM handoffs")):
            copies[row.ticket_id].append(_Copy(row.id, row.provider, row.state, bool(row.superseded), row.id in owed))
        return {
            row.reference: _Entry(row.state, row.id in queued, row.id in withheld, tuple(copies[row.id]))
            for row in connection.execute(text("SELECT id, reference, state FROM tickets"))
        }


def _column(connection: Connection, query: str) -> Sequence[str]:
    return connection.execute(text(query)).scalars().all()


def _misplaced(
    entries: Mapping[str, _Entry], references: Collection[str], desks: Mapping[str, Sequence[DeskTicket]]
) -> Iterator[str]:
    held: dict[str, list[str]] = defaultdict(list)
    for tickets in desks.values():
        for ticket in tickets:
            if ticket.state is not DeskState.WITHDRAWN:
                held[ticket.reference].append(ticket.key)
    for reference in sorted(references):
        entry = entries.get(reference)
        if entry is None:
            yield f"{reference} was acknowledged and is not in the store"
        elif not _has_its_place(entry, held[reference], desks.keys()):
            yield f"{reference} is {entry}, and at desks as {held[reference]}"
    for reference, keys in held.items():
        if len(keys) > 1 and not _known(entries[reference], keys):
            yield f"{reference} is at desks as {keys}, and that is not known: {entries[reference]}"


def _has_its_place(entry: _Entry, held: Collection[str], asked: Collection[str]) -> bool:
    match entry.state:
        case "waiting":
            return entry.queued
        case "quarantined":
            return entry.withheld
        case "handed_off" | "resolved":
            having = [copy for copy in entry.copies if copy.state in _HAS_IT and not copy.superseded]
            return any(copy.id in held or copy.provider not in asked for copy in having)
    return False


def _known(entry: _Entry, keys: Collection[str]) -> bool:
    """Each copy is on record as one that is, or may be, there; and about all but one something is still to be done."""
    copies = {copy.id: copy for copy in entry.copies}
    if any(key not in copies or copies[key].state not in _HAS_IT | _MAY_HAVE_IT for key in keys):
        return False
    return sum(not _is_unfinished(copies[key]) for key in keys) <= 1


def _is_unfinished(copy: _Copy) -> bool:
    return copy.owed or copy.superseded or copy.state == "started"
