"""accept: what came in becomes durable, once, with its event and what is owed because of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from gateway.core.errors import InvalidMessage
from gateway.core.events import DuplicateReceived, MessageReceived, TicketReceived
from gateway.core.ids import new_id
from gateway.core.reference import new_reference
from gateway.core.ticket import Acceptance, Intake, Message, Receipt, Requester, Ticket
from gateway.store import bulk, rows, rules, schema, sheets
from gateway.store.receipts import Kept, correct_reference, keep_first
from gateway.store.schema import among
from gateway.store.sheet import Sheet
from gateway.store.transaction import Transaction

_NOBODY = Requester()
_IDS = select(schema.tickets.c.id).where(among(schema.tickets.c.id))


def accept(transaction: Transaction, intakes: list[Intake]) -> list[Receipt]:
    """Raises InvalidMessage for a message to a ticket that doesn't exist."""
    conversations = sheets.load(transaction, {intake.message.ticket_id for intake in intakes if not intake.ticket})
    receipts = [_receipt(intake, conversations) for intake in intakes]
    keys = [(intake.dedupe, receipt) for intake, receipt in zip(intakes, receipts, strict=True) if intake.dedupe]
    kept = keep_first(transaction.connection, keys)
    firsts = [_first(intake, kept) for intake in intakes]
    redrawn = _open(transaction, [each for each, first in zip(intakes, firsts, strict=True) if not first])
    for place, (intake, first) in enumerate(zip(intakes, firsts, strict=True)):
        if first:
            receipts[place] = _again(transaction, intake, first)
        elif not intake.ticket:
            _follow_up(conversations[intake.message.ticket_id], intake.message)
    sheets.save(transaction, conversations.values())
    return [_with_reference(receipt, redrawn) for receipt in receipts] if redrawn else receipts


def _first(intake: Intake, kept: Mapping[tuple[str, str], Kept]) -> Kept | None:
    """What came under its key before it."""
    first = kept.get((intake.dedupe.scope, intake.dedupe.key)) if kept and intake.dedupe else None
    return first if first and first.message_id != intake.message.id else None


def _receipt(intake: Intake, conversations: dict[str, Sheet]) -> Receipt:
    """What is answered to an intake that came for the first time."""
    message, ticket = intake.message, intake.ticket
    if ticket:
        return Receipt(Acceptance.NEW, ticket.id, ticket.reference, message.id, ticket.received_at)
    sheet = conversations.get(message.ticket_id)
    if sheet is None:
        raise InvalidMessage("This request doesn't exist.")
    return Receipt(Acceptance.NEW, sheet.standing.id, sheet.standing.reference, message.id, message.at)


def _again(transaction: Transaction, intake: Intake, first: Kept) -> Receipt:
    same = intake.dedupe is not None and intake.dedupe.fingerprint == first.fingerprint
    if same:
        transaction.emit(
            DuplicateReceived(
                at=intake.message.at,
                ticket_id=first.ticket_id,
                reference=first.reference,
                channel=intake.message.channel,
            )
        )
    return first.receipt(Acceptance.DUPLICATE if same else Acceptance.CONFLICT)


def _follow_up(sheet: Sheet, given: Message) -> None:
    sheet.add(replace(given, number=sheet.next_number))
    sheet.emit(
        MessageReceived(
            at=given.at,
            ticket_id=sheet.standing.id,
            reference=sheet.standing.reference,
            channel=given.channel,
            message_id=given.id,
        )
    )
    rules.reopen(sheet, given.at)
    keeper = rules.keeper(sheet)
    if keeper:
        rules.owe_messages(sheet, keeper, given.at)


def _open(transaction: Transaction, intakes: Iterable[Intake]) -> dict[str, str]:
    """Write what the new tickets among them consist of. Answers which got another reference, by their ids."""
    opened = [(intake.ticket, intake) for intake in intakes if intake.ticket]
    requesters, tickets, messages, deliveries = [], [], [], []
    for ticket, intake in opened:
        requester_id = None
        if ticket.requester != _NOBODY:
            requester_id = new_id()
            requesters.append(rows.requester_values(requester_id, ticket.requester))
        tickets.append(rows.ticket_values(ticket, requester_id))
        messages.append(rows.message_values(intake.message))
        deliveries.append(rows.handing_over_values(ticket))
    connection = transaction.connection
    bulk.insert(connection, schema.requesters, requesters)
    redrawn = _insert_tickets(connection, tickets)
    bulk.insert(connection, schema.messages, messages)
    bulk.insert(connection, schema.attachments, rows.attachments_values(intake.message for _, intake in opened))
    bulk.insert(connection, schema.deliveries, deliveries)
    for ticket, intake in opened:
        if ticket.id in redrawn and intake.dedupe:
            correct_reference(connection, intake.dedupe, redrawn[ticket.id])
        transaction.emit(_received(ticket, redrawn.get(ticket.id, ticket.reference)))
    return redrawn


def _insert_tickets(connection: Connection, tickets: Sequence[rows.Values]) -> dict[str, str]:
    """A reference is random, and almost never taken; one that is, is drawn again."""
    redrawn: dict[str, str] = {}
    while not bulk.insert_unless_taken(connection, schema.tickets, tickets):
        there = set(connection.execute(_IDS, {"keys": [ticket["id"] for ticket in tickets]}).scalars())
        tickets = [{**ticket, "reference": new_reference()} for ticket in tickets if ticket["id"] not in there]
        redrawn |= {str(ticket["id"]): str(ticket["reference"]) for ticket in tickets}
    return redrawn


def _with_reference(receipt: Receipt, redrawn: Mapping[str, str]) -> Receipt:
    return replace(receipt, reference=redrawn.get(receipt.ticket_id, receipt.reference))


def _received(ticket: Ticket, reference: str) -> TicketReceived:
    return TicketReceived(
        at=ticket.received_at,
        ticket_id=ticket.id,
        reference=reference,
        channel=ticket.channel,
        policy=ticket.policy,
        language=ticket.language,
        category=ticket.category,
        priority=ticket.priority.label,
    )
