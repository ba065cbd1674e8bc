"""release, discard and replay_mails: what a person does with items in quarantine, with a line in the audit."""

from dataclasses import dataclass, replace

from sqlalchemy import func, select

from gateway.core.clock import Instant
from gateway.core.delivery import HANDING_OVER, Kind
from gateway.core.events import DeliveryDiscarded, DeliveryReleased
from gateway.core.ticket import TicketState
from gateway.store import bulk, holding, rows, rules, schema, sheets
from gateway.store.audit_trail import Line, write
from gateway.store.call_rows import ABOUT_CALLS, calls_named
from gateway.store.schema import quarantine
from gateway.store.transaction import Transaction
from gateway.store.withheld import owed_again, withheld

_CONCERN_THE_TICKET = HANDING_OVER | {Kind.RECORD}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A person's word about the item `id`."""

    id: str
    at: Instant
    actor: str


@dataclass(frozen=True, slots=True)
class ReplayMails:
    """Up to `limit` mails that were put there until `at`; of that channel, with that in their reason, where given."""

    at: Instant
    limit: int
    actor: str
    channel: str | None = None
    reason: str | None = None


def release(transaction: Transaction, verdicts: list[Verdict]) -> list[bool]:
    """Owed again, due now, its attempts forgotten."""
    freed = _taken_out(transaction, verdicts, "quarantine.release")
    bulk.insert(
        transaction.connection,
        schema.deliveries,
        [rows.delivery_values(owed_again(row, each.at)) for each, row in freed],
    )
    waiting = sheets.load(transaction, (row.ticket_id for _, row in freed if row.kind in HANDING_OVER))
    for each, row in freed:
        transaction.emit(DeliveryReleased(at=each.at, ticket_id=row.ticket_id, reference=row.reference, kind=row.kind))
        if row.kind in HANDING_OVER:
            rules.forget_attempts(waiting[row.ticket_id])
            rules.wait_again(waiting[row.ticket_id], each.at, None)
    sheets.save(transaction, waiting.values())
    return _answers(verdicts, freed)


def replay_mails(transaction: Transaction, wishes: list[ReplayMails]) -> list[int]:
    """How many are to be read again, due now, oldest first; each wish leaves one line in the audit."""
    return [_replay(transaction, each) for each in wishes]


def _replay(transaction: Transaction, wanted: ReplayMails) -> int:
    connection = transaction.connection
    meant = [quarantine.c.kind == Kind.MAIL, quarantine.c.at <= wanted.at]
    if wanted.channel is not None:
        meant.append(quarantine.c.target == wanted.channel)
    if wanted.reason is not None:
        meant.append(func.lower(quarantine.c.reason).contains(wanted.reason.lower(), autoescape=True))
    query = select(quarantine).where(*meant).order_by(quarantine.c.at, quarantine.c.id).limit(wanted.limit)
    freed = connection.execute(query.with_for_update()).all()
    bulk.remove(connection, quarantine, [row.id for row in freed])
    bulk.insert(connection, schema.deliveries, [rows.delivery_values(owed_again(row, wanted.at)) for row in freed])
    for row in freed:
        transaction.emit(DeliveryReleased(at=wanted.at, kind=row.kind))
    if freed:
        detail = {"mails": len(freed), "channel": wanted.channel, "reason": wanted.reason}
        write(connection, [Line(wanted.at, wanted.actor, "quarantine.replay", detail)])
    return len(freed)


def discard(transaction: Transaction, verdicts: list[Verdict]) -> list[bool]:
    """Out for good; the ticket of a discarded hand-off is closed, a discarded mail counts as read, a discarded record
    as told, and a call about which something is discarded as over."""
    thrown = _taken_out(transaction, verdicts, "quarantine.discard")
    concerned = sheets.load(transaction, (row.ticket_id for _, row in thrown if row.kind in _CONCERN_THE_TICKET))
    for each, row in thrown:
        transaction.emit(DeliveryDiscarded(at=each.at, ticket_id=row.ticket_id, reference=row.reference, kind=row.kind))
        if row.kind in HANDING_OVER:
            sheet = concerned[row.ticket_id]
            sheet.standing = replace(sheet.standing, state=TicketState.RESOLVED, reason=f"discarded: {row.reason}")
            rules.settle(sheet, each.at)
        elif row.kind == Kind.RECORD:
            holding.leave_unrecorded(concerned[row.ticket_id], row.handoff_id)
    sheets.save(transaction, concerned.values())
    bulk.update(
        transaction.connection,
        schema.raw_mails,
        [{"id": row.id, "read_at": each.at} for each, row in thrown if row.kind == Kind.MAIL],
    )
    over = {sid for _, row in thrown if row.kind in ABOUT_CALLS for sid in calls_named(row.payload)}
    bulk.update(transaction.connection, schema.calls, [{"sid": sid, "ended": True} for sid in over])
    return _answers(verdicts, thrown)


def _taken_out(transaction: Transaction, verdicts: list[Verdict], action: str) -> list[tuple[Verdict, rows.AnyRow]]:
    found = withheld(transaction, {each.id for each in verdicts})
    taken = [(each, found.pop(each.id)) for each in verdicts if each.id in found]
    bulk.remove(transaction.connection, quarantine, [row.id for _, row in taken])
    write(
        transaction.connection,
        [Line(each.at, each.actor, action, {"kind": row.kind, "reference": row.reference}) for each, row in taken],
    )
    return taken


def _answers(verdicts: list[Verdict], taken: list[tuple[Verdict, rows.AnyRow]]) -> list[bool]:
    done = [each for each, _ in taken]
    return [any(each is verdict for verdict in done) for each in verdicts]
