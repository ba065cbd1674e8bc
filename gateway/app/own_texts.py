"""The organisation's own texts and layouts (`gateway.organisation.texts`), checked before anybody reads them."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po

from channels.email.composing import TEXTS_FOLDER as MAIL_TEXTS
from channels.email.composing import MailTemplates
from channels.phone.messaging.wording import TEXTS_FOLDER as MESSAGE_TEXTS
from channels.phone.speaking import TEXTS_FOLDER as PHONE_TEXTS
from channels.web.channel import TEXTS_FOLDER as WEB_TEXTS
from gateway.core.errors import ConfigError
from gateway.core.texts import LANGUAGES
from gateway.listener import TEXTS_FOLDER as LISTENER_TEXTS

_COMPLETE = "es"
"""A language in which nothing is missing (a test sees to that): its catalogues name every text there is."""
_PLACEHOLDER = re.compile(r"\{\w+\}")
_LINE = re.compile(r'\s*(?:#.*|(?:msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?)?\s*"(?:[^"\\]|\\.)*")?\s*')
"""A line of a catalogue; Babel reads others too, and makes of them what it can."""
_SHOWN = 60


def check_own_texts(folder: Path) -> None:
    """Raises ConfigError with file, line and what is wrong, for every text of these catalogues that can't be shown, and
    for a mail's layout that can't be filled."""
    known = _known_texts()
    problems = [problem for path in sorted(folder.glob("*.po")) for problem in _problems(path, known)]
    if problems:
        raise ConfigError("\n".join(problems))
    MailTemplates("", folder)


def _known_texts() -> set[str]:
    folders = (WEB_TEXTS, MAIL_TEXTS, PHONE_TEXTS, MESSAGE_TEXTS, LISTENER_TEXTS)
    return {str(each.id) for folder in folders for each in _catalogue(folder / f"{_COMPLETE}.po") if each.id}


def _problems(path: Path, known: set[str]) -> Iterator[str]:
    if path.stem not in LANGUAGES:
        yield f"{path}: no texts are shown in this language; allowed: {', '.join(f'{each}.po' for each in LANGUAGES)}"
        return
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        unreadable = [number for number, line in enumerate(lines, start=1) if not _LINE.fullmatch(line)]
        catalogue = _catalogue(path)
    except PoFileError as error:
        yield f"{path}:{(error.lineno or 0) + 1}: this is no gettext catalogue: {error}"
        return
    except (OSError, UnicodeDecodeError) as error:
        yield f"{path}: can't be read: {error}"
        return
    yield from (f"{path}:{number}: this line is none of a gettext catalogue's" for number in unreadable)
    for message in catalogue:
        if message.id:
            yield from (f"{path}:{message.lineno}: {flaw}" for flaw in _flaws(message, known))


def _catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.stem, abort_invalid=True)


def _flaws(message: Message, known: set[str]) -> Iterator[str]:
    text, own = str(message.id), str(message.string)
    if text not in known:
        close = get_close_matches(text, known, n=1)
        yield f"there is no such text: “{_short(text)}”" + (f"; did you mean “{_short(close[0])}”?" if close else "")
    elif own and (wanted := _placeholders(text)) != _placeholders(own):
        allowed = ", ".join(sorted(wanted)) or "none"
        yield f"“{_short(own)}” must have the placeholders of its original: {allowed}"
    elif own and not _fillable(own, wanted):
        yield f"“{_short(own)}” has a brace that stands for nothing; write it twice to show it"


def _placeholders(text: str) -> frozenset[str]:
    return frozenset(_PLACEHOLDER.findall(text))


def _fillable(text: str, placeholders: frozenset[str]) -> bool:
    values: Mapping[str, str] = {name.strip("{}"): "" for name in placeholders}
    try:
        text.format_map(values) if values else None
    except (ValueError, KeyError, IndexError, AttributeError):
        return False
    return True


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
