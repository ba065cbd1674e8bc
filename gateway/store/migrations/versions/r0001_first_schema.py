"""The first schema.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("ticket_id", sa.Text),
        sa.Column("reference", sa.Text),
        sa.Column("data", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "policies",
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "provider_health",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("since", sa.Double, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("hard", sa.Boolean, nullable=False),
        sa.Column("share", sa.Double, nullable=False),
        sa.Column("paused_until", sa.Double, nullable=False),
        sa.Column("last_good_at", sa.Double),
        sa.Column("first_bad_at", sa.Double),
    )
    op.create_table(
        "receipts",
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("ticket_id", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text),
        sa.Column("received_at", sa.Double, nullable=False),
    )
    op.create_table(
        "requesters",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("phone", sa.Text),
    )
    op.create_table(
        "settings",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "takeovers",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("from_provider", sa.Text, nullable=False),
        sa.Column("to_provider", sa.Text),
        sa.Column("last_good_at", sa.Double),
        sa.Column("first_bad_at", sa.Double, nullable=False),
        sa.Column("detected_at", sa.Double, nullable=False),
        sa.Column("switched_at", sa.Double, nullable=False),
        sa.Column("detection_bound", sa.Double, nullable=False),
        sa.Column("ticket_bound", sa.Double, nullable=False),
        sa.Column("first_ticket_at", sa.Double),
        sa.Column("last_ticket_at", sa.Double),
        sa.Column("rescue_size", sa.Integer, nullable=False),
        sa.Column("rescue_bound", sa.Double, nullable=False),
        sa.Column("rescued", sa.Integer, nullable=False),
        sa.Column("rescued_at", sa.Double),
        sa.Column("slowest_ticket", sa.Double),
        sa.Column("doubles", sa.Integer, nullable=False),
        sa.Column("doubles_withdrawn", sa.Integer, nullable=False),
        sa.Column("failback_at", sa.Double),
        sa.Column("ended_at", sa.Double),
        sa.Column("met", sa.Boolean),
        sa.Column("failed_assumption", sa.Text),
    )
    op.create_table(
        "tickets",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("requester_id", sa.Text, sa.ForeignKey("requesters.id")),
        sa.Column("received_at", sa.Double, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("hedge_at", sa.Double, nullable=False),
        sa.Column("due_at", sa.Double, nullable=False),
        sa.Column("language", sa.Text),
        sa.Column("category", sa.Text),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("metadata", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("handed_off_at", sa.Double),
        sa.Column("reason", sa.Text),
        sa.Column("waiting_since", sa.Double, nullable=False),
        sa.Column("overdue_at", sa.Double),
    )
    op.create_index(
        "tickets_overdue",
        "tickets",
        ["overdue_at", "due_at", "waiting_since"],
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("tickets_reference", "tickets", ["reference"], unique=True)
    op.create_index(
        "tickets_waiting",
        "tickets",
        ["id"],
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "handoffs",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("ticket_id", sa.Text, sa.ForeignKey("tickets.id"), nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("started_at", sa.Double, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("messages_sent", sa.Integer, nullable=False),
        sa.Column("provider_reference", sa.Text),
        sa.Column("answered_at", sa.Double),
        sa.Column("confirmed_at", sa.Double),
        sa.Column("picked_up_at", sa.Double),
        sa.Column("superseded", sa.Boolean, nullable=False),
        sa.Column("superseded_at", sa.Double),
        sa.Column("surplus_at", sa.Double),
        sa.Column("reason", sa.Text),
    )
    op.create_index(
        "handoffs_answered",
        "handoffs",
        ["answered_at"],
        sqlite_where=sa.text("answered_at IS NOT NULL"),
        postgresql_where=sa.text("answered_at IS NOT NULL"),
    )
    op.create_index(
        "handoffs_reference",
        "handoffs",
        ["provider", "provider_reference"],
        sqlite_where=sa.text("provider_reference IS NOT NULL"),
        postgresql_where=sa.text("provider_reference IS NOT NULL"),
    )
    op.create_index(
        "handoffs_rescuable",
        "handoffs",
        ["provider", "policy", sa.text("priority DESC"), "id"],
        sqlite_where=sa.text("state = 'accepted' AND superseded = 0 AND surplus_at IS NULL"),
        postgresql_where=sa.text("state = 'accepted' AND NOT superseded AND surplus_at IS NULL"),
    )
    op.create_index(
        "handoffs_superseded",
        "handoffs",
        ["superseded_at"],
        sqlite_where=sa.text("superseded_at IS NOT NULL"),
        postgresql_where=sa.text("superseded_at IS NOT NULL"),
    )
    op.create_index(
        "handoffs_surplus",
        "handoffs",
        ["surplus_at"],
        sqlite_where=sa.text("surplus_at IS NOT NULL"),
        postgresql_where=sa.text("surplus_at IS NOT NULL"),
    )
    op.create_index("handoffs_ticket", "handoffs", ["ticket_id"])
    op.create_index(
        "handoffs_unsure",
        "handoffs",
        ["state"],
        sqlite_where=sa.text("state = 'started' OR state = 'unknown'"),
        postgresql_where=sa.text("state = 'started' OR state = 'unknown'"),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("ticket_id", sa.Text, sa.ForeignKey("tickets.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("author", sa.Text),
        sa.Column("provider", sa.Text),
    )
    op.create_index("messages_ticket", "messages", ["ticket_id", "number"], unique=True)
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("due_at", sa.Double, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("ticket_id", sa.Text, sa.ForeignKey("tickets.id")),
        sa.Column("handoff_id", sa.Text, sa.ForeignKey("handoffs.id")),
        sa.Column("message_id", sa.Text, sa.ForeignKey("messages.id")),
        sa.Column("target", sa.Text),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("leased", sa.Boolean, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
    )
    op.create_index("deliveries_due", "deliveries", ["kind", "priority", "due_at"])
    op.create_index("deliveries_ticket", "deliveries", ["ticket_id"])
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("ticket_id", sa.Text, sa.ForeignKey("tickets.id")),
        sa.Column("reference", sa.Text),
        sa.Column("handoff_id", sa.Text, sa.ForeignKey("handoffs.id")),
        sa.Column("message_id", sa.Text, sa.ForeignKey("messages.id")),
        sa.Column("target", sa.Text),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
    )
    op.create_index("quarantine_ticket", "quarantine", ["ticket_id"])
