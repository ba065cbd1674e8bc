"""Phone calls, tickets that are held while their requester is on the phone, and who wants no text messages.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("tickets", sa.Column("held_until", sa.Double))
    op.add_column("handoffs", sa.Column("to_record", sa.Boolean))
    _create_partial_index("tickets_requester", "tickets", ["requester_id"], sa.column("answer_by").is_not(None))
    op.create_index("quarantine_kind", "quarantine", ["kind"])
    _create_partial_index("requesters_phone", "requesters", ["phone"], sa.column("phone").is_not(None))
    _create_calls()
    op.create_table(
        "opt_outs",
        sa.Column("phone", sa.Text, primary_key=True),
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("opted_out", sa.Boolean, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
    )


def _create_calls() -> None:
    calls = op.create_table(
        "calls",
        sa.Column("sid", sa.Text, primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("record", sa.Text),
        sa.Column("ticket_id", sa.Text, sa.ForeignKey("tickets.id")),
        sa.Column("ended", sa.Boolean, nullable=False),
        sa.Column("began_at", sa.Double, nullable=False),
        sa.Column("taken", sa.Boolean, nullable=False),
        sa.Column("number", sa.Text),
        sa.Column("reserved", sa.Double, nullable=False),
    )
    open_call, calls_back = ~calls.c.ended, calls.c.number.is_not(None)
    _create_partial_index("calls_open", "calls", ["sid"], open_call)
    _create_partial_index("calls_under_way", "calls", ["number"], sa.and_(calls_back, open_call), unique=True)
    _create_partial_index("calls_made", "calls", ["channel", "began_at"], calls_back)
    remembered = sa.and_(calls.c.ended, calls.c.record.is_not(None))
    _create_partial_index("calls_remembered", "calls", ["channel", "began_at"], remembered)


def _create_partial_index(
    name: str, table: str, columns: list[str], where: sa.ColumnElement[bool], *, unique: bool = False
) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)
