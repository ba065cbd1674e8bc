"""Nothing that a mail may hold makes the recogniser raise or slow."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.email.mail import Header, Part
from channels.email.notifications.recognise import recognise
from channels.email.notifications.verdict import judge
from tests.support.mails import mail

_SHORT = st.text(max_size=40)
_LINES = st.lists(
    st.sampled_from(
        [
            "Final-Recipient: rfc822; a@b.example",
            "Action: failed",
            "Status: 5.1.1",
            "",
            " x",
            "Diagnostic-Code: smtp; 550",
        ]
    )
    | _SHORT,
    max_size=12,
).map("\n".join)
_LEAVES = st.builds(
    lambda kind, text: Part(kind, (Header("Message-ID", "x"),), text.encode("utf-8", "replace")),
    st.sampled_from(["text/plain", "message/delivery-status", "text/rfc822-headers", "message/rfc822", ""]),
    _LINES,
)
_PARTS = st.recursive(
    _LEAVES,
    lambda parts: st.builds(
        lambda kind, within: Part(kind, parts=tuple(within)),
        st.sampled_from(["multipart/report", "message/rfc822", "multipart/mixed"]),
        st.lists(parts, max_size=3),
    ),
    max_leaves=6,
)


@given(root=_PARTS, text=_LINES, subject=_SHORT, sender=st.sampled_from(["mailer-daemon@b.example", "ana@b.example"]))
@settings(max_examples=25, deadline=None)
def test_any_mail_is_taken(root: Part, text: str, subject: str, sender: str) -> None:
    notification = recognise(mail(("Subject", subject), ("Return-Path", "<>"), sender=sender, root=root, text=text))
    assert notification is None or notification.recipients


@given(words=st.text(alphabet="5. 0@-<>ax\n", max_size=80), context=st.text(max_size=80))
@settings(max_examples=25, deadline=None)
def test_any_words_are_judged(words: str, context: str) -> None:
    verdict = judge(words, context=context)
    assert not (verdict.hard and not verdict.reason)


_LONG = {
    "one_line": "a" * 100_000,
    "at_signs": "a@" * 50_000,
    "angles": "<" * 100_000,
    "blanks": " " * 100_000,
    "lines": "550 \n" * 20_000,
    "fields": "Final-Recipient: rfc822; a@b.example\nStatus: 5.0.0\n\n" * 1_000,
    "unfolded": "Received: x\n y\n" * 7_000,
    "users": "user " * 20_000,
}


@pytest.mark.parametrize("kind", _LONG)
def test_t17_long_texts_cost_little(kind: str) -> None:
    root = Part("multipart/report", parts=(Part("message/delivery-status", content=_LONG[kind].encode()),))
    fields = (("Return-Path", "<>"), ("Subject", _LONG[kind]), ("X-Failed-Recipients", _LONG[kind]))
    hostile = mail(*fields, root=root, text=_LONG[kind])
    started = time.process_time()
    recognise(hostile)
    assert time.process_time() - started < 2
