"""accept: what came in becomes durable, once, with its event and what is owed because of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from gateway.core.delivery import Delivery, Kind
from gateway.core.errors import InvalidMessage
from gateway.core.events import DuplicateReceived, MessageReceived, TicketReceived
from gateway.core.ids import new_id
from gateway.core.reference import new_reference
from gateway.core.ticket import Acceptance, Intake, Message, Receipt, Requester, Ticket
from gateway.store import bulk, rows, rules, schema, sheets
from gateway.store.receipts import Kept, keep, known
from gateway.store.sheet import Sheet
from gateway.store.transaction import Transaction


def accept(transaction: Transaction, intakes: list[Intake]) -> list[Receipt]:
    """Raises InvalidMessage for a message to a ticket that doesn't exist."""
    seen = known(transaction.connection, [intake.dedupe for intake in intakes if intake.dedupe])
    conversations = sheets.load(transaction, {intake.message.ticket_id for intake in intakes if not intake.ticket})
    kept: list[Kept] = []
    opened: list[tuple[Ticket, Message]] = []
    redraw = _redrawn(transaction.connection, [intake.ticket.reference for intake in intakes if intake.ticket])
    receipts = []
    for intake in intakes:
        first = seen.get((intake.dedupe.scope, intake.dedupe.key)) if intake.dedupe else None
        if first:
            receipts.append(_again(transaction, intake, first))
            continue
        if intake.ticket:
            ticket = replace(intake.ticket, reference=redraw(intake.ticket.reference))
            opened.append((ticket, intake.message))
            receipt = Receipt(Acceptance.NEW, ticket.id, ticket.reference, intake.message.id, ticket.received_at)
        else:
            receipt = _follow_up(conversations, intake.message)
        receipts.append(receipt)
        if intake.dedupe:
            kept.append(Kept.of(intake.dedupe, receipt))
            seen[intake.dedupe.scope, intake.dedupe.key] = kept[-1]
    _open(transaction, opened)
    sheets.save(transaction, conversations.values())
    keep(transaction.connection, kept)
    return receipts


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


def _follow_up(conversations: dict[str, Sheet], given: Message) -> Receipt:
    sheet = conversations.get(given.ticket_id)
    if sheet is None:
        raise InvalidMessage("This request doesn't exist.")
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
    keeper = rules.keeper(sheet)
    if keeper:
        rules.owe_messages(sheet, keeper, given.at)
    return Receipt(Acceptance.NEW, sheet.standing.id, sheet.standing.reference, given.id, given.at)


def _redrawn(connection: Connection, wanted: Sequence[str]) -> Callable[[str], str]:
    """Gives each ticket a reference of its own: the one it came with, or a new one where that is taken."""
    taken = _taken(connection, wanted)

    def draw(reference: str) -> str:
        while reference in taken:
            reference = new_reference()
            taken.update(_taken(connection, [reference]))
        taken.add(reference)
        return reference

    return draw


def _taken(connection: Connection, references: Sequence[str]) -> set[str]:
    if not references:
        return set()
    column = schema.tickets.c.reference
    return set(connection.execute(select(column).where(column.in_(references))).scalars())


def _open(transaction: Transaction, opened: Iterable[tuple[Ticket, Message]]) -> None:
    requesters, tickets, messages, deliveries = [], [], [], []
    for ticket, message in opened:
        requester_id = None
        if ticket.requester != Requester():
            requester_id = new_id()
            requesters.append({"id": requester_id, **_contact(ticket.requester)})
        tickets.append(rows.ticket_values(ticket, requester_id))
        messages.append(rows.message_values(message))
        deliveries.append(rows.delivery_values(_handing_over(ticket)))
        transaction.emit(_received(ticket))
    connection = transaction.connection
    bulk.insert(connection, schema.requesters, requesters)
    bulk.insert(connection, schema.tickets, tickets)
    bulk.insert(connection, schema.messages, messages)
    bulk.insert(connection, schema.deliveries, deliveries)


def _contact(requester: Requester) -> rows.Values:
    return {"name": requester.name, "email": requester.email, "phone": requester.phone}


def _handing_over(ticket: Ticket) -> Delivery:
    return Delivery(
        id=new_id(),
        kind=Kind.TICKET,
        due_at=ticket.received_at,
        created_at=ticket.received_at,
        ticket_id=ticket.id,
        priority=ticket.priority,
    )


def _received(ticket: Ticket) -> TicketReceived:
    return TicketReceived(
        at=ticket.received_at,
        ticket_id=ticket.id,
        reference=ticket.reference,
        channel=ticket.channel,
        policy=ticket.policy,
        language=ticket.language,
        category=ticket.category,
        priority=ticket.priority.label,
    )
