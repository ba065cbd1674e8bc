"""Texts that people see, in their language: gettext catalogues whose source language is English.

A catalogue is `LANGUAGE.po` in a folder; it is read once, at start, so whoever edits it compiles nothing.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Self

SOURCE = "en"
"""The language that the texts in the code are written in."""
LANGUAGES = (SOURCE, "es")
"""What people may be spoken to in, the default first."""
ACCEPTED_LIMIT = 200
"""Characters of an Accept-Language header that count: what is remembered of strangers' headers is no longer."""


def mark(text: str) -> str:
    """Marks a text where it is written, for the catalogues; it is translated where it is shown."""
    return text


class Saying(str):
    """An English text, filled, that remembers what it was made of: whoever shows it can say it in another language.

    `Saying("one attempt at {provider}", provider="norte")`. Values may be Sayings too; to everybody else it is a str.
    """

    __slots__ = ("template", "values")

    template: str
    values: dict[str, object]

    def __new__(cls, template: str, /, **values: object) -> Self:
        saying = super().__new__(cls, _filled(template, values))
        saying.template = template
        saying.values = values
        return saying

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, object]]:
        """A copy is made anew: what is filled already may hold braces."""
        return (self.template,), self.values


class Language:
    """One language's texts: call it with an English text and the values for its `{placeholders}`, or with a Saying."""

    def __init__(self, code: str, translations: Mapping[str, str]) -> None:
        self.code = code
        self._translations = translations

    def __call__(self, text: str, /, **values: object) -> str:
        if isinstance(text, Saying):
            return self(text.template, **text.values)
        said = {name: self(value) if isinstance(value, Saying) else value for name, value in values.items()}
        return _filled(self._translations.get(text, text), said)


def _filled(text: str, values: Mapping[str, object]) -> str:
    return text.format_map(values) if values else text


class Texts:
    """The languages found in a folder, and English. A text in a catalogue of the folder `own` replaces ours."""

    def __init__(self, folder: Path, own: Path | None = None) -> None:
        translations: dict[str, dict[str, str]] = {SOURCE: {}}
        for path in sorted(folder.glob("*.po")):
            translations[path.stem] = _translations(path)
        for language, texts in translations.items():
            if own and (theirs := own / f"{language}.po").is_file():
                texts |= _translations(theirs)
        self._languages = {language: Language(language, texts) for language, texts in translations.items()}

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self._languages)

    def get(self, language: str) -> Language:
        """The texts in `language`; in English where there is no such catalogue."""
        return self._languages.get(language) or self._languages[SOURCE]


def _translations(path: Path) -> dict[str, str]:
    from babel.messages.pofile import read_po  # only here: it takes longer to import than a command to answer

    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.stem, abort_invalid=True)
    return {str(message.id): str(message.string) for message in catalogue if message.id and message.string}


def in_language(language: str, texts: Mapping[str, str]) -> str:
    """The text in `language`, of one that an administrator wrote; else in English, else the first that there is."""
    return texts.get(language) or texts.get(SOURCE) or next(iter(texts.values()))


def language_of(environment: Mapping[str, str]) -> str:
    """The terminal's language, such as `es`, by its locale: LC_ALL, LC_MESSAGES, LANG, the first one set (POSIX)."""
    locale = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "C")
    language = locale.partition(".")[0].partition("_")[0].lower()
    return SOURCE if language in ("c", "posix") else language


def choose_language(offered: tuple[str, ...], accepted: str) -> str:
    """The best of `offered` (the default first) for an Accept-Language header.

    RFC 9110 section 12.5.4, compared by primary subtag alone: who accepts es-MX reads es.
    """
    return _best(offered, accepted[:ACCEPTED_LIMIT])


@lru_cache(maxsize=256)
def _best(offered: tuple[str, ...], accepted: str) -> str:
    best, best_quality = offered[0], 0.0
    for part in accepted.split(","):
        tag, _, parameter = part.partition(";")
        primary = tag.strip().lower().partition("-")[0]
        language = offered[0] if primary == "*" else primary
        quality = _quality(parameter)
        if language in offered and quality > best_quality:
            best, best_quality = language, quality
    return best


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(float(value), 1.0)
    except ValueError:
        return 0.0
