"""The tables. Keys are time-ordered text, instants are seconds since the epoch; state and its event share a commit.

Only portable types are used, so that rows go in and out of both engines as they are. Partial indices repeat their
condition as a literal: an engine uses one only where the query says the very same.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    and_,
    bindparam,
    literal_column,
    or_,
)

from gateway.core.handoff import HandoffState
from gateway.core.ticket import TicketState

metadata = MetaData()

KEYS = "keys"
"""The parameter of `among`."""


def among(column: Column[Any]) -> ColumnElement[bool]:
    """The rows whose column is one of the `keys` given when it is executed: thus a statement is built only once."""
    return column.in_(bindparam(KEYS, expanding=True))


def literally(column: Column[str], value: StrEnum) -> ColumnElement[bool]:
    """`column = 'value'` with the value written out, as partial indices need it."""
    return column == literal_column(f"'{value.value}'")


def partial(
    name: str, *columns: ColumnElement[object] | Column[object], where: ColumnElement[bool], unique: bool = False
) -> Index:
    """An index over the rows that satisfy `where`."""
    return Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


requesters = Table(
    "requesters",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text),
    Column("email", Text),
    Column("phone", Text),
)
partial("requesters_phone", requesters.c.phone, where=requesters.c.phone.is_not(None))

tickets = Table(
    "tickets",
    metadata,
    Column("id", Text, primary_key=True),
    Column("reference", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("requester_id", Text, ForeignKey("requesters.id")),
    Column("received_at", Double, nullable=False),
    Column("policy", Text, nullable=False),
    Column("hedge_at", Double, nullable=False),
    Column("due_at", Double, nullable=False),
    Column("language", Text),
    Column("category", Text),
    Column("priority", Integer, nullable=False),
    Column("metadata", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("handed_off_at", Double),
    Column("reason", Text),
    # received_at, the end of its hold, or when it came back to waiting: hedge_at and due_at count from here.
    Column("waiting_since", Double, nullable=False),
    # When its being overdue was announced.
    Column("overdue_at", Double),
    # Last, as a migration adds them; until when it is (or was) owed to nobody, since its requester was on the phone.
    Column("answer_by", Text),
    Column("held_until", Double),
)

WAITING = literally(tickets.c.state, TicketState.WAITING)

Index("tickets_reference", tickets.c.reference, unique=True)
ANSWERABLE = tickets.c.answer_by.is_not(None)
partial("tickets_requester", tickets.c.requester_id, where=ANSWERABLE)
partial("tickets_waiting", tickets.c.id, where=WAITING)
partial("tickets_overdue", tickets.c.overdue_at, tickets.c.due_at, tickets.c.waiting_since, where=WAITING)

messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("ticket_id", Text, ForeignKey("tickets.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("direction", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("author", Text),
    Column("provider", Text),
)
Index("messages_ticket", messages.c.ticket_id, messages.c.number, unique=True)

attachments = Table(
    "attachments",
    metadata,
    Column("message_id", Text, ForeignKey("messages.id"), primary_key=True),
    # 1 for a message's first.
    Column("number", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    sqlite_with_rowid=False,
)
Index("attachments_digest", attachments.c.digest)

events = Table(
    "events",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("type", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("ticket_id", Text),
    Column("reference", Text),
    Column("data", Text, nullable=False),
    sqlite_autoincrement=True,
)

receipts = Table(
    "receipts",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("ticket_id", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("message_id", Text),
    Column("received_at", Double, nullable=False),
)

handoffs = Table(
    "handoffs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("ticket_id", Text, ForeignKey("tickets.id"), nullable=False),
    Column("provider", Text, nullable=False),
    # The ticket's, repeated here so that a rescue finds its copies in order without reading their tickets.
    Column("policy", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("messages_sent", Integer, nullable=False),
    Column("provider_reference", Text),
    Column("answered_at", Double),
    Column("confirmed_at", Double),
    Column("picked_up_at", Double),
    Column("superseded", Boolean, nullable=False),
    Column("superseded_at", Double),
    Column("surplus_at", Double),
    Column("reason", Text),
    # Last, as a migration adds them.
    Column("reopened_at", Double),
    Column("to_record", Boolean),
)

UNSURE_COPY = or_(literally(handoffs.c.state, HandoffState.STARTED), literally(handoffs.c.state, HandoffState.UNKNOWN))
RESCUABLE = and_(
    literally(handoffs.c.state, HandoffState.ACCEPTED), ~handoffs.c.superseded, handoffs.c.surplus_at.is_(None)
)

Index("handoffs_ticket", handoffs.c.ticket_id)
partial(
    "handoffs_reference",
    handoffs.c.provider,
    handoffs.c.provider_reference,
    where=handoffs.c.provider_reference.is_not(None),
)
partial("handoffs_unsure", handoffs.c.state, where=UNSURE_COPY)
partial(
    "handoffs_rescuable",
    handoffs.c.provider,
    handoffs.c.policy,
    handoffs.c.priority.desc(),
    handoffs.c.id,
    where=RESCUABLE,
)
partial("handoffs_answered", handoffs.c.answered_at, where=handoffs.c.answered_at.is_not(None))
partial("handoffs_superseded", handoffs.c.superseded_at, where=handoffs.c.superseded_at.is_not(None))
partial("handoffs_surplus", handoffs.c.surplus_at, where=handoffs.c.surplus_at.is_not(None))

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("due_at", Double, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("ticket_id", Text, ForeignKey("tickets.id")),
    Column("handoff_id", Text, ForeignKey("handoffs.id")),
    Column("message_id", Text, ForeignKey("messages.id")),
    Column("target", Text),
    Column("priority", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("leased", Boolean, nullable=False),
    Column("payload", Text, nullable=False),
    Column("reason", Text),
)
# Priority stands before the instant: each priority's due deliveries are then one short range, however many wait.
Index("deliveries_due", deliveries.c.kind, deliveries.c.priority, deliveries.c.due_at)
Index("deliveries_ticket", deliveries.c.ticket_id)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("ticket_id", Text, ForeignKey("tickets.id")),
    Column("reference", Text),
    Column("handoff_id", Text, ForeignKey("handoffs.id")),
    Column("message_id", Text, ForeignKey("messages.id")),
    Column("target", Text),
    Column("priority", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("payload", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("at", Double, nullable=False),
)
Index("quarantine_ticket", quarantine.c.ticket_id)
Index("quarantine_kind", quarantine.c.kind)

provider_health = Table(
    "provider_health",
    metadata,
    Column("name", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("since", Double, nullable=False),
    Column("reason", Text, nullable=False),
    Column("hard", Boolean, nullable=False),
    Column("share", Double, nullable=False),
    Column("paused_until", Double, nullable=False),
    Column("last_good_at", Double),
    Column("first_bad_at", Double),
)

takeovers = Table(
    "takeovers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("policy", Text, nullable=False),
    Column("from_provider", Text, nullable=False),
    Column("to_provider", Text),
    Column("last_good_at", Double),
    Column("first_bad_at", Double, nullable=False),
    Column("detected_at", Double, nullable=False),
    Column("switched_at", Double, nullable=False),
    Column("detection_bound", Double, nullable=False),
    Column("ticket_bound", Double, nullable=False),
    Column("first_ticket_at", Double),
    Column("last_ticket_at", Double),
    Column("rescue_size", Integer, nullable=False),
    Column("rescue_bound", Double, nullable=False),
    Column("rescued", Integer, nullable=False),
    Column("rescued_at", Double),
    Column("slowest_ticket", Double),
    Column("doubles", Integer, nullable=False),
    Column("doubles_withdrawn", Integer, nullable=False),
    Column("failback_at", Double),
    Column("ended_at", Double),
    Column("met", Boolean),
    Column("failed_assumption", Text),
)

# A raw mail; its content lies beside it, or is a blob. What is owed because of it has its id.
raw_mails = Table(
    "raw_mails",
    metadata,
    Column("id", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("sender", Text),
    Column("recipients", Text, nullable=False),
    Column("received_at", Double, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("digest", Text),
    Column("kept_at", Double, nullable=False),
    # When all that follows from it was done, or a person discarded it.
    Column("read_at", Double),
    Column("message_id", Text, ForeignKey("messages.id")),
    Column("header_id", Text),
    # When its content was given up.
    Column("forgotten_at", Double),
    # Last, as a migration adds them: what is known of its sender, and the digest of what came, without what we wrote.
    Column("authenticated", Text),
    Column("fingerprint", Text),
)

BECAME_MESSAGE = raw_mails.c.message_id.is_not(None)
UNREAD_MAIL = raw_mails.c.read_at.is_(None)
KNOWN_AGAIN = and_(raw_mails.c.read_at.is_not(None), raw_mails.c.fingerprint.is_not(None))
KEPT_MAIL = and_(raw_mails.c.read_at.is_not(None), raw_mails.c.forgotten_at.is_(None))

Index("raw_mails_key", raw_mails.c.channel, raw_mails.c.key, unique=True)
partial("raw_mails_unread", raw_mails.c.id, where=UNREAD_MAIL)
partial("raw_mails_kept", raw_mails.c.channel, raw_mails.c.read_at, where=KEPT_MAIL)
partial("raw_mails_message", raw_mails.c.message_id, where=BECAME_MESSAGE)
partial("raw_mails_header", raw_mails.c.header_id, where=BECAME_MESSAGE)
partial("raw_mails_fingerprint", raw_mails.c.fingerprint, where=KNOWN_AGAIN)
partial("raw_mails_digest", raw_mails.c.digest, where=raw_mails.c.digest.is_not(None))

# A table of its own: SQLite writes a row anew, content and all, for every change to it.
raw_contents = Table(
    "raw_contents",
    metadata,
    Column("mail_id", Text, ForeignKey("raw_mails.id"), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

# How far a mailbox has been received.
mail_positions = Table(
    "mail_positions",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("folder", Text, primary_key=True),
    Column("position", Text, nullable=False),
)

# Phone calls, each under its CallSid (or, of one made by us, a name of our own).
calls = Table(
    "calls",
    metadata,
    Column("sid", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("version", Integer, nullable=False),
    # What is known of it; None once that was given up, the number with it.
    Column("record", Text),
    Column("ticket_id", Text, ForeignKey("tickets.id")),
    Column("ended", Boolean, nullable=False),
    Column("began_at", Double, nullable=False),
    # Whether a provider's agent has been on the line.
    Column("taken", Boolean, nullable=False),
    # The number that is called back by it, and the seconds that this costs.
    Column("number", Text),
    Column("reserved", Double, nullable=False),
)

OPEN_CALL = ~calls.c.ended
CALLS_BACK = calls.c.number.is_not(None)
CALLING_BACK = and_(CALLS_BACK, OPEN_CALL)
REMEMBERED_CALL = and_(calls.c.ended, calls.c.record.is_not(None))

partial("calls_open", calls.c.sid, where=OPEN_CALL)
partial("calls_under_way", calls.c.number, where=CALLING_BACK, unique=True)
partial("calls_made", calls.c.channel, calls.c.began_at, where=CALLS_BACK)
partial("calls_remembered", calls.c.channel, calls.c.began_at, where=REMEMBERED_CALL)

# What a number has last said of getting messages of a channel: that it wants none, or that it does again.
opt_outs = Table(
    "opt_outs",
    metadata,
    Column("phone", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("opted_out", Boolean, nullable=False),
    Column("at", Double, nullable=False),
)

# Acknowledgements that were owed, under each key that they are counted by, for as long as they count.
acknowledged = Table(
    "acknowledged",
    metadata,
    Column("id", Text, primary_key=True),
    Column("key", Text, nullable=False),
    Column("until", Double, nullable=False),
)
Index("acknowledged_key", acknowledged.c.key, acknowledged.c.until)
Index("acknowledged_until", acknowledged.c.until)

# Ids and references under which requesters know tickets that turned out to be others: see the verb drain.
aliases = Table(
    "aliases",
    metadata,
    Column("ticket_id", Text, primary_key=True),
    Column("reference", Text, nullable=False),
    Column("stands_for", Text, ForeignKey("tickets.id"), nullable=False),
)
Index("aliases_reference", aliases.c.reference)

# Which gateway may give out which references while the store is away.
reference_blocks = Table(
    "reference_blocks",
    metadata,
    Column("block", Integer, primary_key=True, autoincrement=False),
    Column("holder", Text, nullable=False),
    Column("reserved_at", Double, nullable=False),
)

policies = Table(
    "policies",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=True),
    Column("digest", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("at", Double, nullable=False),
    sqlite_autoincrement=True,
)

audit = Table(
    "audit",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", Double, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("detail", Text, nullable=False),
)

settings = Table(
    "settings",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
