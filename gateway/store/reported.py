"""Which copy a report is about, and whether its provider has a say in that."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeVar

from sqlalchemy import Connection, bindparam, select

from gateway.core.handoff import MAY_HAVE, UNSURE, Handoff, HandoffState
from gateway.core.provider import ProviderReport, ReportResult, ReportType
from gateway.core.ticket import DedupeKey
from gateway.store.cases import load_handoffs
from gateway.store.queries import Query
from gateway.store.receipts import known
from gateway.store.schema import among, handoffs, tickets

_BY_OURS = Query(select(tickets.c.id, tickets.c.reference).where(among(tickets.c.reference)))
_BY_THEIRS = Query(
    select(handoffs.c.ticket_id, handoffs.c.provider_reference).where(
        handoffs.c.provider == bindparam("provider"),
        among(handoffs.c.provider_reference),
        handoffs.c.provider_reference.is_not(None),
    )
)
H = TypeVar("H", bound=Handoff)
Named = tuple[str, str]
"""What a ticket is looked up by: a provider and its reference, or nothing and ours."""

_MAY_TELL = {
    ReportType.REPLIED: MAY_HAVE,
    ReportType.CALLBACK_REQUESTED: MAY_HAVE,
    # Who refused it may have kept an earlier attempt all the same: then it says that it has it first.
    ReportType.RESOLVED: frozenset(HandoffState) - {HandoffState.REFUSED},
}
"""The states of a copy of which a provider may report this; of any, where nothing stands here."""


def foresee(connection: Connection, given: ProviderReport) -> ReportResult:
    """What would become of it now."""
    if known(connection, [key_of(given)]):
        return ReportResult.DUPLICATE
    copies = load_handoffs(connection, sorted(owners_of(connection, [given])[named_by(given)]))
    meant = copy_meant(given, (copy for each in copies.values() for copy in each))
    return ReportResult.NOT_FOUND if meant is None else ReportResult.APPLIED


def key_of(given: ProviderReport) -> DedupeKey:
    """Under which a report is remembered."""
    return DedupeKey(f"provider:{given.provider}", given.report_id, "")


def named_by(given: ProviderReport) -> Named:
    """Our reference where it is given, else the provider's own."""
    return ("", given.reference) if given.reference else (given.provider, given.provider_reference or "")


def owners_of(connection: Connection, reports: Sequence[ProviderReport]) -> defaultdict[Named, set[str]]:
    """The ids of the tickets that the reports may be about, by what they are looked up by."""
    wanted: defaultdict[str, list[str]] = defaultdict(list)
    for each in reports:
        provider, reference = named_by(each)
        wanted[provider].append(reference)
    owners: defaultdict[Named, set[str]] = defaultdict(set)
    ours = wanted.pop("", [])
    if ours:
        for row in _BY_OURS.rows(connection, ours):
            owners["", row.reference].add(row.id)
    for provider, theirs in wanted.items():
        for row in _BY_THEIRS.rows(connection, theirs, provider=provider):
            owners[provider, row.provider_reference].add(row.ticket_id)
    return owners


def copy_meant(given: ProviderReport, copies: Iterable[H]) -> H | None:
    """The copy that a report is about, never another provider's: the likeliest where there are several."""
    fitting = [copy for copy in copies if _fits(given, copy) and copy.state in _MAY_TELL.get(given.type, HandoffState)]
    return max(fitting, key=lambda copy: _likelihood(given, copy), default=None)


def _fits(given: ProviderReport, copy: Handoff) -> bool:
    if copy.provider != given.provider:
        return False
    theirs = given.provider_reference
    if given.reference is None:
        return theirs is not None and copy.provider_reference == theirs
    return theirs is None or copy.provider_reference in (None, theirs)


def _likelihood(given: ProviderReport, copy: Handoff) -> tuple[bool, bool, bool, str]:
    named = given.provider_reference is not None and copy.provider_reference == given.provider_reference
    return named, copy.live, copy.state in UNSURE, copy.id
