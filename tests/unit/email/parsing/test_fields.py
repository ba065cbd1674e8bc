"""Headers as they stand in real mails: where they end, and what is a field."""

from tests.support.raw_mail import parsed


def test_folded_fields_are_one_line() -> None:
    mail = parsed("Subject: one\r", "\ttwo\r", " three\r")
    assert mail.subject == "one two three"
    assert mail.headers[0].name == "Subject"


def test_old_syntax_has_space_before_the_colon_and_empty_lines_in_folding() -> None:
    assert parsed("Subject :one", "    ", " two").subject == "one two"


def test_a_line_of_spaces_before_words_is_the_blank_line() -> None:
    mail = parsed("Subject: s", " ", "Dear all, this is", "the body")
    assert mail.text.startswith("Dear all, this is\nthe body")
    assert mail.flaws == ()


def test_a_stray_line_before_known_fields_is_skipped() -> None:
    mail = parsed("Received: from a by b", "id broken without a space", "Subject: s", body="words")
    assert (mail.subject, mail.text, mail.flaws) == ("s", "words", ("stray_header_line",))


def test_without_a_blank_line_the_body_begins_where_fields_end() -> None:
    mail = parsed("Subject: s", "Hello", "there")
    assert (mail.subject, mail.text.strip(), mail.flaws) == ("s", "Hello\nthere", ("missing_blank_line",))


def test_the_line_of_an_mbox_is_no_field() -> None:
    mail = parsed("From ana@example.org Mon Jan  1 00:00:00 2024", "Subject: s", body="words")
    assert (mail.subject, mail.text, mail.flaws) == ("s", "words", ())


def test_a_mail_without_header_is_text() -> None:
    assert parsed("", body="This is no header.\nBut words.").text == "\nThis is no header.\nBut words.".strip("\n")


def test_raw_bytes_are_utf8_else_the_declared_charset_else_windows() -> None:
    assert parsed("Subject: añó".encode()).subject == "añó"
    assert parsed("Subject: Привет".encode("koi8-r"), "Content-Type: text/plain; charset=koi8-r").subject == "Привет"
    assert parsed("Subject: “añó”".encode("cp1252")).subject == "“añó”"


def test_every_header_is_kept_in_order() -> None:
    mail = parsed("X-A: 1", "x-b: =?utf-8?Q?=C3=A9?=", "X-A: 2")
    assert [(header.name, header.value) for header in mail.headers] == [("X-A", "1"), ("x-b", "é"), ("X-A", "2")]
    assert mail.all("x-a") == ["1", "2"]


def test_identifiers_keep_their_brackets_and_lose_their_folding() -> None:
    mail = parsed(
        "Message-ID: <one@a", " .example>", "In-Reply-To: bare@id", "References: <x@y><z@w> text <>", "Date: never"
    )
    assert mail.message_id == "<one@a.example>"
    assert mail.in_reply_to == ("<bare@id>",)
    assert mail.references == ("<x@y>", "<z@w>")
    assert mail.date is None


def test_what_is_missing_is_empty() -> None:
    mail = parsed("X: y")
    assert (mail.message_id, mail.date, mail.subject, mail.sender, mail.references) == ("", None, "", (), ())
