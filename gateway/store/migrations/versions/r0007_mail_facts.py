"""What is known of a mail's sender, by what a mail is known when it comes again, and which mails are answered.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("raw_mails", sa.Column("authenticated", sa.Text))
    op.add_column("raw_mails", sa.Column("fingerprint", sa.Text))
    for name, column, condition in (
        ("raw_mails_header", "header_id", "message_id IS NOT NULL"),
        ("raw_mails_fingerprint", "fingerprint", "read_at IS NOT NULL AND fingerprint IS NOT NULL"),
    ):
        where = sa.text(condition)
        op.create_index(name, "raw_mails", [column], sqlite_where=where, postgresql_where=where)
