"""What the command says, in the terminal's language: Spanish where the locale is Spanish, else English."""

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.demo.texts import language_of

if TYPE_CHECKING:
    from gateway.core.texts import Texts

_SOURCE = "en"


def say(text: str, /, **values: object) -> str:
    """An English text in the terminal's language, its `{placeholders}` filled."""
    language = language_of(os.environ)
    if language != _SOURCE:
        return _catalogues().get(language)(text, **values)
    return text.format_map(values) if values else text


@lru_cache(maxsize=1)
def _catalogues() -> "Texts":
    """Read only where they are needed: their reader takes longer to import than a command to answer."""
    from gateway.core.texts import Texts

    return Texts(Path(__file__).with_name("texts"))
