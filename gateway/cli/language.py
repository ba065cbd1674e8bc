"""What the command says, in the terminal's language."""

import os
from functools import lru_cache
from pathlib import Path

from gateway.core.texts import SOURCE, Language, Texts, language_of


def say(text: str, /, **values: object) -> str:
    """An English text, or a Saying, in the terminal's language, its `{placeholders}` filled."""
    return _spoken(language_of(os.environ))(text, **values)


@lru_cache(maxsize=2)
def _spoken(code: str) -> Language:
    """The catalogues are read only where they are needed: a command in English answers sooner."""
    return Language(SOURCE, {}) if code == SOURCE else Texts(Path(__file__).with_name("texts")).get(code)
