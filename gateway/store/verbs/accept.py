"""accept: what came in becomes durable, once, with its event and what is owed because of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from gateway.core.delivery import Delivery, Kind
from gateway.core.errors import InvalidMessage
from gateway.core.events import DuplicateReceived, MessageReceived
from gateway.core.ids import new_id
from gateway.core.reference import new_reference
from gateway.core.ticket import Acceptance, DedupeKey, Direction, Intake, Message, Receipt, Ticket
from gateway.store import bulk, intake_rows, rows, rules, schema, sheets
from gateway.store.allowances import Allowances
from gateway.store.receipts import Kept, correct_reference, keep_first, known
from gateway.store.schema import among
from gateway.store.sheet import Sheet
from gateway.store.transaction import Transaction

_IDS = select(schema.tickets.c.id).where(among(schema.tickets.c.id))


def accept(transaction: Transaction, intakes: list[Intake]) -> list[Receipt]:
    """Raises InvalidMessage for a message to a ticket that doesn't exist."""
    conversations = sheets.load(transaction, {intake.message.ticket_id for intake in intakes if not intake.ticket})
    receipts = [_receipt(intake, conversations) for intake in intakes]
    if conversations:
        _turn_away(transaction.connection, intakes, receipts, conversations)
    keys = [
        (intake.dedupe, receipt)
        for intake, receipt in zip(intakes, receipts, strict=True)
        if intake.dedupe and receipt.acceptance is Acceptance.NEW
    ]
    kept = keep_first(transaction.connection, keys)
    firsts = [_first(intake, kept) for intake in intakes] if kept else [None] * len(intakes)
    redrawn = open_tickets(transaction, [each for each, first in zip(intakes, firsts, strict=True) if not first])
    for place, (intake, first) in enumerate(zip(intakes, firsts, strict=True)):
        if first:
            receipts[place] = _again(transaction, intake, first)
        elif not intake.ticket and receipts[place].acceptance is Acceptance.NEW:
            follow_up(conversations[intake.message.ticket_id], intake.message)
    sheets.save(transaction, conversations.values())
    return [_with_reference(receipt, redrawn) for receipt in receipts] if redrawn else receipts


def _first(intake: Intake, kept: Mapping[tuple[str, str], Kept]) -> Kept | None:
    """What came under its key before it."""
    first = kept.get((intake.dedupe.scope, intake.dedupe.key)) if intake.dedupe else None
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


def _turn_away(
    connection: Connection, intakes: list[Intake], receipts: list[Receipt], conversations: dict[str, Sheet]
) -> None:
    """What would be one message too many for its ticket is not taken, unless it repeats one that was."""
    written = {ticket_id: sheet.written(Direction.INBOUND) for ticket_id, sheet in conversations.items()}
    taken: set[DedupeKey] = set()
    beyond: list[int] = []
    for place, intake in enumerate(intakes):
        if intake.ticket or intake.dedupe in taken:
            continue
        if intake.most_messages is not None and written[intake.message.ticket_id] >= intake.most_messages:
            beyond.append(place)
            continue
        written[intake.message.ticket_id] += 1
        if intake.dedupe:
            taken.add(intake.dedupe)
    before = known(connection, [key for place in beyond if (key := intakes[place].dedupe)])
    for place in beyond:
        key = intakes[place].dedupe
        if key is None or (key.scope, key.key) not in before:
            receipts[place] = replace(receipts[place], acceptance=Acceptance.FULL)


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


def follow_up(sheet: Sheet, given: Message, *, reopens: bool = True) -> None:
    """Add what the requester has written, with all that follows; whether that opens a resolved ticket again is said."""
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
    if reopens:
        rules.reopen(sheet, given.at)
    keeper = rules.keeper(sheet)
    if keeper:
        rules.owe_messages(sheet, keeper, given.at)


def open_tickets(transaction: Transaction, intakes: Iterable[Intake]) -> dict[str, str]:
    """Write what the new tickets among them consist of. Answers which got another reference, by their ids."""
    opened = [(intake.ticket, intake) for intake in intakes if intake.ticket]
    requesters, tickets, messages, deliveries = [], [], [], []
    for ticket, intake in opened:
        requester_id = None
        if not ticket.requester.is_unknown:
            requester_id = ticket.id  # who asks is written anew for each ticket, so it needs no other
            requesters.append(intake_rows.requester(requester_id, ticket.requester))
        tickets.append(intake_rows.ticket(ticket, requester_id, intake.held_until))
        messages.append(intake_rows.message(intake.message))
        deliveries.append(intake_rows.delivery(ticket, intake.held_until))
    connection = transaction.connection
    bulk.insert_values(connection, schema.requesters, intake_rows.REQUESTER, requesters)
    redrawn = _insert_tickets(connection, tickets)
    bulk.insert_values(connection, schema.messages, intake_rows.MESSAGE, messages)
    bulk.insert(connection, schema.attachments, rows.attachments_values(intake.message for _, intake in opened))
    bulk.insert_values(connection, schema.deliveries, intake_rows.DELIVERY, deliveries, intake_rows.HANDING_OVER)
    _acknowledge(connection, [(ticket, intake) for ticket, intake in opened if intake.acknowledge])
    for ticket, intake in opened:
        if ticket.id in redrawn and intake.dedupe:
            correct_reference(connection, intake.dedupe, redrawn[ticket.id])
        transaction.emit(intake_rows.received(ticket, redrawn.get(ticket.id, ticket.reference)))
    return redrawn


def _acknowledge(connection: Connection, opened: Sequence[tuple[Ticket, Intake]]) -> None:
    """Owe an acknowledgement of each new ticket, as far as its allowances go."""
    if not opened:
        return
    wanted = [allowance for _, intake in opened for allowance in intake.acknowledge]
    allowances = Allowances(connection, wanted, min(ticket.received_at for ticket, _ in opened))
    owed = [
        _acknowledgement(ticket, intake.message)
        for ticket, intake in opened
        if ticket.answer_by and allowances.take(intake.acknowledge, ticket.received_at)
    ]
    bulk.insert(connection, schema.deliveries, [rows.delivery_values(each) for each in owed])
    allowances.save()


def _acknowledgement(ticket: Ticket, first: Message) -> Delivery:
    return Delivery(
        new_id(),
        Kind.ACKNOWLEDGEMENT,
        due_at=ticket.received_at,
        created_at=ticket.received_at,
        ticket_id=ticket.id,
        message_id=first.id,
        target=ticket.answer_by,
        priority=ticket.priority,
    )


def _insert_tickets(connection: Connection, tickets: Sequence[bulk.Values]) -> dict[str, str]:
    """A reference is random, and almost never taken; one that is, is drawn again."""
    redrawn: dict[str, str] = {}
    while not bulk.insert_unless_taken(connection, schema.tickets, intake_rows.TICKET, tickets, intake_rows.NEW_TICKET):
        there = set(connection.execute(_IDS, {"keys": [ticket_id for ticket_id, *_ in tickets]}).scalars())
        tickets = [(ticket_id, new_reference(), *rest) for ticket_id, _, *rest in tickets if ticket_id not in there]
        redrawn |= {str(ticket_id): str(reference) for ticket_id, reference, *_ in tickets}
    return redrawn


def _with_reference(receipt: Receipt, redrawn: Mapping[str, str]) -> Receipt:
    return replace(receipt, reference=redrawn.get(receipt.ticket_id, receipt.reference))
