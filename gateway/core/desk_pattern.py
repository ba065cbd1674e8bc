"""Patterns that an administrator writes to find things in a desk's mails, kept to what can't run long.

A regular expression runs away where it repeats what repeats. So only single characters and classes may be repeated, at
most twice without bound, and only short pieces of text are searched: the worst that is left is some millions of steps.
"""

import re
import warnings

_LONGEST_PATTERN = 200
_LONGEST_PIECE = 200
"""Characters of a line that are searched."""
_MOST_LINES = 40
_MOST_UNBOUNDED = 2
_QUANTIFIER = re.compile(r"[*+?]|\{\d*,?\d*\}")
_BOUND = re.compile(r"\?|\{(\d+)(?:,(\d+))?\}")
_LARGEST_BOUND = 20
_OPENS = re.compile(r"\((?:\?:|(?!\?))")


class DeskPattern:
    """Finds `pattern`, with exactly `groups` groups, in a subject or a text, whatever its case. Raises ValueError, with
    what is wrong, for one that is no regular expression or might run long."""

    def __init__(self, pattern: str, groups: int) -> None:
        if len(pattern) > _LONGEST_PATTERN:
            raise ValueError(f"the pattern is longer than {_LONGEST_PATTERN} characters")
        try:
            with warnings.catch_warnings(action="error"):
                compiled = re.compile(pattern, re.IGNORECASE)
        except (re.error, OverflowError, RecursionError, Warning) as error:
            raise ValueError(f"not a regular expression: {error}") from error
        if compiled.groups != groups:
            raise ValueError(f"the pattern has {compiled.groups} groups (in parentheses) instead of {groups}")
        _require_bounded(pattern)
        self._compiled = compiled

    def find(self, subject: str, text: str = "") -> re.Match[str] | None:
        """The first place in the subject, else in the first lines of the text."""
        lines = text[: _MOST_LINES * _LONGEST_PIECE].splitlines()[:_MOST_LINES]
        pieces = (piece[:_LONGEST_PIECE] for piece in (subject, *lines))
        return next((found for piece in pieces if (found := self._compiled.search(piece))), None)

    def replace(self, text: str, by: str) -> str:
        """The text with `by` in every place that is found in its first lines."""
        lines = text.split("\n")
        for number, line in enumerate(lines[:_MOST_LINES]):
            lines[number] = self._compiled.sub(lambda _: by, line[:_LONGEST_PIECE]) + line[_LONGEST_PIECE:]
        return "\n".join(lines)


def _require_bounded(pattern: str) -> None:
    """Raises ValueError for a repeated group, a reference back, a look around, and for too many repeats."""
    unbounded, at, before = 0, 0, ""
    while at < len(pattern):
        quantifier = _QUANTIFIER.match(pattern, at)
        if quantifier and before:
            if before == ")":
                raise ValueError("a group must not be repeated")
            bound = _BOUND.fullmatch(quantifier[0])
            unbounded += not bound or int(bound[2] or bound[1] or 1) > _LARGEST_BOUND
            at, before = quantifier.end(), ""
            at += pattern[at : at + 1] in ("?", "+")
        else:
            before, at = _atom(pattern, at)
    if unbounded > _MOST_UNBOUNDED:
        raise ValueError(f"more than {_MOST_UNBOUNDED} repeats without a bound, or with one over {_LARGEST_BOUND}")


def _atom(pattern: str, at: int) -> tuple[str, int]:
    """The first character of what stands there, "" where it can't be repeated, and where the next begins."""
    character = pattern[at]
    if character == "\\":
        if pattern[at + 1 : at + 2].isdigit():
            raise ValueError("a reference back to a group is not allowed")
        return character, at + 2
    if character == "[":
        return character, _after_class(pattern, at)
    if character == "(":
        opened = _OPENS.match(pattern, at)
        if not opened:
            raise ValueError("of the groups that begin with ? only (?: is allowed")
        return "", opened.end()
    return ("" if character in "|^" else character), at + 1


def _after_class(pattern: str, at: int) -> int:
    at += 2 if pattern[at + 1 : at + 2] == "^" else 1
    at += pattern[at : at + 1] == "]"
    while at < len(pattern) and pattern[at] != "]":
        at += 2 if pattern[at] == "\\" else 1
    return at + 1
