"""winmail.dat: the files that Outlook hid in it."""

import struct

import pytest

from channels.email.parsing import Limits, Unparsable, parse
from channels.email.parsing.compressed_rtf import decompress
from tests.support.raw_mail import multipart, parsed_raw, raw_mail
from tests.support.winmail import (
    ATTACHMENT,
    BINARY,
    MAIL_WITHIN,
    OBJECT,
    PROPERTIES,
    RENDERING,
    SIGNATURE,
    attached,
    attribute,
    mail_with,
    properties,
)

SIMPLE_RTF = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
)


def test_files_have_their_long_names() -> None:
    mail = parsed_raw(mail_with(attached("SHORT~1.TXT", b"one", "año largo.txt"), attached("two.txt", b"two")))
    assert [(file.name, file.content) for file in mail.files] == [("año largo.txt", b"one"), ("two.txt", b"two")]
    assert mail.flaws == ()


def test_the_body_within_serves_where_the_mail_has_none() -> None:
    html = (0x1013, BINARY, b"<p>hidden <b>words</b></p>")
    winmail = mail_with(attribute(PROPERTIES, properties(html)))
    assert parsed_raw(winmail).text == "hidden words"
    assert parsed_raw(multipart("mixed", raw_mail("X: y", body="own words"), winmail)).text == "own words"
    assert [file.name for file in parsed_raw(winmail).files] == ["body.html"]


def test_files_of_mails_within_are_found() -> None:
    within = MAIL_WITHIN + SIGNATURE + attached("inner.txt", b"inner")
    outer = attribute(RENDERING, b"\x00") + attribute(ATTACHMENT, properties((0x3701, OBJECT, within)))
    assert [file.name for file in parsed_raw(mail_with(outer)).files] == ["", "inner.txt"]


def test_a_broken_one_gives_what_it_has_and_stays_a_file() -> None:
    mail = parsed_raw(mail_with(attached("one.txt", b"one"), attribute(ATTACHMENT, b"\xff\xff\xff\xff\x1f")))
    assert [file.name for file in mail.files] == ["winmail.dat", "one.txt"]
    assert mail.flaws == ("broken_tnef",)


def test_t16_its_files_are_counted_as_parts() -> None:
    with pytest.raises(Unparsable) as refusal:
        parse(mail_with(*[attribute(RENDERING, b"\x00")] * 2_000), Limits())
    assert refusal.value.code == "too_many_parts"


def test_t18_one_body_of_a_kind_is_unpacked() -> None:
    rtf = (0x1009, BINARY, SIMPLE_RTF)
    winmail = mail_with(attribute(PROPERTIES, properties(*[rtf] * 100)), attribute(PROPERTIES, properties(rtf)))
    assert [file.name for file in parsed_raw(winmail).files] == ["body.rtf"]


def test_compressed_rtf() -> None:
    """The example of [MS-OXRTFCP], 3.1: references into what the ring begins with, and one that overlaps itself."""
    assert decompress(SIMPLE_RTF) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    overlapping = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")
    assert decompress(overlapping) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


def test_compressed_rtf_ends_at_its_mark() -> None:
    assert decompress(SIMPLE_RTF[:4] + b"\xff" + SIMPLE_RTF[5:]) == decompress(SIMPLE_RTF)


def test_t18_no_more_is_unpacked_than_the_cap() -> None:
    with pytest.raises(ValueError, match="RTF"):
        decompress(struct.pack("<IIII", 100, 2_000_001, 0x75465A4C, 0) + b"x")
