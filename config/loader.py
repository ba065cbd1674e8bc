"""From a file to a valid configuration, or to everything that is wrong in it."""

import codecs
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from config.checks import cross_check
from config.document import Entry, Unreadable, read_document
from config.problems import InvalidConfig, Mark, Problem
from config.schema import Config, PolicyT, SettingsKinds
from config.secrets import SecretResolver
from config.sections import Sections

MAX_BYTES = 1024 * 1024


def load(path: Path, kinds: SettingsKinds[PolicyT], environ: Mapping[str, str]) -> Config[PolicyT]:
    """The configuration in the file at `path`, its secrets taken from `environ` and from files.

    Raises InvalidConfig, a ConfigError, with every problem that was found.
    """
    file = str(path)
    content = _content(path)
    try:
        root, problems = read_document(_text(file, content))
    except Unreadable as error:
        raise InvalidConfig(file, [error.problem]) from None
    sections = Sections(Entry(Mark(1, 1), root), kinds, SecretResolver(environ, path.parent))
    config = sections.config(path, sha256(content).hexdigest())
    problems += sections.problems
    problems += cross_check(root)
    if problems or config is None:
        raise InvalidConfig(file, problems)
    return config


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or "it can't be opened"
        raise InvalidConfig(str(path), [Problem(f"can't be read: {reason}")]) from None
    except ValueError:
        raise InvalidConfig(str(path), [Problem("can't be read: this is not the name of a file")]) from None
    if len(content) > MAX_BYTES:
        raise InvalidConfig(str(path), [Problem(f"too large; at most {MAX_BYTES // 1024} KiB")])
    return content


def _text(file: str, content: bytes) -> str:
    try:
        return content.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        before = content[: error.start]
        start = before.rfind(b"\n") + 1
        mark = Mark(before.count(b"\n") + 1, len(before[start:].decode(errors="replace")) + 1)
        raise InvalidConfig(file, [Problem("this is not UTF-8 text; save the file as UTF-8", mark)]) from None
