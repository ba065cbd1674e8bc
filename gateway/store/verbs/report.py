"""report: what providers tell of their own copies, each report once."""

from gateway.core.delivery import HandoffFact, Kind
from gateway.core.events import TicketReplied
from gateway.core.handoff import HandoffState
from gateway.core.ids import new_id
from gateway.core.provider import REPORTED_STATE, ProviderReport, ReportResult, ReportType
from gateway.core.ticket import Direction, Message
from gateway.store import rules, sheets
from gateway.store.receipts import Kept, keep, known
from gateway.store.reported import copy_meant, key_of, named_by, owners_of
from gateway.store.sheet import Sheet, StoredCopy
from gateway.store.transaction import Transaction

MOST_REPLIES = 500
"""Of desks to one ticket: two programs that answer each other would go on for ever. As many messages may have come from
the other side where a desk wants a call, since each call leaves one more."""

_SAYS = {ReportType.REPLIED: Direction.OUTBOUND, ReportType.CALLBACK_REQUESTED: Direction.INBOUND}
"""Which messages of a ticket become more by such a report."""


def report(transaction: Transaction, reports: list[ProviderReport]) -> list[ReportResult]:
    """A report about what that provider hasn't got is not remembered: it may come again when it has."""
    seen = set(known(transaction.connection, map(key_of, reports)))
    owners = owners_of(transaction.connection, reports)
    found = sheets.load(transaction, {ticket_id for ids in owners.values() for ticket_id in ids})
    kept: list[Kept] = []
    results = []
    for each in reports:
        key = key_of(each)
        if (key.scope, key.key) in seen:
            results.append(ReportResult.DUPLICATE)
            continue
        candidates = [found[ticket_id] for ticket_id in owners[named_by(each)]]
        copy = copy_meant(each, (copy for sheet in candidates for copy in sheet.copies.values()))
        if copy is None:
            results.append(ReportResult.NOT_FOUND)
            continue
        sheet = found[copy.ticket_id]
        if (direction := _SAYS.get(each.type)) and sheet.written(direction) >= MOST_REPLIES:
            results.append(ReportResult.FULL)
            continue
        if each.type is ReportType.CALLBACK_REQUESTED and sheet.standing.channel not in each.called_back_by:
            results.append(ReportResult.NOT_CALLABLE)
            continue
        kept.append(_apply(sheet, copy, each))
        seen.add((key.scope, key.key))
        results.append(ReportResult.APPLIED)
    sheets.save(transaction, found.values())
    keep(transaction.connection, kept)
    return results


def _apply(sheet: Sheet, copy: StoredCopy, given: ProviderReport) -> Kept:
    # Who replies has it, but a reply may be automatic: it proves no more than acceptance.
    state = REPORTED_STATE.get(given.type, HandoffState.ACCEPTED)
    rules.apply(
        sheet,
        HandoffFact(
            copy.id,
            state,
            given.at,
            provider_reference=given.provider_reference,
            reason="the provider says so",
            confirmed=given.type is ReportType.ACCEPTED,
        ),
    )
    message_id = _reply(sheet, given) if given.type is ReportType.REPLIED else None
    if given.type is ReportType.CALLBACK_REQUESTED:
        calls = given.called_back_by[sheet.standing.channel]
        sheet.owe(Kind.CALLBACK, given.at, given.at, sheet.copies[copy.id], channel=calls)
    key = key_of(given)
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
    if sheet.standing.answer_by:
        sheet.owe(Kind.ANSWER, given.at, given.at, message=message.id, channel=sheet.standing.answer_by)
    return message.id
