"""Which blobs are named by a row: what a removal of orphans must leave."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from gateway.store.schema import among, attachments

_NAMED = select(attachments.c.digest).where(among(attachments.c.digest)).distinct()


def named(connection: Connection, digests: Sequence[str]) -> set[str]:
    """Those of the digests that some message's attachment has."""
    return set(connection.execute(_NAMED, {"keys": list(digests)}).scalars())
