"""The rows that a raw mail consists of, and back. What comes from outside is made storable here: a text that was no
good Unicode fits into neither engine."""

import orjson

from gateway.core.clock import Instant
from gateway.core.raw_mail import Origin, RawMail
from gateway.store.bulk import Values
from gateway.store.rows import AnyRow

RAW_MAIL = (
    "id",
    "channel",
    "place",
    "key",
    "sender",
    "recipients",
    "received_at",
    "size",
    "digest",
    "kept_at",
    "fingerprint",
)
CONTENT = ("mail_id", "content")


def values(mail: RawMail, kept_at: Instant) -> Values:
    """Of a mail that nobody has read yet."""
    origin = mail.origin
    return (
        mail.id,
        origin.channel,
        origin.place,
        origin.key,
        storable(origin.sender),
        orjson.dumps([storable(each) for each in origin.recipients]).decode(),
        origin.received_at,
        mail.size,
        mail.digest,
        kept_at,
        mail.fingerprint,
    )


def raw_mail(row: AnyRow) -> RawMail:
    """From a row of `raw_mails` joined with its content."""
    origin = Origin(row.channel, row.place, row.key, row.received_at, row.sender, tuple(orjson.loads(row.recipients)))
    return RawMail(row.id, origin, row.size, row.content, row.digest, row.message_id, row.fingerprint, row.header_id)


def storable(text: str | None) -> str | None:
    """With a question mark for each half of a character."""
    return None if text is None else text.encode("utf-8", "replace").decode()
