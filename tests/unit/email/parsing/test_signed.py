"""Signed mail: its content is shown, its signature kept; whether it holds is nobody's claim here."""

import pytest

from channels.email.mail import Signed
from tests.support.raw_mail import encoded, multipart, parsed, parsed_raw, raw_mail

WORDS = raw_mail("Content-Type: text/plain", body="signed words")


def der(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    length = bytes([len(content)]) if len(content) < 128 else b"\x82" + len(content).to_bytes(2)
    return bytes([tag]) + length + content


def indefinite(tag: int, *contents: bytes) -> bytes:
    return bytes([tag, 0x80]) + b"".join(contents) + b"\x00\x00"


SIGNED_DATA, DATA = der(6, bytes.fromhex("2a864886f70d010702")), der(6, bytes.fromhex("2a864886f70d010701"))
VERSION, ALGORITHMS = der(2, b"\x01"), der(0x31)
IN_ONE = der(0x30, SIGNED_DATA, der(0xA0, der(0x30, VERSION, ALGORITHMS, der(0x30, DATA, der(0xA0, der(4, WORDS))))))
PIECES = indefinite(0x24, der(4, WORDS[:10]), der(4, WORDS[10:]))
NESTED = indefinite(0x24, indefinite(0x24, der(4, WORDS[:5])), der(4, WORDS[5:]))


def streamed(octets: bytes) -> bytes:
    content = indefinite(0x30, DATA, indefinite(0xA0, octets))
    return indefinite(0x30, SIGNED_DATA, indefinite(0xA0, indefinite(0x30, VERSION, ALGORITHMS, content, der(0x31))))


@pytest.mark.parametrize(
    ("protocol", "kind"),
    [("application/pgp-signature", Signed.PGP), ("application/pkcs7-signature", Signed.SMIME)],
    ids=["pgp", "smime"],
)
def test_a_signature_beside_is_a_file(protocol: str, kind: Signed) -> None:
    mail = parsed_raw(multipart("signed", WORDS, raw_mail(f"Content-Type: {protocol}; name=s", body="sig")))
    assert (mail.text, mail.signed) == ("signed words", kind)
    assert [(file.name, file.content) for file in mail.files] == [("s", b"sig")]


@pytest.mark.parametrize("envelope", [IN_ONE, streamed(PIECES), streamed(NESTED)], ids=["der", "streamed", "nested"])
def test_content_within_its_signature_is_shown_and_the_envelope_kept(envelope: bytes) -> None:
    mail = parsed_raw(encoded("application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", envelope))
    assert (mail.text, mail.signed) == ("signed words", Signed.SMIME)
    assert [(file.name, file.content) for file in mail.files] == [("smime.p7m", envelope)]


@pytest.mark.parametrize("size", range(0, len(IN_ONE), 7))
def test_a_broken_envelope_is_a_file(size: int) -> None:
    mail = parsed_raw(encoded("application/pkcs7-mime; name=smime.p7m", IN_ONE[:size]))
    assert [file.name for file in mail.files] == ["smime.p7m"]


def test_an_encrypted_mail_is_a_file_and_not_signed() -> None:
    mail = parsed_raw(encoded("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", IN_ONE))
    assert (mail.text, mail.signed, [file.name for file in mail.files]) == ("", None, ["smime.p7m"])


def test_text_signed_in_the_open() -> None:
    body = (
        "before\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nwords\n- -- dashed\n"
        "-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\nafter"
    )
    mail = parsed("Subject: s", body=body)
    assert (mail.text, mail.signed) == ("before\nwords\n-- dashed\nafter", Signed.PGP)
    assert mail.files[0].media_type == "application/pgp-signature"
    assert mail.files[0].content.startswith(b"-----BEGIN PGP SIGNATURE-----\n\nabc")


def test_a_signed_mail_that_is_attached_doesnt_sign_this_one() -> None:
    within = multipart("signed", WORDS, raw_mail("Content-Type: application/pgp-signature", body="sig"), boundary="c")
    assert parsed_raw(raw_mail("Content-Type: message/rfc822", body=within)).signed is None
