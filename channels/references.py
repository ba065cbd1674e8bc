"""References that people write: `[482-915-7360]`, `482-915-7360`, `482 915 7360` or ten digits in a row."""

import re

from gateway.core.reference import parse_reference

_TEN_DIGITS = r"\d{3}[- ]?\d{3}[- ]?\d{4}"
_IN_BRACKETS = re.compile(rf"\[\s?({_TEN_DIGITS})\s?\]", re.ASCII)
_ANYWHERE = re.compile(rf"(?<![\w+./-])(?:#\s?)?({_TEN_DIGITS})(?![\w/-]|\.\d)", re.ASCII)
_LONGEST = 1000


def references_in(written: str) -> list[str]:
    """The plain references in a subject or a short text, those in brackets first; a wrong check digit makes none."""
    text = written[:_LONGEST]
    found = [*_IN_BRACKETS.findall(text), *_ANYWHERE.findall(text)]
    return list(dict.fromkeys(reference for each in found if (reference := parse_reference(each))))
