"""The parser raises `Unparsable` beyond a cap, and nothing else, whatever the bytes."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.mail import Mail
from channels.email.parsing import Limits, Unparsable, parse
from tests.support.examples import examples

PIECES = [
    b"Content-Type: multipart/mixed; boundary=b\n",
    b"Content-Type: multipart/alternative; boundary=bb\n",
    b"Content-Type: message/rfc822\n",
    b"Content-Type: text/html; charset=utf-7\n",
    b"Content-Type: text/plain; format=flowed; charset=iso-2022-jp\n",
    b"Content-Type: application/ms-tnef\n",
    b"Content-Type: application/pkcs7-mime; smime-type=signed-data\n",
    b"Content-Transfer-Encoding: base64\n",
    b"Content-Transfer-Encoding: quoted-printable\n",
    b"Content-Transfer-Encoding: x-uuencode\n",
    b"Content-Disposition: attachment; filename*0*=utf-8''%C3; filename*1=a\n",
    b"Subject: =?utf-8?B?w6k=?= =?koi8-r?Q?=C1?=\n",
    b'From: a <b@c>, "d" (e) <f@g>, h:i@j;\n',
    b"Date: Fri, 1 Feb 2030 10:00 +0100\n",
    b"\n--b\n",
    b"\n--b--\n",
    b"\n--bb\n",
    b"\n\n",
    b"\r",
    b" ",
    b"\x00",
    b"begin 644 x\nM",
    b"\nend\n",
    b"<div><p>",
    b"</div>",
    b"> quoted\n",
    b"-- \n",
    b"On Monday, x wrote:\n",
    b"-----BEGIN PGP SIGNED MESSAGE-----\n",
    b"\n-----BEGIN PGP SIGNATURE-----\n",
    b"\n-----END PGP SIGNATURE-----\n",
    b"\x78\x9f\x3e\x22\x01\x00",
    b"\x02\x90\x06\x00\x04\x00\x00\x00",
    b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02",
    b"\x1b$B",
    b"\xff\xfe",
    b"+2AA-",
]
GARBLED = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=20)), max_size=40).map(b"".join)
SMALL = Limits(size=2_000, header_size=300, parts=8, depth=3, html_size=400, html_tags=10, html_depth=3)


def texts_of(mail: Mail) -> list[str]:
    return [
        mail.subject,
        mail.text,
        mail.html,
        mail.reply,
        mail.quoted,
        mail.signature,
        mail.message_id,
        *(header.value for header in mail.headers),
        *(file.name for file in mail.files),
        *(text for one in (*mail.sender, *mail.to) for text in (one.name, one.address, one.group)),
    ]


def refusal_of(raw: bytes) -> str:
    try:
        parse(raw, SMALL)
    except Unparsable as refusal:
        return refusal.code
    return ""


@given(st.one_of(st.binary(max_size=300), GARBLED))
@examples(100)
def test_any_bytes_are_a_mail(raw: bytes) -> None:
    mail = parse(raw, Limits())
    for text in texts_of(mail):
        text.encode()
    assert bool(mail.reply.strip()) == bool(mail.text.strip())


@given(GARBLED)
@examples(60)
def test_beyond_its_caps_a_mail_is_refused_with_a_code(raw: bytes) -> None:
    code = refusal_of(raw)
    assert code in {"", "mail_too_big", "header_too_big", "too_many_parts", "too_deep"}


def test_a_refusal_survives_the_way_between_processes() -> None:
    with pytest.raises(Unparsable) as raised:
        parse(b"x" * 11, Limits(size=10))
    copy = pickle.loads(pickle.dumps(raised.value))
    assert (copy.code, copy.text) == ("mail_too_big", "the mail has more than 10 bytes")
