"""Texts that people see, in their language: gettext catalogues whose source language is English.

A catalogue is `LANGUAGE.po` in a folder; it is read once, at start, so whoever edits it compiles nothing.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from babel.messages.pofile import read_po

SOURCE = "en"
"""The language that the texts in the code are written in."""
_HEADER_LIMIT = 200


def mark(text: str) -> str:
    """Marks a text where it is written, for the catalogues; it is translated where it is shown."""
    return text


class Language:
    """One language's texts: call it with an English text and the values for its `{placeholders}`."""

    def __init__(self, code: str, translations: Mapping[str, str]) -> None:
        self.code = code
        self._translations = translations

    def __call__(self, text: str, /, **values: object) -> str:
        translated = self._translations.get(text, text)
        return translated.format_map(values) if values else translated


class Texts:
    """The languages found in a folder, and English."""

    def __init__(self, folder: Path) -> None:
        self._languages = {SOURCE: Language(SOURCE, {})}
        for path in sorted(folder.glob("*.po")):
            self._languages[path.stem] = Language(path.stem, _translations(path))

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self._languages)

    def get(self, language: str) -> Language:
        """The texts in `language`; in English where there is no such catalogue."""
        return self._languages.get(language) or self._languages[SOURCE]


def _translations(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.stem, abort_invalid=True)
    return {str(message.id): str(message.string) for message in catalogue if message.id and message.string}


@lru_cache(maxsize=256)
def choose_language(offered: tuple[str, ...], accepted: str) -> str:
    """The best of `offered` (the default first) for an Accept-Language header.

    RFC 9110 section 12.5.4, compared by primary subtag alone: who accepts es-MX reads es.
    """
    best, best_quality = offered[0], 0.0
    for part in accepted[:_HEADER_LIMIT].split(","):
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
