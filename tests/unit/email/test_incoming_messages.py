"""What of a mail gets into a ticket, and what never does."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.authentication import Authentication
from channels.email.incoming.allowances import Allowances
from channels.email.incoming.bodies import BODY_LENGTH, SUBJECT_LENGTH, TEXTS_FOLDER, body_of
from channels.email.incoming.bounds import most_messages, too_many_replies
from channels.email.incoming.files import MailFiles, Taken
from channels.email.incoming.messages import Messages
from channels.email.incoming.sameness import dedupe_key
from channels.email.mail import Mail
from channels.email.reading.reading import ReadFile
from channels.email.settings import EmailSettings
from channels.shown import one_line
from gateway.core.texts import Texts
from gateway.core.ticket import Attachment, DedupeKey, Direction, InboundMessage, Message, Requester
from tests.support.blobs import MemoryBlobs
from tests.support.clock import SetClock
from tests.support.incoming import ANA, DISOWNED, IDENTITY, PASSED, UNKNOWN, claimed, reading, reply_address
from tests.support.mails import mail
from tests.support.tickets import NOW, make_message

_TEXTS = Texts(TEXTS_FOLDER)
_ENGLISH, _SPANISH = _TEXTS.get("en"), _TEXTS.get("es")
_KEY = DedupeKey("mail", "k", "")
_RELAY = {"host": "127.0.0.1", "security": "none"}


def _messages(**settings: object) -> Messages:
    written = {"address": "help@example.org", "listener": {"listen": "127.0.0.1:0"}, "smtp": _RELAY, **settings}
    given = EmailSettings.model_validate({name: value for name, value in written.items() if value is not None})
    return Messages(given, IDENTITY, Allowances(b"k" * 32), _TEXTS)


def _first(sent: Mail, authentication: Authentication = UNKNOWN, **settings: object) -> InboundMessage:
    return _messages(**settings).first(reading(sent, authentication), Taken(), _KEY, None, NOW)


# who asks


def test_the_requester_is_the_sole_from() -> None:
    found = _first(mail(("Reply-To", "x@y.example"), ("Sender", "z@y.example"), sender="Ana  B. <Ana@Example.net>"))
    assert (found.requester.name, found.requester.email, found.answer_by) == ("Ana B.", "Ana@Example.net", "mail")
    assert found.metadata == {"authenticated": "no", "reply_to": "x@y.example"}


@pytest.mark.parametrize(
    "sender",
    ["Ana <root>", "help@example.org", "HELP@example.org", reply_address(claimed())],
    ids=["nobody", "ours", "ours in capitals", "a ticket's"],
)
def test_whoever_can_t_be_written_to_is_not_answered(sender: str) -> None:
    found = _first(mail(sender=sender))
    assert (found.requester.email, found.answer_by, found.acknowledge) == (None, None, ())


def test_without_a_relay_nobody_is_answered_by_mail() -> None:
    found = _first(mail(sender=ANA), smtp=None)
    assert (found.requester.email, found.answer_by, found.acknowledge) == (ANA, None, ())


@pytest.mark.parametrize(
    ("fields", "authentication", "settings", "acknowledged"),
    [
        ([], UNKNOWN, {}, True),
        ([], PASSED, {}, True),
        ([], DISOWNED, {}, False),
        ([], PASSED, {"acknowledge": False}, False),
        ([("Auto-Submitted", "auto-generated")], PASSED, {}, False),
        ([("List-Id", "<l.example>")], PASSED, {}, False),
    ],
)
def test_who_is_acknowledged(
    fields: list[tuple[str, str]], authentication: Authentication, settings: dict[str, object], acknowledged: bool
) -> None:
    found = _first(mail(*fields, sender=ANA), authentication, **settings)
    assert bool(found.acknowledge) == acknowledged
    assert found.answer_by == "mail"


def test_allowances_count_a_sender_and_a_subject_whatever_a_robot_varies() -> None:
    allowances = Allowances(b"k" * 32)
    subject, sender, domain, everybody = allowances.of("ana+1@example.net", "Re: ticket 17")
    assert allowances.of("ANA@example.net", "ticket 18") == (subject, sender, domain, everybody)
    other, *same = allowances.of("ana@example.net", "another")
    assert (other == subject, same) == (False, [sender, domain, everybody])
    assert [(each.most, each.within) for each in (subject, sender, domain, everybody)] == [
        (3, 86_400),
        (12, 86_400),
        (60, 3600),
        (600, 3600),
    ]
    assert "ana" not in subject.key + sender.key
    assert Allowances(b"j" * 32).of("ana@example.net", "ticket")[0] != subject


def test_allowances_count_a_domain_and_everybody_whoever_seems_to_write() -> None:
    allowances = Allowances(b"k" * 32)
    ana, eva = allowances.of("ana@example.net", "a"), allowances.of("eva@EXAMPLE.net", "b")
    assert set(ana) & set(eva) == set(ana[2:])
    assert set(ana) & set(allowances.of("ana@example.org", "a")) == {ana[3]}


# facts


@pytest.mark.parametrize(
    ("authentication", "said"), [(PASSED, "dkim example.net"), (UNKNOWN, "no"), (DISOWNED, "failed")]
)
def test_whether_it_is_authenticated_is_a_fact_of_the_ticket(authentication: Authentication, said: str) -> None:
    assert _first(mail(sender=ANA), authentication).metadata["authenticated"] == said


def test_the_kind_of_an_automatic_mail_and_the_linked_ticket_are_facts_of_it() -> None:
    read = reading(mail(("List-Id", "<l.example>"), sender=ANA))
    found = _messages().first(read, Taken(), _KEY, "4829157360", NOW)
    assert found.metadata == {"authenticated": "no", "mail": "list", "linked": "4829157360"}


def test_who_might_have_sent_it_is_a_fact_of_a_ticket_of_nobody() -> None:
    found = _first(mail(("From", f"{ANA}, eva@example.net"), sender=""))
    assert found.metadata["from"] == f"{ANA}, eva@example.net"
    assert (found.requester, found.answer_by, found.acknowledge) == (Requester(), None, ())


def test_the_language_is_the_mail_s_or_else_the_channel_s() -> None:
    read = reading(mail(sender=ANA))
    assert _first(mail(sender=ANA), language="ca").language == "ca"
    assert _messages().first(replace(read, language="en"), Taken(), _KEY, None, NOW).language == "en"


# words


def test_a_ticket_has_the_whole_text_and_a_further_message_what_is_new() -> None:
    sent = mail(sender=ANA, text="New.\n> old", reply="New.")
    assert _first(sent).body == "New.\n> old"
    ticket = claimed()
    found = _messages().further(reading(sent), Taken(), _KEY, ticket, NOW)
    assert (found.body, found.ticket_id, found.requester.name) == ("New.", ticket.ticket.id, "Ana")
    assert (found.acknowledge, found.requester.email) == ((), None)


def test_nothing_is_empty() -> None:
    found = _first(mail(sender=ANA, text=" \n"))
    assert (found.subject, found.body) == ("(sin asunto)", "(Este correo no tiene texto.)")


def test_a_subject_is_one_short_line() -> None:
    assert one_line("a\r\nBcc: b\x00\u202e c\u2028d", SUBJECT_LENGTH) == "a Bcc: b c d"
    assert len(one_line("x " * 1000, SUBJECT_LENGTH)) == SUBJECT_LENGTH
    assert one_line("x" * 201, SUBJECT_LENGTH).endswith("x…")


def test_what_people_have_to_know_of_a_mail_stands_below_its_text() -> None:
    long = "x" * (BODY_LENGTH + 1)
    body = body_of(long, Taken(left_out=3), _ENGLISH, clear_sender=False)
    assert body.startswith(
        "x" * BODY_LENGTH + "\n\n[This mail is longer: all of its text is in the file mail.txt.]\n\n"
    )
    assert "not taken, since it has too many: 3.]\n\n[It isn't clear who sent" in body


@given(st.text())
def test_whatever_a_mail_says_can_be_stored_and_shown(text: str) -> None:
    body, line = body_of(text, Taken(), _SPANISH), one_line(text, 50)
    assert body.strip()
    assert not set(body + line) & {"\x00", "\r", "\x1b", "\x85"}
    assert line == " ".join(line.split())
    (body + line).encode()


# the same mail


_FILE = Attachment("a.png", "image/png", 3, "d" * 64)
_SENT = mail(("Message-ID", "<a@b>"), ("Subject", "printer"), sender=ANA, text="It burns.", date=1.0)


def test_what_a_mail_went_through_doesn_t_make_it_another() -> None:
    relayed = mail(
        ("Received", "from x"),
        ("Delivered-To", "help@example.org"),
        ("Message-ID", "<a@b>"),
        ("Subject", "printer"),
        sender="Ana <ANA@example.net>",
        text="It burns.",
        date=1.0,
    )
    assert dedupe_key(relayed, [_FILE], "r1") == dedupe_key(_SENT, [replace(_FILE, name="b.png")], "r2")


@pytest.mark.parametrize(
    "change",
    [{"message_id": "<c@b>"}, {"date": 2.0}, {"date": None}, {"subject": "x"}, {"text": "It burns!"}, {"sender": ()}],
    ids=lambda change: next(iter(change)),
)
def test_t21_any_change_of_what_a_sender_writes_does(change: dict[str, object]) -> None:
    assert dedupe_key(replace(_SENT, **change), [_FILE], "r") != dedupe_key(_SENT, [_FILE], "r")  # type: ignore[arg-type]


def test_t21_other_files_make_another_mail_and_words_can_t_move_from_field_to_field() -> None:
    assert dedupe_key(_SENT, [], "r") != dedupe_key(_SENT, [_FILE], "r")
    moved = replace(_SENT, subject="printerIt", text=" burns.")
    assert dedupe_key(moved, [], "r") != dedupe_key(_SENT, [], "r")


def test_a_mail_without_a_message_id_is_only_itself() -> None:
    nameless = replace(_SENT, message_id="")
    assert dedupe_key(nameless, [], "r1") == dedupe_key(nameless, [], "r1") != dedupe_key(nameless, [], "r2")


# how fast a ticket grows


def _written(direction: Direction, ages: list[float], provider: str | None = None) -> list[Message]:
    return [replace(make_message("t"), direction=direction, at=NOW - age, provider=provider) for age in ages]


def test_t19_a_ticket_takes_so_many_messages_of_its_requester_an_hour_and_a_day() -> None:
    messages = _written(Direction.INBOUND, [7200, 3600, 3599, 0]) + _written(Direction.OUTBOUND, [7200], "sur")
    assert most_messages(messages, NOW) == 2 + 30
    often = _written(Direction.INBOUND, [86_400.0, *([7200.0] * 99)])
    assert most_messages(often, NOW) == len(often) + 1
    assert most_messages(_written(Direction.INBOUND, [7200.0] * 100), NOW) == 100


def test_t19_a_ticket_takes_so_many_replies_of_each_desk_an_hour_and_a_day() -> None:
    recent = _written(Direction.OUTBOUND, [10.0] * 30, "sur")
    assert too_many_replies(recent, "sur", NOW)
    assert not too_many_replies(recent, "norte", NOW)
    assert not too_many_replies(recent, "sur", NOW + 3600)
    assert not too_many_replies(recent[1:], "sur", NOW)
    assert too_many_replies(_written(Direction.OUTBOUND, [7200.0] * 100, "sur"), "sur", NOW)


def test_messages_that_an_outage_has_held_up_are_counted_by_when_they_were_kept() -> None:
    backlog = _written(Direction.INBOUND, [600.0 * number for number in range(90)])
    for message in backlog:
        read_before = [each for each in backlog if each.at < message.at]
        assert most_messages(read_before, message.at) > len(read_before)
    assert most_messages(backlog, NOW - 600.0 * 90) == len(backlog) + 30


# files


async def test_t01_files_are_kept_under_names_that_are_data_and_types_that_they_are_of(tmp_path: Path) -> None:
    blobs = MemoryBlobs(SetClock())
    contents = {"../../etc/passwd\r\n": b"root", "x.png": b"<script>", "": b"\x89PNG\r\n\x1a\n"}
    files = []
    for number, (name, content) in enumerate(contents.items()):
        path = tmp_path / str(number)
        path.write_bytes(content)
        media_type = "text/html" if number == 0 else "image/png"
        files.append(ReadFile(name, media_type, inline=False, content_id="", size=len(content), path=path))
    taken = await MailFiles(blobs, 3).take(files)
    assert [(each.name, each.media_type) for each in taken.attachments] == [
        ("../../etc/passwd", "application/octet-stream"),
        ("x.png", "application/octet-stream"),
        ("attachment", "image/png"),
    ]
    assert [blobs.contents[each.digest] for each in taken.attachments] == list(contents.values())
    assert (await MailFiles(blobs, 1).take(files)).left_out == 2
