"""Mails that we write: what every reader makes of them, and what nobody can slip into them."""

import email
import email.policy
import re
from dataclasses import replace
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.email.composing import Outgoing, OutgoingFile, compose
from channels.email.parsing import Limits, parse

PLAIN = Outgoing(
    sender="help@example.org",
    sender_name="City of Springfield",
    recipient="ana@example.net",
    subject="Re: printer [482-915-7360]",
    text="It is out.\n",
    message_id="<r.token.1@example.org>",
    date=1_800_000_000.7,
)
LIMITS = Limits()
HOSTILE = ["a\r\nBcc: x@y", "a\nb", "a\rb", "a\0b", "a\x0bb", "a\x85b", "a\u2028b"]


def read(mail: Outgoing) -> EmailMessage:
    """As the standard library reads it."""
    message = email.message_from_bytes(compose(mail), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not [defect for part in message.walk() for defect in part.defects]
    return message


def test_a_plain_mail() -> None:
    assert compose(replace(PLAIN, auto_submitted="auto-replied", reply_to="help+t@example.org")) == (
        b"From: City of Springfield <help@example.org>\r\n"
        b"To: ana@example.net\r\n"
        b"Reply-To: City of Springfield <help+t@example.org>\r\n"
        b"Subject: Re: printer [482-915-7360]\r\n"
        b"Date: Fri, 15 Jan 2027 08:00:00 +0000\r\n"
        b"Message-ID: <r.token.1@example.org>\r\n"
        b"Auto-Submitted: auto-replied\r\n"
        b"MIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n"
        b"\r\n"
        b"It is out.\r\n"
    )


def test_all_of_it_is_read_again_by_our_parser() -> None:
    files = (
        OutgoingFile("Factura nº 1 «final».pdf", "application/pdf", b"%PDF" + bytes(range(256))),
        OutgoingFile("plan.txt", "text/plain", b"a\nb\n"),
    )
    written = replace(
        PLAIN,
        sender_name="Ayuntamiento de Ñora",
        subject="Re: ¿Qué hago? 🖨",
        text="Ñandú\n\n" + "largo " * 400,
        files=files,
    )
    mail = parse(
        compose(replace(written, html="<p>Ñandú</p>", in_reply_to=("<a@b>",), references=("<x@y>", "<a@b>"))), LIMITS
    )
    assert (mail.sender[0].name, mail.sender[0].address) == ("Ayuntamiento de Ñora", "help@example.org")
    assert mail.subject == "Re: ¿Qué hago? 🖨"
    assert mail.text.strip() == written.text.strip()
    assert "<p>Ñandú</p>" in mail.html
    assert (mail.message_id, mail.in_reply_to, mail.references) == (PLAIN.message_id, ("<a@b>",), ("<x@y>", "<a@b>"))
    assert [(each.name, each.media_type, each.content) for each in mail.files] == [
        (each.name, each.media_type, each.content) for each in files
    ]
    assert mail.flaws == ()


def test_the_same_values_give_the_same_bytes() -> None:
    mail = replace(PLAIN, html="<p>x</p>", files=(OutgoingFile("a", "a/b", b"c"),))
    assert compose(mail) == compose(mail)
    other = replace(mail, message_id="<r.token.2@example.org>")
    found = [set(re.findall(rb'boundary="([^"]+)"', compose(each))) for each in (mail, other)]
    assert [len(each) for each in found] == [2, 2]
    assert not found[0] & found[1]


@pytest.mark.parametrize("value", HOSTILE, ids=repr)
@pytest.mark.parametrize(
    "where", ["sender", "sender_name", "recipient", "subject", "message_id", "reply_to", "auto_submitted"]
)
def test_t23_no_value_can_begin_a_field_of_its_own(where: str, value: str) -> None:
    address = where in ("sender", "recipient", "reply_to")
    with pytest.raises(ValueError, match=r"not an address|control characters|not a Message-ID"):
        compose(replace(PLAIN, **{where: f"{value}@example.org" if address else value}))  # type: ignore[arg-type]


@pytest.mark.parametrize("value", HOSTILE, ids=repr)
def test_t23_nor_can_a_file_or_a_strangers_identifier(value: str) -> None:
    mail = replace(
        PLAIN,
        files=(OutgoingFile(value, value, b"c"), OutgoingFile("b", "multipart/mixed", b"d")),
        in_reply_to=(f"<{value}@b>", "no"),
        references=(f"<{value}@b>", "<good@example.org>"),
    )
    message = read(mail)
    assert not {"Bcc", "X-A"} & set(message.keys())
    assert message["In-Reply-To"] is None
    assert message["References"] == "<good@example.org>"
    assert [each.get_content_type() for each in message.iter_attachments()] == ["application/octet-stream"] * 2


@pytest.mark.parametrize(
    "address", ["", "a", "a@", "@b", "a b@c.example", "a@b\r\n", "<a@b>", "a@b>, <c@d", "a@" + "b" * 255]
)
def test_t23_a_recipient_is_one_address(address: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        compose(replace(PLAIN, recipient=address))


@pytest.mark.parametrize(
    "name",
    ['Sales, "North" (main)', "a\\b", "=?utf-8?q?x?=", "Ñ" * 80, "x" * 300, "a; b: c", "", "José <jose@x.example>"],
    ids=lambda name: name[:12],
)
def test_a_shown_name_is_read_as_it_was(name: str) -> None:
    [sender] = parse(compose(replace(PLAIN, sender_name=name)), LIMITS).sender
    assert (sender.name, sender.address) == (name, "help@example.org")


def test_an_international_recipient_is_written_in_utf_8_and_its_domain_in_ascii() -> None:
    assert b"To: jose@xn--exmple-cua.net\r\n" in compose(replace(PLAIN, recipient="jose@exämple.net"))
    assert "To: josé@example.net\r\n".encode() in compose(replace(PLAIN, recipient="josé@example.net"))


def test_a_long_list_of_references_keeps_the_first_and_the_newest() -> None:
    ids = tuple(f"<{number}@example.org>" for number in range(100))
    assert str(read(replace(PLAIN, references=ids))["References"]).split() == [ids[0], *ids[-19:]]


def test_a_mail_is_attached_as_it_is_unless_that_would_break_ours() -> None:
    good, bad = b"Subject: x\r\n\r\nbody\r\n", "Subject: ñ\r\n\r\n".encode()
    boundary = re.findall(rb'boundary="([^"]+)"', compose(replace(PLAIN, files=(OutgoingFile("a", "a/b", b"c"),))))[0]
    hostile = [bad, b"a\nb", b"a\rb", b"x" * 1000, b"\0", b"--" + boundary + b"\r\n"]
    files = tuple(OutgoingFile("m.eml", "message/rfc822", content) for content in (good, *hostile))
    first, *others = read(replace(PLAIN, files=files)).iter_attachments()
    assert first.get_content_type() == "message/rfc822"
    assert first.get_content()["Subject"] == "x"
    assert [each.get_content() for each in others] == hostile


def test_a_long_subject_is_folded_as_rfc_2047_wants() -> None:
    head = compose(replace(PLAIN, subject="ñandú 🖨 " * 40)).partition(b"\r\n\r\n")[0]
    assert max(len(line) for line in head.split(b"\r\n")) <= 78
    assert all(len(word) <= 75 for word in re.findall(rb"=\?utf-8\?b\?[^?]*\?=", head))


@given(text=st.text(max_size=300), subject=st.text(max_size=200), name=st.text(max_size=120))
@settings(max_examples=60, deadline=None)
def test_whatever_is_written_lines_are_short_and_in_ascii_and_it_is_read_again(
    text: str, subject: str, name: str
) -> None:
    line = " ".join("".join(each if each.isprintable() else " " for each in subject).split())
    mail = replace(
        PLAIN,
        text=text,
        html=text,
        subject=line,
        files=(OutgoingFile(name, "text/plain", text.encode("utf-8", "replace")),),
    )
    raw = compose(mail)
    assert raw.isascii()
    assert max(len(each) for each in raw.split(b"\r\n")) <= 998
    assert all(len(each) <= 75 for each in re.findall(rb"=\?utf-8\?b\?[^?]*\?=", raw))
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    found = parse(raw, LIMITS)
    assert found.subject == line
    assert found.files[0].content == text.encode("utf-8", "replace")
