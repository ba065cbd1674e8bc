"""The queries that run all day use their indices: none walks over all tickets, hand-offs or deliveries."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection

from gateway.core.calls import CallChange, Taken
from gateway.core.delivery import Kind, Lease
from gateway.core.provider import Takeover
from gateway.core.raw_mail import MailRead
from gateway.core.ticket import Allowance, DedupeKey
from gateway.store import outbox
from gateway.store.allowances import Allowances
from gateway.store.engine_sqlite import driver_of, writing_engine
from gateway.store.reads import balance, blobs, calls, figures, gauges, mails, pages, texts
from gateway.store.receipts import known
from gateway.store.schema import metadata
from gateway.store.transaction import Transaction
from gateway.store.verbs.calls import keep_call
from gateway.store.verbs.drain import drain
from gateway.store.verbs.forget_calls import ForgetCalls, forget_calls
from gateway.store.verbs.mails import ForgetMails, KeepMail, forget_mails, keep_mail, mail_read
from gateway.store.verbs.opt_out import OptOut, opt_out
from gateway.store.verbs.outbox import Wake, wake
from gateway.store.verbs.rescue import Rescue, rescue
from gateway.store.verbs.watch import MarkOverdue, mark_overdue
from tests.support.kept_calls import held_ticket, new_sid
from tests.support.kept_mails import new_mail
from tests.support.store_work import new_ticket

TAKEOVER = Takeover("t", "default", "acme", "norte", None, 1.0, 1.0, 1.0, 2.8, 5.0, ended_at=9.0)


def take_allowance(connection: Connection) -> None:
    wanted = Allowance("sender", 3, 60.0)
    allowances = Allowances(connection, [wanted], 1.0)
    allowances.take([wanted], 1.0)
    allowances.save()


def keep_a_call(connection: Connection) -> None:
    """From its ticket to its end, and calling back."""
    sid = new_sid()
    first = CallChange(sid, "phone", "1", 1.0, opening=held_ticket(), calls="+34600111222", reserved=60.0)
    last = CallChange(sid, "phone", "2", 2.0, seen=1, taken=Taken("acme", 2.0), release=True, done=Lease("0", 1))
    for change in (first, replace(last, done=None), last):
        keep_call(Transaction(connection), [change])


QUERIES: dict[str, Callable[[Connection], Any]] = {
    "due": lambda connection: outbox.due(connection, frozenset(Kind), 1.0, 10),
    "next_due": lambda connection: outbox.next_due(connection, frozenset(Kind)),
    "receipts": lambda connection: known(connection, [DedupeKey("a", "1", ""), DedupeKey("b", "2", "")]),
    "rescue": lambda connection: rescue(Transaction(connection), [Rescue("default", "acme", 1.0, "", 10)]),
    "rescue_any": lambda connection: rescue(Transaction(connection), [Rescue(None, "acme", 1.0, "", 10)]),
    "mark_overdue": lambda connection: mark_overdue(Transaction(connection), [MarkOverdue(1.0, 10)]),
    "audit": lambda connection: balance.audit(connection, "0", 10, False),
    "audit_waiting": lambda connection: balance.audit(connection, "0", 10, True),
    "audit_these": lambda connection: balance.astray(connection, ["0"]),
    "figures": lambda connection: figures.takeover_figures(connection, TAKEOVER),
    "gauges": lambda connection: gauges.counts(connection, 1.0),
    "overdue": lambda connection: pages.overdue(connection, 1.0, 10),
    "by_reference": lambda connection: pages.ticket_by_reference(connection, "1"),
    "by_id": lambda connection: pages.ticket(connection, "0"),
    "drain": lambda connection: drain(Transaction(connection), [new_ticket(key="k")]),
    "newest": lambda connection: pages.newest_tickets(connection, None, "0", 10),
    "handoffs": lambda connection: pages.handoffs(connection, ["0"]),
    "keep_mail": lambda connection: keep_mail(Transaction(connection), [KeepMail(new_mail(), 1.0)]),
    "mail_read": lambda connection: mail_read(Transaction(connection), [MailRead(Lease("0", 1), "0", 1.0, "0")]),
    "forget_mails": lambda connection: forget_mails(Transaction(connection), [ForgetMails("mail", 1.0, 10, 1.0)]),
    "audit_mails": lambda connection: balance.audit_mails(connection, "0", 10),
    "audit_calls": lambda connection: balance.audit_calls(connection, "0", 10),
    "raw_mail": lambda connection: mails.raw_mail(connection, "0"),
    "header_ids": lambda connection: mails.header_ids(connection, "0"),
    "ticket_at": lambda connection: mails.ticket_at(connection, "acme", "A-1"),
    "tickets_of_mails": lambda connection: mails.tickets_of_mails(connection, ["<1@example.net>"]),
    "read_before": lambda connection: mails.read_before(connection, new_mail(fingerprint="f")),
    "authenticated": lambda connection: mails.authenticated(connection, ["0"]),
    "mailbox_position": lambda connection: mails.mailbox_position(connection, "mail", "INBOX"),
    "blobs_named": lambda connection: blobs.named(connection, ["0"]),
    "allowances": take_allowance,
    "keep_call": keep_a_call,
    "forget_calls": lambda connection: forget_calls(Transaction(connection), [ForgetCalls("phone", 1.0, 10)]),
    "call": lambda connection: calls.call(connection, "CA0"),
    "calls_to": lambda connection: calls.calls_to(connection, "phone", 1.0, None),
    "calls_to_one": lambda connection: calls.calls_to(connection, "phone", 1.0, "+34600111222"),
    "open_tickets_of": lambda connection: texts.open_tickets_of(connection, "+34600111222", ["texts", "whatsapp"]),
    "opted_out": lambda connection: texts.opted_out(connection, "texts", "+34600111222"),
    "opt_out": lambda connection: opt_out(Transaction(connection), [OptOut("texts", "+34600111222", 1.0, out=True)]),
    "wake": lambda connection: wake(Transaction(connection), [Wake(1.0, frozenset(Kind), 10)]),
    "stream": lambda connection: pages.events_after(connection, 0, 10),
}


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = writing_engine(":memory:")
    with engine.connect() as opened, opened.begin():
        metadata.create_all(opened)
        yield opened
    engine.dispose()


@pytest.mark.parametrize("name", QUERIES)
def test_no_table_is_walked_over(connection: Connection, name: str) -> None:
    statements: list[str] = []
    driver = driver_of(connection)
    driver.set_trace_callback(statements.append)  # the driver's, since the quickest go past SQLAlchemy
    QUERIES[name](connection)
    driver.set_trace_callback(None)
    assert statements
    walks = [
        step.detail
        for statement in statements
        for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")
        if step.detail.startswith("SCAN ") and step.detail.split()[1] in metadata.tables and "INDEX" not in step.detail
    ]
    assert walks == []
