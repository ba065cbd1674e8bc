"""Raw mails on their way to the disk, by a listener and from mailboxes, and what is said of the way there."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

import pytest

from channels.email.imap.position import Position
from channels.email.imap.settings import ImapSettings
from channels.email.keeping import SMALL, MailKeeper
from channels.email.mailboxes import FollowedMailbox
from channels.email.troubles import MailTroubles
from gateway.core.delivery import Kind
from gateway.core.errors import ContentTooLarge, StoreFailed, StoreUnavailable
from gateway.core.events import ChannelRecovered, ChannelTroubled, Event, MailSkipped
from gateway.core.raw_mail import Kept, Origin, RawMail
from tests.support.clock import SetClock
from tests.support.mail_parts import MailParts, mail_parts
from tests.support.virtual_time import VirtualClock, run

_HERE = Origin("mail", "lmtp", "k1", 1_000.0, "ana@example.net", ("help@example.org",))


@pytest.fixture
async def parts() -> AsyncIterator[MailParts]:
    async with mail_parts() as found:
        yield found


async def _pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def _keeper(parts: MailParts) -> MailKeeper:
    return MailKeeper(parts.backstage, parts.blobs, parts.clock)


async def _kept(parts: MailParts) -> RawMail:
    [case] = await parts.claim(Kind.MAIL)
    mail = await parts.store.raw_mail(str(case.delivery.payload["mail"]))
    assert mail is not None
    return mail


async def test_a_small_mail_lies_in_its_row(parts: MailParts) -> None:
    assert await _keeper(parts).keep(_HERE, _pieces(b"a" * 10, b"b" * (SMALL - 10))) is Kept.NEW
    mail = await _kept(parts)
    assert (mail.content, mail.digest, mail.size) == (b"a" * 10 + b"b" * (SMALL - 10), None, SMALL)
    assert mail.origin == _HERE
    assert (parts.owed, parts.told.succeeded_at) == ([Kind.MAIL], [parts.clock.now()])


async def test_a_large_mail_is_a_blob(parts: MailParts) -> None:
    await _keeper(parts).keep(_HERE, _pieces(b"a" * SMALL, b"b", b"c" * 100_000))
    mail = await _kept(parts)
    assert (mail.content, mail.size) == (None, SMALL + 100_001)
    assert parts.blobs.contents == {mail.digest: b"a" * SMALL + b"b" + b"c" * 100_000}


async def test_a_copy_that_comes_again_is_owed_once(parts: MailParts) -> None:
    keeper = _keeper(parts)
    assert [await keeper.keep(_HERE, _pieces(b"x")) for _ in range(2)] == [Kept.NEW, Kept.DUPLICATE]
    assert parts.owed == [Kind.MAIL]


@pytest.mark.parametrize("error", [StoreUnavailable("full"), StoreFailed("broken"), ContentTooLarge(1)])
async def test_what_stands_in_the_way_is_the_caller_s_to_know(parts: MailParts, error: Exception) -> None:
    parts.blobs.failure = error
    with pytest.raises(type(error)):
        await _keeper(parts).keep(_HERE, _pieces(b"a" * (SMALL + 1)))
    assert (parts.owed, parts.told.succeeded_at) == ([], [])


async def test_a_mail_that_breaks_off_is_not_kept(parts: MailParts) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await _keeper(parts).keep(_HERE, broken())
    assert await parts.claim(Kind.MAIL) == []


# mailboxes


def _mailbox(
    parts: MailParts,
    user: str,
    *,
    host: str = "imap.example.org",
    alone: bool = False,
    troubles: MailTroubles | None = None,
) -> FollowedMailbox:
    settings = ImapSettings.model_validate({"host": host, "user": user, "password": "pw"})
    troubles = troubles or MailTroubles("mail", parts.store, parts.clock)
    return FollowedMailbox(settings, _keeper(parts), parts.context, parts.backstage, troubles, alone=alone)


async def test_two_mailboxes_may_number_their_mails_alike(parts: MailParts) -> None:
    origin = Origin("mail", "imap INBOX", "INBOX/1/1", 1_000.0)
    boxes = [_mailbox(parts, "help"), _mailbox(parts, "hola"), _mailbox(parts, "help", host="other.example")]
    assert [await box.keep(origin, _pieces(b"x")) for box in boxes] == [Kept.NEW] * 3
    assert await boxes[0].keep(origin, _pieces(b"x")) is Kept.DUPLICATE


async def test_each_mailbox_has_positions_of_its_own(parts: MailParts) -> None:
    help_box, other = _mailbox(parts, "help"), _mailbox(parts, "hola")
    assert await help_box.read("mail", "INBOX") is None
    position = Position(7).settle([1, 2, 3])
    await help_box.write("mail", "INBOX", position)
    assert await help_box.read("mail", "INBOX") == position
    assert await help_box.read("mail", "Archive") is None
    assert await other.read("mail", "INBOX") is None


async def test_a_mail_that_is_given_up_is_an_event(parts: MailParts) -> None:
    origin = Origin("mail", "imap INBOX", "INBOX/1/9", 1_000.0)
    await _mailbox(parts, "help").skipped(origin, "too large")
    [event] = parts.heard.of(MailSkipped)
    assert (event.place, event.key, event.reason) == (
        "imap help INBOX",
        "help@imap.example.org/INBOX/1/9",
        "too large",
    )


async def test_only_where_there_are_several_mailboxes_it_is_said_which(parts: MailParts) -> None:
    _mailbox(parts, "help", alone=True).counted("INBOX", 10, 1)
    _mailbox(parts, "help").counted("INBOX", 10, 1)
    assert parts.told.counted == [("mail", "INBOX", 10, 1), ("mail", "help INBOX", 10, 1)]


async def test_a_mailbox_in_trouble_is_an_event_until_it_works(parts: MailParts) -> None:
    troubles = MailTroubles("mail", parts.store, parts.clock)
    settings = ImapSettings.model_validate({"host": "imap.example.org", "user": "help", "password": "pw"})
    box = FollowedMailbox(settings, _keeper(parts), parts.context, parts.backstage, troubles, alone=True)
    box.looked("INBOX", 5.0)
    box.troubled("INBOX", "it hung up")
    box.troubled("INBOX", "it hung up again")
    box.looked("INBOX", 6.0)
    await troubles.said()
    assert [(each.part, each.reason) for each in parts.heard.of(ChannelTroubled)] == [("imap INBOX", "it hung up")]
    assert [each.part for each in parts.heard.of(ChannelRecovered)] == ["imap INBOX"]
    assert parts.told.succeeded_at == [5.0, 6.0]


async def test_a_mailbox_that_refuses_marks_is_one_trouble_however_often_it_is_looked_into(parts: MailParts) -> None:
    troubles = MailTroubles("mail", parts.store, parts.clock)
    box = _mailbox(parts, "help", troubles=troubles)
    for _ in range(3):
        box.unmarked("INBOX", "read-only")
        box.looked("INBOX", 5.0)
    assert troubles.deaf_until() == 0.0  # everything comes in
    box.marked("INBOX")
    await troubles.said()
    assert [(each.part, each.reason) for each in parts.heard.of(ChannelTroubled)] == [
        ("marks of imap help INBOX", "read-only")
    ]
    assert [each.part for each in parts.heard.of(ChannelRecovered)] == ["marks of imap help INBOX"]


# troubles


@dataclass
class _Away:
    """An announcer that can't write at first."""

    failures: list[Exception]
    events: list[Event] = field(default_factory=list)

    async def announce(self, events: Sequence[Event], notices: Sequence[object] = ()) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.events += events


