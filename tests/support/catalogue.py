"""What every catalogue of texts must be: complete, with nothing left over, doubtful or filled differently."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
KEYWORDS: dict[str, None] = dict.fromkeys(("_", "language", "mark", "say", "Saying"))
"""What texts are handed to, in code and templates."""
_PLACEHOLDER = re.compile(r"\{\w+\}")


def flaws(catalogue: Path, sources: Sequence[str]) -> Iterator[str]:
    """In words, what is wrong with a catalogue of the texts that files of these patterns use."""
    with catalogue.open("rb") as file:
        translated = read_po(file, locale=catalogue.stem, abort_invalid=True)
    messages = {str(message.id): message for message in translated if message.id}
    used = set(_used(sources))
    yield from (f"not translated: {text}" for text in sorted(used - messages.keys()))
    yield from (f"not used: {text}" for text in sorted(messages.keys() - used))
    yield from (f"obsolete: {text}" for text in translated.obsolete)
    for text, message in messages.items():
        yield from _flaws_of(text, message)


def _flaws_of(text: str, message: Message) -> Iterator[str]:
    translation = str(message.string)
    if not translation:
        yield f"empty: {text}"
    if message.fuzzy:
        yield f"doubtful: {text}"
    if set(_PLACEHOLDER.findall(translation)) != set(_PLACEHOLDER.findall(text)):
        yield f"other placeholders: {text}"


def _used(sources: Sequence[str]) -> Iterator[str]:
    for pattern in sources:
        for path in ROOT.glob(pattern):
            method = "jinja2.ext:babel_extract" if path.suffix == ".html" else "python"
            for _, found, _, _ in extract_from_file(method, path, keywords=KEYWORDS):
                yield found if isinstance(found, str) else found[0]
