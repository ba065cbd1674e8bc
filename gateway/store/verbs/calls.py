"""keep_call: a step of a phone call becomes durable, with all that follows, unless another was made meanwhile."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from gateway.core.calls import CallChange, CallKept
from gateway.core.errors import InvalidMessage
from gateway.core.ticket import Direction, Message
from gateway.core.values import dataclass
from gateway.store import bulk, call_rows, holding, rows, schema, sheets
from gateway.store.call_rows import StoredCall
from gateway.store.leases import Leases
from gateway.store.queries import Query
from gateway.store.schema import CALLING_BACK, among, calls, tickets
from gateway.store.sheet import Sheet
from gateway.store.transaction import Transaction
from gateway.store.verbs.accept import follow_up, open_tickets

_CALLS = Query(select(calls).where(among(calls.c.sid)))
_CALLED_BACK = Query(select(calls.c.sid, calls.c.number).where(among(calls.c.number), CALLING_BACK))
_REFERENCES = Query(select(tickets.c.reference).where(among(tickets.c.reference)))


@dataclass(frozen=True, slots=True)
class _Step:
    """A change that is kept, and the call after it."""

    change: CallChange
    call: StoredCall

    @property
    def changes_ticket(self) -> bool:
        return bool(self.change.messages or (self.call.ticket_id and (self.change.taken or self.change.release)))


def keep_call(transaction: Transaction, changes: list[CallChange]) -> list[CallKept]:
    """Of several that change the same call from the same version, the first is kept. Raises InvalidMessage for a
    message in a ticket that doesn't exist."""
    connection = transaction.connection
    book = _Book(connection, Leases(transaction, (each.done for each in changes if each.done)), changes)
    results = [book.enter(each) for each in changes]
    open_tickets(transaction, [step.change.opening for step in book.steps if step.change.opening])
    _change_tickets(transaction, [step for step in book.steps if step.changes_ticket])
    bulk.remove(
        connection, schema.deliveries, [step.change.done.delivery_id for step in book.steps if step.change.done]
    )
    owed = [rows.delivery_values(each) for step in book.steps for each in step.change.owed]
    bulk.insert(connection, schema.deliveries, owed)
    after = {step.call.sid: step.call for step in book.steps}
    bulk.replace(connection, calls, [call_rows.values(each) for each in after.values()])
    for step in book.steps:
        transaction.events += step.change.events
    return results


class _Book:
    """The calls as they are after each change that was entered; `steps` are the changes that are kept."""

    def __init__(self, connection: Connection, leases: Leases, changes: Sequence[CallChange]) -> None:
        self.steps: list[_Step] = []
        self._leases = leases
        found = _found(connection, _CALLS, (each.sid for each in changes))
        self._calls = {row.sid: call_rows.stored_call(row) for row in found}
        numbers = {each.calls for each in changes} | {each.number for each in self._calls.values()}
        self._called_back = {row.number: row.sid for row in _found(connection, _CALLED_BACK, numbers)}
        references = {_reference(each) for each in changes}
        self._references = {row.reference for row in _found(connection, _REFERENCES, references)}

    def enter(self, change: CallChange) -> CallKept:
        """What becomes of it."""
        before = self._calls.get(change.sid)
        if change.seen != (before.version if before else 0):
            return CallKept.CHANGED
        if change.done and self._leases.held(change.done) is None:
            return CallKept.CHANGED
        after = call_rows.changed(before, change)
        if after.calls_back and self._called_back.get(after.calls_back, after.sid) != after.sid:
            return CallKept.BUSY
        reference = _reference(change)
        if reference in self._references:
            return CallKept.REFERENCE_TAKEN
        self._keep(_Step(change, after), reference)
        return CallKept.KEPT

    def _keep(self, step: _Step, reference: str | None) -> None:
        call = step.call
        self.steps.append(step)
        self._calls[call.sid] = call
        if reference:
            self._references.add(reference)
        if step.change.done:
            self._leases.end(step.change.done)
        if call.calls_back:
            self._called_back[call.calls_back] = call.sid
        elif call.number and self._called_back.get(call.number) == call.sid:
            del self._called_back[call.number]


def _found(connection: Connection, query: Query, keys: Iterable[str | None]) -> Sequence[rows.AnyRow]:
    wanted = sorted({each for each in keys if each is not None})
    return query.rows(connection, wanted) if wanted else ()


def _reference(change: CallChange) -> str | None:
    """Of the ticket that it opens."""
    return change.opening.ticket.reference if change.opening and change.opening.ticket else None


def _change_tickets(transaction: Transaction, steps: Sequence[_Step]) -> None:
    found = sheets.load(transaction, (step.call.ticket_id for step in steps if step.call.ticket_id))
    for step in steps:
        sheet = found.get(step.call.ticket_id or "")
        if sheet is None:
            raise InvalidMessage("This request doesn't exist.")
        _change_ticket(sheet, step)
    sheets.save(transaction, found.values())


def _change_ticket(sheet: Sheet, step: _Step) -> None:
    change = step.change
    for message in change.messages:
        if all(line.id != message.id for line in sheet.lines):
            _add(sheet, replace(message, ticket_id=sheet.standing.id), reopens=not step.call.taken)
    if change.taken:
        holding.take(sheet, change.taken)
    if change.release:
        holding.release(sheet, change.at)


def _add(sheet: Sheet, message: Message, *, reopens: bool) -> None:
    if message.direction is Direction.INBOUND:
        follow_up(sheet, message, reopens=reopens)
    else:
        sheet.add(replace(message, number=sheet.next_number))