def test_troubles_are_told_in_order_once_the_store_is_back() -> None:
    announcer = _Away([StoreUnavailable("away")])

    async def troubled() -> None:
        troubles = MailTroubles("mail", announcer, VirtualClock())
        troubles.troubled("smtp", "refused")
        troubles.recovered("smtp")
        troubles.recovered("smtp")
        await troubles.said()

    run(troubled())
    assert [type(each) for each in announcer.events] == [ChannelTroubled, ChannelRecovered]


async def test_troubles_end_with_the_store() -> None:
    announcer = _Away([StoreFailed("broken")])
    troubles = MailTroubles("mail", announcer, SetClock())
    troubles.troubled("smtp", "refused")
    await troubles.said()
    assert announcer.events == []


# what a mail is known by


_TRACE = b"Received: by us\r\n"
_NAMED = b"Message-ID: <a@b>\r\n\r\nHello\r\n"


async def _fingerprint(parts: MailParts, content: bytes, ours: int = 0, key: str = "k1") -> str | None:
    await _keeper(parts).keep(replace(_HERE, key=key), _pieces(content[:20], content[20:]), ours=ours)
    return (await _kept(parts)).fingerprint


@pytest.mark.parametrize("more", [b"", b"x" * SMALL])
async def test_a_mail_is_known_by_its_bytes_without_what_we_wrote_above_it(parts: MailParts, more: bytes) -> None:
    expected = hashlib.sha256(_NAMED + more).hexdigest()
    assert await _fingerprint(parts, _NAMED + more) == expected
    assert await _fingerprint(parts, _TRACE + _NAMED + more, len(_TRACE), "k2") == expected
    assert await _fingerprint(parts, _NAMED + b"y" + more, key="k3") != expected


async def test_what_is_handed_in_without_a_message_id_is_only_itself(parts: MailParts) -> None:
    in_the_body = b"From: a@b\r\n\r\nMessage-ID: <a@b>\r\n"
    assert await _fingerprint(parts, _TRACE + in_the_body, len(_TRACE)) is None
    assert await _fingerprint(parts, in_the_body, key="k2") is not None  # a mailbox shows it again with other numbers
