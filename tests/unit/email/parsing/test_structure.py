"""Where parts begin and end, also in mails that broke on the way."""

import pytest

from channels.email.mail import Part
from tests.support.raw_mail import encoded, multipart, parsed, parsed_raw, raw_mail

MIXED = "Content-Type: multipart/mixed; boundary=b"


def tree(part: Part) -> str:
    return part.media_type + (f"({', '.join(tree(inner) for inner in part.parts)})" if part.parts else "")


def test_the_newline_before_a_delimiter_belongs_to_it() -> None:
    mail = parsed(MIXED, body="--b\n\none\n--b\n\ntwo\n\n--b--\nepilogue")
    assert [part.content for part in mail.root.parts] == [b"one", b"two\n"]
    assert mail.text == "one\n\ntwo"
    assert mail.flaws == ()


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\n"], ids=["crlf", "cr", "lf"])
def test_any_newline_will_do(newline: str) -> None:
    mail = parsed_raw(raw_mail(MIXED, body="--b\n\none\n--b--\n").replace(b"\n", newline.encode()))
    assert mail.text == "one"


def test_an_outer_delimiter_ends_what_is_within() -> None:
    inner = "Content-Type: multipart/mixed; boundary=c\n\n--c\n\none"
    mail = parsed(MIXED, body=f"--b\n{inner}\n--b\n\ntwo\n--b--\n")
    assert tree(mail.root) == "multipart/mixed(multipart/mixed(text/plain), text/plain)"
    assert mail.text == "one\n\ntwo"
    assert mail.flaws == ("unterminated_multipart",)


def test_an_outer_delimiter_comes_before_an_inner_one_further_on() -> None:
    inner = "Content-Type: multipart/mixed; boundary=c\n\n--c\n\n"
    mail = parsed(MIXED, body=f"--b\n{inner}one\n--b\n{inner}two\n--c--\n--b--\n")
    assert tree(mail.root) == "multipart/mixed(multipart/mixed(text/plain), multipart/mixed(text/plain))"


def test_the_same_boundary_on_two_levels_is_the_inner_ones_until_that_is_closed() -> None:
    inner = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--"
    mail = parsed(MIXED, body=f"--b\n{inner}\n--b\n\ntwo\n--b--\n")
    assert tree(mail.root) == "multipart/mixed(multipart/mixed(text/plain), text/plain)"


def test_a_boundary_that_begins_as_another_is_its_own() -> None:
    inner = "Content-Type: multipart/mixed; boundary=b-1\n\n--b-1\n\none\n--b-1--"
    mail = parsed(MIXED, body=f"--b\n{inner}\n--b\n\ntwo\n--b--\n")
    assert tree(mail.root) == "multipart/mixed(multipart/mixed(text/plain), text/plain)"


def test_rubbish_after_a_boundary_makes_it_none_the_less() -> None:
    assert parsed(MIXED, body="--b and more\n\none\n--b-- and more\nepilogue").text == "one"


def test_a_boundary_within_a_line_is_text() -> None:
    assert parsed(MIXED, body="--b\n\nnot --b\n --b\n--b--\n").text == "not --b\n --b"


def test_space_after_a_boundary_counts_where_it_was_declared() -> None:
    spaced = 'Content-Type: multipart/mixed; boundary="b  "'
    assert parsed(spaced, body="--b  \n\none\n--b \nstill one\n--b  --\n").text == "one\n--b \nstill one"
    assert parsed(spaced, body="--b\n\none\n--b\n\ntwo\n--b--\n").text == "one\n\ntwo"


def test_the_last_delimiter_may_lack_its_newline() -> None:
    mail = parsed(MIXED, body="--b\n\none--b--\n")
    assert (mail.text, mail.flaws) == ("one", ())


def test_a_cut_mail_shows_what_there_is() -> None:
    mail = parsed(MIXED, body="--b\n\none\n--b\nContent-Type: text/plain\n\ntw")
    assert mail.text == "one\n\ntw"
    assert mail.flaws == ("unterminated_multipart",)


def test_a_multipart_without_parts_is_read_as_text() -> None:
    mail = parsed(MIXED, body="just words\n")
    assert (mail.text, mail.root.media_type, mail.flaws) == ("just words", "multipart/mixed", ("no_parts",))


def test_a_boundary_that_isnt_declared_is_guessed() -> None:
    mail = parsed("Content-Type: multipart/mixed", body="--xyz\nContent-Type: text/plain\n\none\n--xyz--\n")
    assert (mail.text, mail.flaws) == ("one", ("missing_boundary",))


def test_a_digest_holds_mails() -> None:
    mail = parsed("Content-Type: multipart/digest; boundary=b", body="--b\n\nSubject: one\n\nbody\n--b--\n")
    assert tree(mail.root) == "multipart/digest(message/rfc822(text/plain))"
    assert mail.root.parts[0].parts[0].headers[0].value == "one"
    assert [file.media_type for file in mail.files] == ["message/rfc822"]


def test_a_mail_within_is_a_file_and_a_part_whether_encoded_or_not() -> None:
    within = raw_mail("Subject: inner", body="words\n")
    for part in (raw_mail("Content-Type: message/rfc822", body=within), encoded("message/rfc822", within)):
        mail = parsed_raw(multipart("mixed", b"\nouter", part))
        assert mail.text == "outer"
        assert [file.content.rstrip() for file in mail.files] == [within.rstrip()]
        assert mail.root.parts[1].parts[0].headers[0].value == "inner"


def test_of_several_content_types_the_last_counts() -> None:
    mail = parsed(MIXED, "Content-Type: text/plain", body="words")
    assert (mail.root.media_type, mail.text, mail.flaws) == ("text/plain", "words", ("several_content_types",))


@pytest.mark.parametrize(
    ("declared", "media_type"),
    [
        ("text", "text/plain"),
        ("TEXT/HTML", "text/html"),
        ("jpeg", "application/octet-stream"),
        ("", "text/plain"),
        ("image/*", "image/*"),
        ("a/b/c", "application/octet-stream"),
    ],
    ids=["text", "upper", "word", "empty", "star", "slashes"],
)
def test_a_type_that_is_none(declared: str, media_type: str) -> None:
    assert parsed(f"Content-Type: {declared}", body="x").root.media_type == media_type
