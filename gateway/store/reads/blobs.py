"""Which blobs are named by a row: what a removal of orphans must leave."""

from collections.abc import Sequence

from sqlalchemy import Connection, select, union

from gateway.store.schema import among, attachments, raw_mails

_NAMED = union(
    select(attachments.c.digest).where(among(attachments.c.digest)),
    select(raw_mails.c.digest).where(among(raw_mails.c.digest), raw_mails.c.digest.is_not(None)),
)


def named(connection: Connection, digests: Sequence[str]) -> set[str]:
    """Those of the digests that some message's attachment, or a raw mail, has."""
    return set(connection.execute(_NAMED, {"keys": list(digests)}).scalars())
