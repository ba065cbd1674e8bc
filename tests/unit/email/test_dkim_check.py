"""DKIM that we check ourselves: signatures by a key made with OpenSSL, names looked up in a dict."""

import subprocess
import time
from functools import cache

import dkim  # type: ignore[import-untyped]
import pytest

from channels.email.dkim_check import signing_domains

_RAW = b"From: ana@uni.example\r\nSubject: Hola\r\n\r\nTexto\r\n"


@cache
def _key() -> tuple[bytes, str]:
    """The private key, and the record that publishes the public one."""
    private = subprocess.run(["openssl", "genrsa", "-traditional", "1024"], capture_output=True, check=True).stdout
    public = subprocess.run(["openssl", "rsa", "-pubout"], input=private, capture_output=True, check=True).stdout
    return private, "v=DKIM1; k=rsa; p=" + "".join(public.decode().splitlines()[1:-1])


def _record(name: str, timeout: float) -> bytes | None:
    assert timeout > 0
    return _key()[1].encode() if name == "mail._domainkey.uni.example" else None


def _signed(*, length: bool = False) -> bytes:
    signature: bytes = dkim.sign(_RAW, b"mail", b"uni.example", _key()[0], include_headers=[b"from"], length=length)
    return signature + _RAW


def test_a_signature_that_holds_names_its_domain() -> None:
    assert signing_domains(_signed(), _record) == ("uni.example",)


def test_a_mail_changed_on_its_way_has_none() -> None:
    assert signing_domains(_signed().replace(b"Texto", b"Texta"), _record) == ()
    assert signing_domains(_signed().replace(b"From: ana", b"From: eva"), _record) == ()


def test_a_signature_of_a_part_of_the_body_counts_for_nothing() -> None:
    assert signing_domains(_signed(length=True), _record) == ()


def test_what_can_not_be_looked_up_can_not_be_checked() -> None:
    def broken(name: str, timeout: float) -> bytes | None:
        raise TimeoutError(name, timeout)

    assert signing_domains(_signed(), broken) == ()
    assert signing_domains(_signed().replace(b"d=uni.example", b"d=uno.example"), _record) == ()


def test_the_signature_that_holds_is_found_among_others() -> None:
    broken = _signed().replace(b"bh=", b"bh=AAAA", 1).removesuffix(_RAW)
    assert signing_domains(broken + _signed(), _record) == ("uni.example",)


@pytest.mark.parametrize(
    "raw",
    [b"", b"\x00", _RAW, b"DKIM-Signature: v=1; a=x\r\n\r\n", b"DKIM-Signature: ;;=\r\n" + _RAW, b"no colon\r\n\r\nx"],
)
def test_any_mail_is_taken(raw: bytes) -> None:
    assert signing_domains(raw, _record) == ()


@pytest.mark.parametrize(
    "body",
    [b" \t" * 200_000, b"\r\n" * 500_000, (b" " * 99 + b"x") * 5_000, b"x" * 8_000_000],
    ids=["blanks", "empty-lines", "blanks-in-between", "large"],
)
def test_t17_a_signed_mail_costs_little_whatever_is_in_it(body: bytes) -> None:
    signature = _signed().removesuffix(_RAW).replace(b"c=relaxed/simple", b"c=relaxed/relaxed")
    assert b"c=relaxed/relaxed" in signature
    began = time.process_time()
    assert signing_domains(signature + _RAW + body, _record) == ()
    assert time.process_time() - began < 2
