"""References that gateways reserve for the time that the store is away, and what came in then a second time.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "reference_blocks",
        sa.Column("block", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("reserved_at", sa.Double, nullable=False),
    )
    op.create_table(
        "aliases",
        sa.Column("ticket_id", sa.Text, primary_key=True),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("stands_for", sa.Text, sa.ForeignKey("tickets.id"), nullable=False),
    )
    op.create_index("aliases_reference", "aliases", ["reference"])
