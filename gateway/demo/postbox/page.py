"""The postbox's pages, made on the server: they work without JavaScript, and a little of that keeps the list fresh."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import jinja2

from channels.email.mail import File, Mail
from gateway.core.clock import Instant, iso
from gateway.core.texts import mark
from gateway.core.values import dataclass
from gateway.demo.pages import LANGUAGES, other_language
from gateway.demo.postbox.language import TEXTS
from gateway.demo.postbox.letters import Draft
from gateway.demo.postbox.mails import MOST, Arrived

_SHOWN = ("From", "To", "Cc", "Reply-To", "Subject", "Date")
_THREAD = ("Message-ID", "In-Reply-To", "References", "Auto-Submitted")
"""What keeps a conversation together, and robots apart."""


_TAKEN = {
    "letter": mark("Relevo has your mail. Its confirmation will be here in a moment."),
    "answer": mark("Relevo has your answer, and gives it to the desk that has the request."),
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the pages say beside the mails."""

    help_desk: str
    """The address that people write to."""
    desks: Mapping[str, str]
    """Where each demo desk's page is, by name."""


def _local_time(at: Instant) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%H:%M:%S")


_environment = jinja2.Environment(
    loader=jinja2.PackageLoader("gateway.demo.postbox"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters.update(local_time=_local_time, iso=iso)


def render_list(
    mails: Sequence[Arrived],
    draft: Draft,
    surroundings: Surroundings,
    language: str,
    *,
    taken: str = "",
    problem: str | None = None,
) -> str:
    """Every mail, newest first, and the form as it was filled in; `taken` is the `letter` or the `answer` that Relevo
    has just taken, `problem` why it did not."""
    return _render(
        "list.html",
        language,
        surroundings,
        path="/",
        mails=mails,
        most=MOST,
        draft=draft,
        taken=_TAKEN.get(taken),
        problem=problem,
    )


def render_mail(
    arrived: Arrived,
    mail: Mail | None,
    draft: Draft,
    surroundings: Surroundings,
    language: str,
    *,
    with_html: bool = False,
    problem: str | None = None,
) -> str:
    """One mail, as far as it can be read, and a form to answer it."""
    return _render(
        "mail.html",
        language,
        surroundings,
        path=f"/mails/{arrived.number}",
        arrived=arrived,
        mail=mail,
        shown=_headers(mail, _SHOWN),
        thread=_headers(mail, _THREAD),
        files=[] if mail is None else list(enumerate(mail.files)),
        with_html=with_html,
        draft=draft,
        problem=problem,
    )


def file_name(file: File) -> str:
    """What it is saved as, where it has no name of its own."""
    return file.name or "file"


def _render(template: str, language: str, surroundings: Surroundings, **values: object) -> str:
    spoken = TEXTS.get(language)
    other = other_language(spoken.code)
    return _environment.get_template(template).render(
        _=spoken,
        language=spoken.code,
        other=other,
        other_name=LANGUAGES[other],
        help_desk=surroundings.help_desk,
        desks=surroundings.desks,
        file_name=file_name,
        **values,
    )


def _headers(mail: Mail | None, names: Sequence[str]) -> list[tuple[str, str]]:
    return [] if mail is None else [(name, value) for name in names for value in mail.all(name)]
