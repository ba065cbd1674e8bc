"""report: what providers tell of their own copies, each report once."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, and_, or_, select

from gateway.core.delivery import HandoffFact
from gateway.core.events import TicketReplied
from gateway.core.handoff import UNSURE, HandoffState
from gateway.core.ids import new_id
from gateway.core.provider import REPORTED_STATE, ProviderReport, ReportResult, ReportType
from gateway.core.ticket import DedupeKey, Direction, Message
from gateway.store import rules, sheets
from gateway.store.receipts import Kept, keep, known
from gateway.store.schema import handoffs, tickets
from gateway.store.sheet import Sheet, StoredCopy
from gateway.store.transaction import Transaction

Place = tuple[Sheet, StoredCopy]


def report(transaction: Transaction, reports: list[ProviderReport]) -> list[ReportResult]:
    """A report about what that provider hasn't got is not remembered: it may come again when it has."""
    seen = set(known(transaction.connection, map(_key, reports)))
    owners = _owners(transaction.connection, reports)
    found = sheets.load(transaction, {ticket_id for ids in owners.values() for ticket_id in ids})
    kept: list[Kept] = []
    results = []
    for each in reports:
        key = _key(each)
        if (key.scope, key.key) in seen:
            results.append(ReportResult.DUPLICATE)
            continue
        place = _place(each, [found[ticket_id] for ticket_id in owners[_named(each)]])
        if place is None:
            results.append(ReportResult.NOT_FOUND)
            continue
        kept.append(_apply(*place, each))
        seen.add((key.scope, key.key))
        results.append(ReportResult.APPLIED)
    sheets.save(transaction, found.values())
    keep(transaction.connection, kept)
    return results


def _key(given: ProviderReport) -> DedupeKey:
    return DedupeKey(f"provider:{given.provider}", given.report_id, "")


def _named(given: ProviderReport) -> tuple[str, str]:
    """What a ticket is looked up by: our reference where it is given, else the provider's own."""
    return ("", given.reference) if given.reference else (given.provider, given.provider_reference or "")


def _owners(connection: Connection, reports: Iterable[ProviderReport]) -> defaultdict[tuple[str, str], set[str]]:
    """The ids of the tickets that the reports may be about, by what they are looked up by."""
    wanted: defaultdict[str, list[str]] = defaultdict(list)
    for each in reports:
        provider, reference = _named(each)
        wanted[provider].append(reference)
    owners: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    ours = wanted.pop("", [])
    if ours:
        for row in connection.execute(select(tickets.c.id, tickets.c.reference).where(tickets.c.reference.in_(ours))):
            owners["", row.reference].add(row.id)
    if wanted:
        column = handoffs.c.provider_reference
        theirs = [and_(handoffs.c.provider == name, column.in_(given)) for name, given in wanted.items()]
        query = select(handoffs.c.ticket_id, handoffs.c.provider, column).where(or_(*theirs), column.is_not(None))
        for ticket_id, provider, reference in connection.execute(query):
            owners[provider, reference].add(ticket_id)
    return owners


def _place(given: ProviderReport, candidates: list[Sheet]) -> Place | None:
    """The copy that a report is about, never another provider's: the likeliest where there are several."""
    copies = [(sheet, copy) for sheet in candidates for copy in sheet.copies.values() if _fits(given, copy)]
    return max(copies, key=lambda place: _likelihood(given, place[1]), default=None)


def _fits(given: ProviderReport, copy: StoredCopy) -> bool:
    if copy.provider != given.provider:
        return False
    theirs = given.provider_reference
    if given.reference is None:
        return theirs is not None and copy.provider_reference == theirs
    return theirs is None or copy.provider_reference in (None, theirs)


def _likelihood(given: ProviderReport, copy: StoredCopy) -> tuple[bool, bool, bool, str]:
    named = given.provider_reference is not None and copy.provider_reference == given.provider_reference
    return named, copy.live, copy.state in UNSURE, copy.id


def _apply(sheet: Sheet, copy: StoredCopy, given: ProviderReport) -> Kept:
    # Who replies has it, but a reply may be automatic: it proves no more than acceptance.
    state = REPORTED_STATE.get(given.type, HandoffState.ACCEPTED)
    rules.apply(
        sheet,
        HandoffFact(
            copy.id, state, given.at, provider_reference=given.provider_reference, reason="the provider says so"
        ),
    )
    message_id = _reply(sheet, given) if given.type is ReportType.REPLIED else None
    key = _key(given)
    return Kept(key.scope, key.key, "", sheet.standing.id, sheet.standing.reference, message_id, given.at)


def _reply(sheet: Sheet, given: ProviderReport) -> str:
    message = Message(
        id=new_id(),
        ticket_id=sheet.standing.id,
        number=sheet.next_number,
        direction=Direction.OUTBOUND,
        channel=sheet.standing.channel,
        body=given.body or "",
        at=given.at,
        author=given.author,
        provider=given.provider,
        attachments=given.attachments,
    )
    sheet.add(message)
    sheet.emit(
        TicketReplied(
            at=given.at,
            ticket_id=sheet.standing.id,
            reference=sheet.standing.reference,
            provider=given.provider,
            message_id=message.id,
        )
    )
    return message.id
