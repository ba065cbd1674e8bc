"""What a desk's mail reports: by who wrote it, and what it says."""

import pytest

from channels.email.automatic import Kind
from channels.email.desk_mail import DeskReader
from channels.email.incoming.desk_reports import DeskWord, desk_word
from gateway.core.provider import ReportType
from tests.support.mails import mail

_READER = DeskReader("sur", r"\[SUR#(\d+)\]", resolved="resolved", picked_up="picked up")
_ACCEPTED, _PICKED_UP = (ReportType.ACCEPTED,), (ReportType.PICKED_UP,)
_REPLIED, _RESOLVED = (ReportType.REPLIED,), (ReportType.RESOLVED,)


def _word(subject: str, text: str, kind: Kind, known: set[str] | None = None, *, files: bool = False) -> DeskWord:
    sent = mail(("Subject", subject), text=text)
    return desk_word(sent, kind, _READER, known or set(), has_files=files)


@pytest.mark.parametrize(
    ("subject", "text", "kind", "reports"),
    [
        ("[SUR#7] new", "We have it.", Kind.AUTO_REPLIED, _ACCEPTED),
        ("[SUR#7] new", "We have it.", Kind.AUTO_GENERATED, _ACCEPTED),
        ("[SUR#7] new", "We have it.", Kind.NULL_SENDER, _ACCEPTED),
        ("new", "I'm away.", Kind.AUTO_REPLIED, ()),
        ("[SUR#7] picked up", "", Kind.AUTO_GENERATED, _PICKED_UP),
        ("[SUR#7] resolved", "Bye.", Kind.AUTO_GENERATED, _RESOLVED),
        ("Re: new", "Pour water on it.", Kind.PERSON, _REPLIED),
        ("Re: [SUR#7] new", "Pour water on it.", Kind.BULK, _REPLIED),
        ("Re: [SUR#7] new", "Pour water on it.", Kind.LIST, _REPLIED),
        ("Re: new", "I picked up your ticket.", Kind.PERSON, (*_REPLIED, *_PICKED_UP)),
        ("Re: new", "It is resolved.", Kind.PERSON, (*_REPLIED, *_RESOLVED)),
        ("resolved", " ", Kind.PERSON, _RESOLVED),
        ("Re: new", "", Kind.PERSON, _REPLIED),
    ],
)
def test_what_is_reported(subject: str, text: str, kind: Kind, reports: tuple[ReportType, ...]) -> None:
    word = _word(subject, text, kind)
    assert (word.reports, word.number, word.generated) == (reports, "7" if "SUR#7" in subject else None, False)


def test_files_alone_are_an_answer() -> None:
    assert _word("resolved", "", Kind.PERSON, files=True).reports == (*_REPLIED, *_RESOLVED)


def test_what_is_generated_is_an_answer_once_the_number_is_known() -> None:
    assert _word("[SUR#7] new", "Try now.", Kind.AUTO_GENERATED, {"7"}) == DeskWord(_REPLIED, "7", generated=True)
    assert _word("[SUR#8] new", "We have it.", Kind.AUTO_GENERATED, {"7"}).reports == _ACCEPTED
    assert _word("[SUR#7] new", "We have it.", Kind.AUTO_REPLIED, {"7"}).reports == _ACCEPTED
