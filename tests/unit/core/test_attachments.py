"""Names and types of attachments, as strangers send them."""

import pytest

from gateway.core.attachments import (
    INLINE,
    NAME_LENGTH,
    UNKNOWN_TYPE,
    clean_name,
    content_disposition,
    declared_type,
    judge_type,
)

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("captura.png", "captura.png"),
        ("  año – 1º.pdf ", "año – 1º.pdf"),
        ("../../etc/passwd", "../../etc/passwd"),
        ("C:\\temp\\x.txt", "C:\\temp\\x.txt"),
        ("a\r\nSet-Cookie: x=1.txt", "a\ufffd\ufffdSet-Cookie: x=1.txt"),
        ("factura\u202efdp.exe", "factura\ufffdfdp.exe"),
        ("nul\x00.txt", "nul\ufffd.txt"),
        ("half \udc80.txt", "half \ufffd.txt"),
        ("zero\u200bwidth", "zero\ufffdwidth"),
        ("", "attachment"),
        ("   ", "attachment"),
    ],
)
def test_t01_a_name_is_shown_without_tricks(given: str, shown: str) -> None:
    assert clean_name(given) == shown


def test_a_long_name_keeps_its_end() -> None:
    name = clean_name("x" * 5000 + ".pdf")
    assert len(name) == NAME_LENGTH
    assert name.endswith("x.pdf")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("image/PNG; name=x", "image/png"),
        (" text/plain ;charset=utf-8", "text/plain"),
        ("", UNKNOWN_TYPE),
        ("nonsense", UNKNOWN_TYPE),
        ("text/html\r\nX: y", UNKNOWN_TYPE),
        ("a/" + "b" * 100, UNKNOWN_TYPE),
    ],
)
def test_a_declared_type_is_a_type_or_unknown(given: str, expected: str) -> None:
    assert declared_type(given) == expected


@pytest.mark.parametrize(
    ("declared", "head"),
    [
        ("image/png", PNG),
        ("image/jpeg", b"\xff\xd8\xff\xe0"),
        ("image/gif", b"GIF89a"),
        ("image/webp", b"RIFF\x00\x00\x00\x00WEBP"),
        ("application/pdf", b"%PDF-1.7"),
        ("text/plain", b"Hola"),
        ("text/csv", b"a;b"),
        ("application/zip", b"PK\x03\x04"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\x03\x04"),
        ("application/vnd.oasis.opendocument.text", b"PK\x03\x04"),
        ("message/rfc822", b"From: ana@example.org"),
        ("text/plain", b"if 1 < 2 then"),
        ("text/plain", b""),
    ],
)
def test_what_is_as_declared_keeps_its_type(declared: str, head: bytes) -> None:
    assert judge_type(declared, head) == declared


MARKUP = [
    b"<!DOCTYPE html><script>alert(1)</script>",
    b"  \r\n<html>",
    b"\xef\xbb\xbf<svg onload=alert(1)>",
    "<script>alert(1)</script>".encode("utf-16"),
    "<script>alert(1)</script>".encode("utf-16-be"),
    b"<?xml version='1.0'?><svg/>",
    b"hello <script>alert(1)</script>",
    b"<!-- harmless --><body onload=alert(1)>",
    b"<a href=javascript:alert(1)>",
    b"<x-y onclick=1>",
]


@pytest.mark.parametrize("head", MARKUP)
@pytest.mark.parametrize("declared", ["text/plain", "image/png", "image/gif", "application/pdf", "application/zip"])
def test_t04_markup_is_unknown_whatever_it_is_declared_as(declared: str, head: bytes) -> None:
    assert judge_type(declared, head) == UNKNOWN_TYPE


@pytest.mark.parametrize(
    "declared",
    [
        "text/html",
        "text/xml",
        "application/xhtml+xml",
        "image/svg+xml",
        "application/xml",
        "application/xml-dtd",
        "application/atom+xml",
        "text/javascript",
        "application/javascript",
        "application/ecmascript",
        "application/wasm",
        "text/css",
        "application/mathml+xml",
        "application/x-shockwave-flash",
    ],
)
def test_t04_what_a_browser_could_execute_is_unknown(declared: str) -> None:
    assert judge_type(declared, b"alert(1)") == UNKNOWN_TYPE


@pytest.mark.parametrize("declared", sorted(INLINE - {"text/plain"}))
def test_t04_a_picture_that_is_none_is_unknown(declared: str) -> None:
    assert judge_type(declared, b"alert(1)") == UNKNOWN_TYPE


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a b.pdf", "attachment; filename=\"a b.pdf\"; filename*=UTF-8''a%20b.pdf"),
        ("año.pdf", "attachment; filename=\"a_o.pdf\"; filename*=UTF-8''a%C3%B1o.pdf"),
        ("../../x", "attachment; filename=\"_.._x\"; filename*=UTF-8''_.._x"),
        ('a"; filename="b', "attachment; filename=\"a_; filename=_b\"; filename*=UTF-8''a_%3B%20filename%3D_b"),
        ("100%.txt", "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt"),
        ("...", "attachment; filename=\"attachment\"; filename*=UTF-8''attachment"),
    ],
)
def test_t01_the_name_in_a_download_is_no_path(name: str, header: str) -> None:
    assert content_disposition(name, inline=False) == header


def test_a_name_in_a_header_is_one_line_of_ascii() -> None:
    header = content_disposition(clean_name("ñ\r\n\u202e" * 100), inline=True)
    assert header.startswith("inline;")
    assert header.isascii()
    assert header.isprintable()
