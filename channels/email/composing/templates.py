"""The words of the mails that we write ourselves. An organisation's own stand in place of ours: texts in its
catalogues, layouts in its folder `mail`."""

import re
from collections.abc import Sequence
from pathlib import Path

import jinja2
from jinja2.sandbox import SandboxedEnvironment

from gateway.core.errors import ConfigError
from gateway.core.reference import show_reference
from gateway.core.texts import Language, Texts
from gateway.core.values import dataclass

TEXTS_FOLDER = Path(__file__).parent / "texts"
_TEMPLATES = Path(__file__).parent / "templates"
_OWN = "mail"
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ANSWERING = re.compile(r"\s*(?:re|aw|sv|rv)\s*:\s*", re.IGNORECASE)
_SUBJECT_LENGTH = 150
_SAMPLE = "0000000000"


@dataclass(frozen=True, slots=True)
class Written:
    """What `compose` needs of words."""

    subject: str
    text: str
    html: str


class MailTemplates:
    """Writes mails in the name of an organisation; no desk is ever named. `own` is its folder of texts. Raises
    ConfigError for a layout in it that can't be filled."""

    def __init__(self, organisation: str, own: Path | None = None) -> None:
        self._organisation = organisation
        self._texts = Texts(TEXTS_FOLDER, own)
        folders: Sequence[Path] = [own / _OWN, _TEMPLATES] if own else [_TEMPLATES]
        self._environment = SandboxedEnvironment(
            loader=jinja2.FileSystemLoader(folders),
            autoescape=jinja2.select_autoescape(["html"]),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._try_out()

    def acknowledgement(self, language: str, reference: str, subject: str, page: str | None = None) -> Written:
        """Their request is with us; `page` is where they can follow it. `reference` is plain, `subject` theirs."""
        say = self._texts.get(language)
        shown = show_reference(reference)
        paragraphs = [
            say("Hello,"),
            say("We have your request, and it is safe with us. Its reference is {reference}.", reference=shown),
            say("{organisation} will answer you at this address.", organisation=self._organisation),
            say("How long that takes depends on the matter. There is no need to write again to keep your place."),
            say("If you want to add something, simply reply to this mail."),
        ]
        if page:
            paragraphs.append(say("You can also follow your request here: {page}", page=page))
        note = say("This confirmation was sent automatically; your request will be read by a person.")
        return self._write("acknowledgement", say, reference, subject, paragraphs=paragraphs, note=note)

    def answer(self, language: str, reference: str, subject: str, body: str) -> Written:
        """What somebody answered, as plain text."""
        say = self._texts.get(language)
        note = say(
            "Your reference is {reference}. To answer, simply reply to this mail.", reference=show_reference(reference)
        )
        return self._write("answer", say, reference, subject, paragraphs=body.strip().splitlines(), note=note)

    def _write(self, name: str, say: Language, reference: str, subject: str, **values: object) -> Written:
        shown = show_reference(reference)
        title = _one_line(subject.replace(f"[{shown}]", "")) or say("Your request")
        everything = {"organisation": self._organisation, "language": say.code, "reference": shown, **values}
        text, html = (self._environment.get_template(f"{name}.{kind}").render(everything) for kind in ("txt", "html"))
        return Written(f"Re: {title} [{shown}]", text.strip() + "\n", html)

    def _try_out(self) -> None:
        for language in self._texts.languages:
            try:
                self.acknowledgement(language, _SAMPLE, "", "https://example.org/")
                self.answer(language, _SAMPLE, "", "")
            except jinja2.TemplateSyntaxError as error:
                raise ConfigError(f"{error.filename or error.name}:{error.lineno}: {error.message}") from error
            except (jinja2.TemplateError, OSError) as error:
                raise ConfigError(f"a mail's layout can't be filled: {error}") from error


def _one_line(subject: str) -> str:
    """A stranger's subject, fit for ours: one line, not endless, without `Re:` upon `Re:`."""
    line = " ".join(_UNSHOWN.sub(" ", subject[: 4 * _SUBJECT_LENGTH]).split())
    while found := _ANSWERING.match(line):
        line = line[found.end() :]
    return line if len(line) <= _SUBJECT_LENGTH else f"{line[: _SUBJECT_LENGTH - 1].rstrip()}…"
