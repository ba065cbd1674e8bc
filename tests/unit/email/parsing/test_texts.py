"""What people read of a mail, and what are its files."""

import binascii

import pytest

from channels.email.mail import Mail
from tests.support.raw_mail import encoded, multipart, parsed, parsed_raw, raw_mail

PLAIN = raw_mail("Content-Type: text/plain", body="plain")
HTML = raw_mail("Content-Type: text/html", body="<p>rich <b>words</b></p>")
IMAGE = encoded("image/png; name=i.png", b"png", "Content-ID: <one@x>", "Content-Disposition: inline")
PDF = encoded("application/pdf", b"pdf", 'Content-Disposition: attachment; filename="año.pdf"')


def names(mail: Mail) -> list[str]:
    return [file.name for file in mail.files]


def test_of_two_forms_each_reader_has_one() -> None:
    mail = parsed_raw(multipart("alternative", PLAIN, HTML))
    assert (mail.text, mail.html, mail.files) == ("plain", "<p>rich <b>words</b></p>", ())


def test_html_alone_gives_the_text() -> None:
    mail = parsed_raw(HTML)
    assert (mail.text, mail.html) == ("rich words", "<p>rich <b>words</b></p>")


def test_a_blank_text_gives_way_to_the_html() -> None:
    assert parsed_raw(multipart("alternative", raw_mail("X: y", body="\n \n"), HTML)).text == "rich words"


def test_parts_of_a_mixed_mail_are_read_in_order() -> None:
    mail = parsed_raw(multipart("mixed", PLAIN, PDF, HTML, raw_mail("X: y", body="end")))
    assert mail.text == "plain\n\nrich words\n\nend"
    assert mail.html == "<p>plain</p>\n<p>rich <b>words</b></p>\n<p>end</p>"
    assert names(mail) == ["año.pdf"]
    assert mail.files[0].content == b"pdf"


def test_an_alternative_in_one_form_serves_both_readers() -> None:
    only_html = multipart("alternative", HTML, boundary="c")
    mail = parsed_raw(multipart("mixed", PLAIN, only_html))
    assert (mail.text, mail.html) == ("plain\n\nrich words", "<p>plain</p>\n<p>rich <b>words</b></p>")
    only_plain = multipart("alternative", PLAIN, boundary="c")
    assert parsed_raw(multipart("mixed", HTML, only_plain)).html.endswith("<p>plain</p>")


def test_images_within_are_files_that_say_so() -> None:
    mail = parsed_raw(multipart("related", HTML, IMAGE))
    assert [(file.name, file.inline, file.content_id, file.media_type) for file in mail.files] == [
        ("i.png", True, "one@x", "image/png")
    ]


def test_the_root_of_related_parts_may_come_later() -> None:
    html = raw_mail("Content-Type: text/html", "Content-ID: <root>", body="<p>root</p>")
    raw = multipart("related", IMAGE, html).replace(b'boundary="b"', b'boundary="b"; start="<root>"')
    assert parsed_raw(raw).text == "root"


def test_a_text_with_a_name_after_others_is_a_file() -> None:
    named = raw_mail('Content-Type: text/plain; name="log.txt"', body="log")
    mail = parsed_raw(multipart("mixed", PLAIN, named))
    assert (mail.text, names(mail)) == ("plain", ["log.txt"])


def test_a_calendar_is_a_file() -> None:
    calendar = raw_mail("Content-Type: text/calendar; method=REQUEST", body="BEGIN:VCALENDAR")
    mail = parsed_raw(multipart("alternative", PLAIN, HTML, calendar))
    assert [(file.media_type, file.content) for file in mail.files] == [("text/calendar", b"BEGIN:VCALENDAR")]


def test_lines_that_flow_are_joined() -> None:
    flowed = parsed(
        "Content-Type: text/plain; format=flowed", body="one \ntwo\n> quo \n> ted\n from\n-- \nsig \nnature\n"
    )
    assert flowed.text == "one two\n> quo ted\nfrom\n-- \nsig nature"
    quote_ends = parsed("Content-Type: text/plain; format=flowed", body="> quo \nnew \n> ted")
    assert quote_ends.text == "> quo \nnew \n> ted"
    delsp = parsed("Content-Type: text/plain; format=flowed; delsp=yes", body="世 \n界")
    assert delsp.text == "世界"


def test_uuencoded_files_are_taken_out() -> None:
    content = b"contents" * 20
    lines = "".join(binascii.b2a_uu(content[at : at + 45]).decode() for at in range(0, len(content), 45))
    mail = parsed("Subject: s", body=f"before\nbegin 644 a b.bin\n{lines}`\nend\nafter")
    assert mail.text == "before\nafter"
    assert [(file.name, file.content) for file in mail.files] == [("a b.bin", content)]


@pytest.mark.parametrize(
    "body",
    ["begin 644 x\nthis is prose\nend", "begin 644 x\nM", "begin the day\nend", "begin 644 x\nTHIS IS PROSE\nend"],
)
def test_what_only_looks_uuencoded_stays(body: str) -> None:
    mail = parsed("Subject: s", body=body)
    assert (mail.text, mail.files) == (body, ())


def test_control_characters_are_no_text() -> None:
    assert parsed("Subject: a\x07b", body="a\x00b\x1b\tc").text == "ab\tc"
    assert parsed("Subject: a\x07b").subject == "ab"


def test_the_charset_that_html_declares_itself() -> None:
    body = '<meta http-equiv=x content="text/html; charset=koi8-r"><p>Привет'.encode("koi8-r")
    assert parsed("Content-Type: text/html", body=body).text == "Привет"
