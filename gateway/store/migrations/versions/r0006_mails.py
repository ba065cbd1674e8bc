"""Raw mails, how far mailboxes have been received, and what is owed to requesters by a channel.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("tickets", sa.Column("answer_by", sa.Text))
    _create_raw_mails()
    op.create_table(
        "mail_positions",
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("folder", sa.Text, primary_key=True),
        sa.Column("position", sa.Text, nullable=False),
    )
    op.create_table(
        "acknowledged",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("until", sa.Double, nullable=False),
    )
    op.create_index("acknowledged_key", "acknowledged", ["key", "until"])
    op.create_index("acknowledged_until", "acknowledged", ["until"])


def _create_raw_mails() -> None:
    op.create_table(
        "raw_mails",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("sender", sa.Text),
        sa.Column("recipients", sa.Text, nullable=False),
        sa.Column("received_at", sa.Double, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.Text),
        sa.Column("kept_at", sa.Double, nullable=False),
        sa.Column("read_at", sa.Double),
        sa.Column("message_id", sa.Text, sa.ForeignKey("messages.id")),
        sa.Column("header_id", sa.Text),
        sa.Column("forgotten_at", sa.Double),
    )
    op.create_index("raw_mails_key", "raw_mails", ["channel", "key"], unique=True)
    _create_partial_index("raw_mails_unread", ["id"], "read_at IS NULL")
    _create_partial_index("raw_mails_kept", ["channel", "read_at"], "read_at IS NOT NULL AND forgotten_at IS NULL")
    _create_partial_index("raw_mails_message", ["message_id"], "message_id IS NOT NULL")
    _create_partial_index("raw_mails_digest", ["digest"], "digest IS NOT NULL")
    op.create_table(
        "raw_contents",
        sa.Column("mail_id", sa.Text, sa.ForeignKey("raw_mails.id"), primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )


def _create_partial_index(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "raw_mails", columns, sqlite_where=where, postgresql_where=where)
