"""Raw mails as they are kept, and what they lead to."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, null, select

from gateway.core.raw_mail import RawMail
from gateway.core.ticket import Direction
from gateway.store import mail_rows
from gateway.store.queries import Query
from gateway.store.schema import (
    BECAME_MESSAGE,
    KNOWN_AGAIN,
    among,
    handoffs,
    mail_positions,
    messages,
    quarantine,
    raw_contents,
    raw_mails,
)

_MAIL = Query(
    select(raw_mails, raw_contents.c.content)
    .join_from(raw_mails, raw_contents, isouter=True)
    .where(among(raw_mails.c.id))
)
_KNOWN_AGAIN = Query(
    select(raw_mails, null().label("content"))
    .where(among(raw_mails.c.fingerprint), KNOWN_AGAIN, raw_mails.c.id != bindparam("mail_id"))
    .order_by(raw_mails.c.id)
    .limit(1)
)
_HEADER_IDS = Query(
    select(raw_mails.c.header_id)
    .join_from(messages, raw_mails)
    .where(
        among(messages.c.ticket_id),
        messages.c.direction == Direction.INBOUND.value,
        raw_mails.c.message_id.is_not(None),
        raw_mails.c.header_id.is_not(None),
    )
    .order_by(messages.c.number, raw_mails.c.id)
)
_AUTHENTICATED = Query(
    select(raw_mails.c.message_id, raw_mails.c.authenticated)
    .where(among(raw_mails.c.message_id), BECAME_MESSAGE, raw_mails.c.authenticated.is_not(None))
    .order_by(raw_mails.c.id.desc())
)
_TICKETS_OF_MAILS = Query(
    select(raw_mails.c.header_id, messages.c.ticket_id)
    .join_from(raw_mails, messages)
    .where(among(raw_mails.c.header_id), BECAME_MESSAGE)
    .order_by(messages.c.ticket_id.desc())
)
_TICKET_AT = Query(
    select(handoffs.c.ticket_id)
    .where(
        handoffs.c.provider == bindparam("provider"),
        among(handoffs.c.provider_reference),
        handoffs.c.provider_reference.is_not(None),
    )
    .order_by(handoffs.c.ticket_id.desc())
    .limit(1)
)


def raw_mail(connection: Connection, mail_id: str) -> RawMail | None:
    found = _MAIL.rows(connection, [mail_id])
    return mail_rows.raw_mail(found[0]) if found else None


def read_before(connection: Connection, mail: RawMail) -> RawMail | None:
    found = _KNOWN_AGAIN.rows(connection, [mail.fingerprint], mail_id=mail.id) if mail.fingerprint else ()
    return mail_rows.raw_mail(found[0]) if found else None


def quarantined_mail(connection: Connection, quarantined_id: str) -> RawMail | None:
    """The reading of a mail has the mail's own id."""
    withheld = select(quarantine.c.id).where(quarantine.c.id == quarantined_id)
    return raw_mail(connection, quarantined_id) if connection.execute(withheld).first() else None


def header_ids(connection: Connection, ticket_id: str) -> list[str]:
    """Each once, though the mail came to several mailboxes."""
    return list(dict.fromkeys(row.header_id for row in _HEADER_IDS.rows(connection, [ticket_id])))


def ticket_at(connection: Connection, provider: str, provider_reference: str) -> str | None:
    found = _TICKET_AT.rows(connection, [provider_reference], provider=provider)
    return found[0].ticket_id if found else None


def tickets_of_mails(connection: Connection, header_ids: Sequence[str]) -> dict[str, str]:
    """Anybody may use a Message-ID again: the first ticket is meant."""
    return {row.header_id: row.ticket_id for row in _TICKETS_OF_MAILS.rows(connection, header_ids)}


def authenticated(connection: Connection, message_ids: Sequence[str]) -> dict[str, str]:
    """What was known of the first of the mails that became each."""
    found = _AUTHENTICATED.rows(connection, message_ids) if message_ids else ()
    return {row.message_id: row.authenticated for row in found}


def mailbox_position(connection: Connection, channel: str, folder: str) -> str | None:
    query = select(mail_positions.c.position).where(
        mail_positions.c.channel == channel, mail_positions.c.folder == folder
    )
    return connection.execute(query).scalar()
