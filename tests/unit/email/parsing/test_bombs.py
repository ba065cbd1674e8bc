"""T16 and T17: mails that are made to cost. Each is refused, or parsed in time that grows with its size alone.

The bound is generous, so that a slow machine doesn't fail the test: what is quadratic goes beyond it by far."""

import time

import pytest

from channels.email.parsing import Limits, Unparsable, parse
from tests.support.raw_mail import raw_mail

pytestmark = pytest.mark.costly

MANY = 1_000_000
MANY_LETTERS = 400_000
SECONDS = 5.0
MIXED = "Content-Type: multipart/mixed; boundary=b"


def nested(depth: int) -> bytes:
    levels = [f"Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n" for level in range(depth)]
    return "".join(levels).encode() + b"\nx"


@pytest.mark.parametrize(
    ("code", "raw"),
    [
        pytest.param("too_many_parts", raw_mail(MIXED, body="--b\n\nx\n" * 50_000), id="T16-50000-parts"),
        pytest.param("too_deep", nested(500), id="T16-500-nested"),
        pytest.param("too_deep", nested(2_000), id="T16-2000-nested"),
        pytest.param("too_deep", b"Content-Type: message/rfc822\n\n" * 2_000, id="T16-2000-mails-in-mails"),
        pytest.param("header_too_big", raw_mail(*(["X-Long-Header: value"] * 100_000)), id="100000-header-lines"),
        pytest.param("header_too_big", raw_mail("Subject: x" + "y" * MANY), id="one-long-header-line"),
        pytest.param("header_too_big", b"Subject: " + b"y" * MANY, id="one-long-header-line-that-is-all"),
        pytest.param(
            "header_too_big", raw_mail(MIXED, body=f"--b\nX: {'y' * MANY_LETTERS}\n\n\n" * 20), id="20-long-headers"
        ),
        pytest.param("too_many_parts", raw_mail(body="begin 644 a\n`\nend\n" * 2_000), id="2000-uuencoded-files"),
    ],
)  # fmt: skip
def test_what_goes_beyond_a_cap_is_refused_at_once(code: str, raw: bytes) -> None:
    began = time.process_time()
    with pytest.raises(Unparsable) as refusal:
        parse(raw, Limits())
    assert refusal.value.code == code
    assert time.process_time() - began < SECONDS


def test_mails_within_count_again_when_they_are_decoded() -> None:
    within = raw_mail("Content-Type: text/plain", body="x" * 600)
    for _ in range(5):
        fields = ("Content-Type: message/rfc822", "Content-Transfer-Encoding: quoted-printable")
        within = raw_mail(*fields, body=within)
    with pytest.raises(Unparsable) as refusal:
        parse(within, Limits(size=len(within)))
    assert refusal.value.code == "mail_too_big"
    assert parse(within, Limits()).root.parts


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(raw_mail("Subject: s", body="a" * 10 * MANY), id="T17-one-line-of-10-MB"),
        pytest.param(raw_mail("Subject: s", body=("> " * 30_000 + "\n") * 20), id="T17-quotes-of-60-kB"),
        pytest.param(raw_mail("Subject: s", body="On Mon " + "wrote " * 100_000), id="T17-endless-attribution"),
        pytest.param(raw_mail("Subject: s", body="On Monday\n" * 10_000), id="T17-attributions-that-never-end"),
        pytest.param(raw_mail("Subject: s", body="-" * 2 * MANY), id="T17-one-rule"),
        pytest.param(raw_mail(MIXED, body="--b\n\n" + "\n--" * MANY), id="T16-dashes"),
        pytest.param(raw_mail("Content-Type: text/html", body="<div>" * 300_000), id="T16-nested-elements"),
        pytest.param(raw_mail("Content-Type: text/html", body="<b><i>" * 190 + "<p>x" * 20_000), id="open-formatting"),
        pytest.param(raw_mail("Content-Type: text/html", body="<" * 500_000), id="signs-of-tags"),
        pytest.param(raw_mail("Subject: " + "=?utf-8?Q?" * 40_000), id="encoded-words-without-end"),
        pytest.param(raw_mail("To: " + "<," * 20_000), id="angles-without-end"),
        pytest.param(raw_mail("To: " + "(" * 100_000), id="comments-without-end"),
        pytest.param(raw_mail("To: " + '"\\' * 20_000), id="quotes-without-end"),
        pytest.param(raw_mail("To: " + "a, " * 15_000), id="names-without-address"),
        pytest.param(raw_mail("Content-Type: text/plain" + ";" * 400_000), id="parameters-without-name"),
        pytest.param(raw_mail("Content-Type: text/plain" + ';a="' * 100_000), id="parameters-without-end"),
        pytest.param(raw_mail("Content-Type: text/plain; a=" + " " * 400_000 + "x"), id="spaces-in-parameters"),
        pytest.param(raw_mail("Content-Transfer-Encoding: base64", body="AA==\n" * 200_000), id="base64-in-pieces"),
        pytest.param(raw_mail("Content-Transfer-Encoding: quoted-printable", body=" " * 2 * MANY), id="spaces"),
        pytest.param(raw_mail(*(["rubbish"] * 50_000), "Subject: s"), id="stray-lines"),
    ],
)
def test_what_keeps_to_the_caps_is_parsed_in_linear_time(raw: bytes) -> None:
    began = time.process_time()
    parse(raw, Limits())
    assert time.process_time() - began < SECONDS


def test_an_outer_boundary_that_never_comes_again_is_looked_for_once() -> None:
    inner = b"Content-Type: multipart/mixed; boundary=c\n\n" + b"--c\n\nx\n" * 900
    raw = raw_mail(MIXED, body=b"--b\n" + inner + b"x" * 3 * MANY)
    began = time.process_time()
    parse(raw, Limits())
    assert time.process_time() - began < SECONDS


def test_a_boundary_that_never_comes_is_looked_for_once() -> None:
    parts = b"--b\nContent-Type: multipart/mixed; boundary=never\n\n" * 900
    raw = raw_mail(MIXED, body=parts + b"x" * 3 * MANY)
    began = time.process_time()
    assert len(parse(raw, Limits()).root.parts) == 900
    assert time.process_time() - began < SECONDS
