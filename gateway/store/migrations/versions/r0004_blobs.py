"""Blobs in the database, on PostgreSQL, whose gateways share them.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    if op.get_context().dialect.name != "postgresql":
        return
    op.create_table(
        "blobs",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("put_at", sa.Double, nullable=False),
    )
    op.create_index("blobs_put_at", "blobs", ["put_at"])
    op.create_table(
        "blob_pieces",
        sa.Column("digest", sa.Text, sa.ForeignKey("blobs.digest", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    # What comes in is compressed already, and pieces are read whole.
    op.execute("ALTER TABLE blob_pieces ALTER COLUMN content SET STORAGE EXTERNAL")
