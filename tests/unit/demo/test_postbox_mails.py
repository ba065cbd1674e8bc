"""The postbox keeps the newest mails, and shows of each what can be shown."""

import re

import pytest

from channels.email.mail import Mail
from channels.email.parsing import Limits
from gateway.core.texts import Language
from gateway.demo.postbox import mails as postbox
from gateway.demo.postbox.letters import Draft, answer_to, new_letter
from gateway.demo.postbox.mails import MOST, Mails, html_of, read

MAIL = (
    b"From: Ayuda <help@example.org>\r\nSubject: =?utf-8?q?petici=C3=B3n?=\r\n\r\n"
    b"Hola: la tenemos.\r\n\r\n-- \r\nfirma\r\n"
)
DRAFT = Draft("Ana", "ana@example.net", "printer", "It burns.")


def mail(raw: bytes) -> Mail:
    found = read(raw)
    assert found is not None
    return found


def test_each_mail_is_listed_with_how_it_begins() -> None:
    box = Mails()
    box.add("help@example.org", ("ana@example.net",), MAIL, 1.0)
    (arrived,) = box.newest_first()
    assert (arrived.title, arrived.author, arrived.gist) == ("petición", "Ayuda", "Hola: la tenemos.")
    assert box.get(arrived.number) is arrived


def test_the_newest_two_hundred_are_kept() -> None:
    box = Mails()
    for number in range(MOST + 5):
        box.add("", (), b"Subject: %d\r\n\r\n" % number, 1.0)
    kept = box.newest_first()
    assert [kept[0].title, kept[-1].title, len(kept)] == [str(MOST + 4), "5", 200]
    assert box.get(1) is None


def test_large_mails_push_older_ones_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postbox, "_MOST_BYTES", 1000)
    box = Mails()
    for letter in (b"a", b"b", b"c"):
        box.add("", (), b"Subject: " + letter + b"\r\n\r\n" + 400 * b"x", 1.0)
    assert [each.title for each in box.newest_first()] == ["c", "b"]
    box.add("", (), b"Subject: huge\r\n\r\n" + 2000 * b"x", 1.0)
    assert [each.title for each in box.newest_first()] == ["huge"]


def test_a_mail_that_cannot_be_read_is_in_the_box_all_the_same() -> None:
    box = Mails()
    box.add("x@example.org", (), b"Subject: " + Limits().header_size * b"x" + b"\r\n\r\n", 1.0)
    (arrived,) = box.newest_first()
    assert (arrived.title, arrived.author) == ("", "x@example.org")
    assert read(arrived.raw) is None


def test_the_html_is_the_mails_own() -> None:
    raw = (
        b'Content-Type: multipart/mixed; boundary="a"\r\n\r\n'
        b'--a\r\nContent-Type: multipart/alternative; boundary="b"\r\n\r\n--b\r\n\r\nplain\r\n'
        b"--b\r\nContent-Type: text/html; charset=latin-1\r\n\r\n<p style='x'>se\xf1al</p>\r\n--b--\r\n"
        b'--a\r\nContent-Type: text/html; name="other.html"\r\n\r\n<p>other</p>\r\n--a--\r\n'
    )
    assert html_of(mail(raw)).strip() == "<p style='x'>señal</p>"
    assert html_of(mail(MAIL)) == ""
    assert html_of(mail(b"Content-Type: text/html; charset=none-such\r\n\r\n<p>x")) == "<p>x"


def test_an_answer_continues_the_thread_as_a_mail_program_does() -> None:
    received = mail(
        b"From: Ayuda <help@example.org>\r\nReply-To: Ayuda <help+token@example.org>\r\nMessage-ID: <2@x>\r\n"
        b"References: <1@x>\r\nSubject: Re: printer [482-915-7360]\r\n\r\nTry\r\nagain\r\n"
    )
    answer = answer_to(
        received, DRAFT, 86_400.0, Language("es", {"On {date}, {name} wrote:": "{name} escribió el {date}:"})
    )
    assert (answer.recipient, answer.subject) == ("help+token@example.org", "Re: printer [482-915-7360]")
    assert (answer.in_reply_to, answer.references) == (("<2@x>",), ("<1@x>", "<2@x>"))
    assert re.fullmatch(r"It burns\.\n\nAyuda escribió el \d\d/01/1970 \d\d:\d\d:\n> Try\n> again\n", answer.text)


def test_each_letter_has_an_id_of_its_own() -> None:
    first, second = (new_letter(DRAFT, "help@example.org", 1.0) for _ in range(2))
    assert first.message_id != second.message_id
    assert (first.recipient, first.subject, first.in_reply_to) == ("help@example.org", "printer", ())
