"""Sizes of files, as people read them."""

from babel.numbers import format_decimal

from gateway.core.texts import Language

_KIBIBYTE = 1024
_MEBIBYTE = 1024 * 1024


def shown_size(size: int, language: Language) -> str:
    """`20 kB`, `1,4 MB`."""
    if size < _MEBIBYTE:
        return f"{format_decimal(max(1, round(size / _KIBIBYTE)), locale=language.code)} kB"
    return f"{in_mebibytes(size, language)} MB"


def in_mebibytes(size: int, language: Language) -> str:
    """`10`, `0,3`."""
    return format_decimal(max(0.1, round(size / _MEBIBYTE, 1)), locale=language.code)
