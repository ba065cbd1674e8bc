"""keep_mail, mail_read and forget_mails: a raw mail from when we answer for it until its content is given up; and
save_position: how far a mailbox has been received."""

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, delete, select

from gateway.core.clock import Instant
from gateway.core.delivery import Delivery, Kind
from gateway.core.raw_mail import Kept, MailRead, RawMail
from gateway.core.ticket import Priority
from gateway.core.values import dataclass
from gateway.store import bulk, mail_rows, rows, schema
from gateway.store.leases import Leases
from gateway.store.queries import Query
from gateway.store.schema import KEPT_MAIL, KEYS, among, messages, raw_contents, raw_mails
from gateway.store.transaction import Transaction

_LARGE = 1_000_000
"""Bytes."""
_MESSAGES = Query(select(messages.c.id).where(among(messages.c.id)))
_OLD = (
    select(raw_mails.c.id)
    .where(KEPT_MAIL, raw_mails.c.channel == bindparam("channel"), raw_mails.c.read_at < bindparam("before"))
    .order_by(raw_mails.c.read_at)
    .limit(bindparam("most"))
)
_CONTENTS = delete(raw_contents).where(among(raw_contents.c.mail_id))


@dataclass(frozen=True, slots=True)
class KeepMail:
    """A raw mail that came in, to be read from `at` on."""

    mail: RawMail
    at: Instant


@dataclass(frozen=True, slots=True)
class ForgetMails:
    """Up to `limit` mails of the channel that were read before that instant."""

    channel: str
    before: Instant
    limit: int
    at: Instant


@dataclass(frozen=True, slots=True)
class SavePosition:
    """How far this folder has been received, in the channel's own words."""

    channel: str
    folder: str
    position: str


def keep_mail(transaction: Transaction, keepings: list[KeepMail]) -> list[Kept]:
    """A copy that was kept before brings nothing more."""
    connection = transaction.connection
    given = [mail_rows.values(each.mail, each.at) for each in keepings]
    new = bulk.insert_new(connection, raw_mails, mail_rows.RAW_MAIL, given)
    kept = [each for each in keepings if each.mail.id in new]
    contents = [(each.mail.id, each.mail.content) for each in kept if each.mail.content is not None]
    bulk.insert_values(connection, raw_contents, mail_rows.CONTENT, contents)
    bulk.insert(connection, schema.deliveries, [rows.delivery_values(_reading(each)) for each in kept])
    return [Kept.NEW if each.mail.id in new else Kept.DUPLICATE for each in keepings]


def _reading(kept: KeepMail) -> Delivery:
    """The duty to read it, under the mail's own id: so that the audit finds the one by the other. What takes long to
    read is large, and however many large ones come, a small one is taken up before them (P6)."""
    mail = kept.mail
    return Delivery(
        mail.id,
        Kind.MAIL,
        due_at=kept.at,
        created_at=kept.at,
        target=mail.origin.channel,
        priority=Priority.LOW if mail.size > _LARGE else Priority.NORMAL,
        payload={"mail": mail.id},
    )


def mail_read(transaction: Transaction, readings: list[MailRead]) -> list[bool]:
    """False also for a mail that became a message which isn't here yet (a spool has it): it is to be read again."""
    connection = transaction.connection
    leases = Leases(transaction, (each.lease for each in readings))
    there = _known_messages(connection, (each.message_id for each in readings))
    done = [each.message_id in there and leases.end(each.lease) is not None for each in readings]
    read = [each for each, ended in zip(readings, done, strict=True) if ended]
    bulk.remove(connection, schema.deliveries, [each.lease.delivery_id for each in read])
    bulk.update(connection, raw_mails, [_read_values(each) for each in read])
    for each in read:
        transaction.events += each.events
    return done


def _known_messages(connection: Connection, message_ids: Iterable[str | None]) -> set[str | None]:
    """Those of them that are here; no message at all is, too."""
    asked = sorted({each for each in message_ids if each is not None})
    found = _MESSAGES.rows(connection, asked) if asked else ()
    return {None, *(row.id for row in found)}


def _read_values(read: MailRead) -> rows.Values:
    return {
        "id": read.mail_id,
        "read_at": read.at,
        "message_id": read.message_id,
        "header_id": mail_rows.storable(read.header_id),
        "authenticated": mail_rows.storable(read.authenticated),
    }


def forget_mails(transaction: Transaction, requests: list[ForgetMails]) -> list[int]:
    """How many each gave up. The row stays, so that the mail is known when it comes again; nothing names its blob."""
    return [_forget(transaction.connection, each) for each in requests]


def _forget(connection: Connection, wanted: ForgetMails) -> int:
    given = {"channel": wanted.channel, "before": wanted.before, "most": wanted.limit}
    old = list(connection.execute(_OLD, given).scalars())
    if old:
        connection.execute(_CONTENTS, {KEYS: old})
    bulk.update(connection, raw_mails, [{"id": each, "digest": None, "forgotten_at": wanted.at} for each in old])
    return len(old)


def save_position(transaction: Transaction, positions: list[SavePosition]) -> list[None]:
    """The last word counts."""
    latest = {(each.channel, each.folder): each.position for each in positions}
    given = [{"channel": channel, "folder": folder, "position": at} for (channel, folder), at in latest.items()]
    bulk.replace(transaction.connection, schema.mail_positions, given)
    return [None] * len(positions)
