"""The parser raises `Unparsable` beyond a cap, and nothing else, whatever the bytes."""

from hypothesis import given
from hypothesis import strategies as st

from channels.email.mail import Mail
from channels.email.parsing import Limits, Unparsable, parse
from tests.support.examples import examples
from tests.support.mail_bytes import GARBLED

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
