"""When a requester's message opened a resolved copy again.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("handoffs", sa.Column("reopened_at", sa.Double))
