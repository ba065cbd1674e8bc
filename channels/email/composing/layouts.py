"""Layouts and words: ours, and in their place an organisation's own, texts in its catalogues, layouts in its folder
`mail`."""

import re
from collections.abc import Sequence
from pathlib import Path

import jinja2
from jinja2.sandbox import SandboxedEnvironment

from gateway.core.reference import show_reference
from gateway.core.texts import Language, Texts
from gateway.core.values import dataclass

TEXTS_FOLDER = Path(__file__).parent / "texts"
_TEMPLATES = Path(__file__).parent / "templates"
_OWN = "mail"
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ANSWERING = re.compile(r"\s*(?:re|aw|sv|rv)\s*:\s*", re.IGNORECASE)
_SUBJECT_LENGTH = 150


@dataclass(frozen=True, slots=True)
class Written:
    """What `compose` needs of words."""

    subject: str
    text: str
    html: str


class Layouts:
    """Fills layouts in the name of an organisation; `own` is its folder of texts."""

    def __init__(self, organisation: str, own: Path | None = None) -> None:
        self.organisation = organisation
        self.texts = Texts(TEXTS_FOLDER, own)
        folders: Sequence[Path] = [own / _OWN, _TEMPLATES] if own else [_TEMPLATES]
        self._environment = SandboxedEnvironment(
            loader=jinja2.FileSystemLoader(folders),
            autoescape=jinja2.select_autoescape(["html"]),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )

    def write(self, name: str, say: Language, reference: str, subject: str, **values: object) -> Written:
        """The layouts NAME.txt and NAME.html filled, under that subject. Raises jinja2.TemplateError, OSError."""
        shown = show_reference(reference)
        everything = {"organisation": self.organisation, "language": say.code, "reference": shown, **values}
        text, html = (self._environment.get_template(f"{name}.{kind}").render(everything) for kind in ("txt", "html"))
        return Written(subject, text.strip() + "\n", html)


def title_of(subject: str, reference: str) -> str:
    """A stranger's subject, fit for ours: one line, not endless, without `Re:` upon `Re:` and the reference."""
    line = one_line(subject[: 4 * _SUBJECT_LENGTH].replace(f"[{show_reference(reference)}]", ""))
    while found := _ANSWERING.match(line):
        line = line[found.end() :]
    return line if len(line) <= _SUBJECT_LENGTH else f"{line[: _SUBJECT_LENGTH - 1].rstrip()}…"


def one_line(text: str) -> str:
    """Without line breaks and control characters."""
    return " ".join(_UNSHOWN.sub(" ", text).split())
