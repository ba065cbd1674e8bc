"""The tables of blobs, where the database keeps them: PostgreSQL alone. Beside an SQLite file they are files."""

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text

blob_metadata = MetaData()

blobs = Table(
    "blobs",
    blob_metadata,
    Column("digest", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    # When it was put the last time.
    Column("put_at", Double, nullable=False),
)
Index("blobs_put_at", blobs.c.put_at)

blob_pieces = Table(
    "blob_pieces",
    blob_metadata,
    Column("digest", Text, ForeignKey("blobs.digest", ondelete="CASCADE"), primary_key=True),
    # 0 for a content's first.
    Column("number", Integer, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
