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


_ANSWERED = (*_PICKED_UP, *_REPLIED)


def _word(subject: str, text: str, kind: Kind, *, heard: bool = False, files: bool = False) -> DeskWord:
    return desk_word(mail(("Subject", subject), text=text), kind, _READER, heard=heard, has_files=files)


@pytest.mark.parametrize(
    ("subject", "text", "kind", "reports"),
    [
        ("[SUR#7] new", "We have it.", Kind.AUTO_REPLIED, _ACCEPTED),
        ("[SUR#7] new", "We have it.", Kind.AUTO_GENERATED, _ACCEPTED),
        ("[SUR#7] new", "We have it.", Kind.NULL_SENDER, _ACCEPTED),
        ("new", "We have it.", Kind.AUTO_GENERATED, _ACCEPTED),
        ("new", "I'm away.", Kind.AUTO_REPLIED, ()),
        ("[SUR#7] picked up", "", Kind.AUTO_GENERATED, _PICKED_UP),
        ("[SUR#7] resolved", "Bye.", Kind.AUTO_GENERATED, _RESOLVED),
        ("Re: new", "Pour water on it.", Kind.PERSON, _ANSWERED),
        ("Re: [SUR#7] new", "Pour water on it.", Kind.BULK, _ANSWERED),
        ("Re: [SUR#7] new", "Pour water on it.", Kind.LIST, _ANSWERED),
        ("Re: new", "I picked up your ticket.", Kind.PERSON, _ANSWERED),
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


@pytest.mark.parametrize(
    ("subject", "text", "kind", "word"),
    [
        ("[SUR#7] new", "Try now.", Kind.AUTO_GENERATED, DeskWord(_REPLIED, "7", generated=True)),
        ("new", "Try now.", Kind.AUTO_GENERATED, DeskWord(_REPLIED, None, generated=True)),
        ("[SUR#7] new", " ", Kind.AUTO_GENERATED, DeskWord(_ACCEPTED, "7")),
        ("new", "", Kind.AUTO_GENERATED, DeskWord((), None)),
        ("[SUR#7] new", "We have it.", Kind.AUTO_REPLIED, DeskWord(_ACCEPTED, "7")),
        ("new", "I'm away.", Kind.AUTO_REPLIED, DeskWord((), None)),
        ("Re: new", "Try now.", Kind.PERSON, DeskWord(_ANSWERED, None)),
    ],
)
def test_what_is_generated_is_an_answer_once_the_desk_has_spoken(
    subject: str, text: str, kind: Kind, word: DeskWord
) -> None:
    assert _word(subject, text, kind, heard=True) == word
