"""A text that grows by words, lines and blocks, as a browser would set it. Linear."""

import re

_SPACES = re.compile(r"[ \t\r\n\f\u200b]+")
_RULE = "----------"
_DEEPEST_QUOTE = 20


class TextLines:
    """Runs of space are one space; blocks begin on their own line; lines in quotes have `> ` before them."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._ends_in_space = True
        self._empty_wanted = False
        self._quotes = self._quotes_before = 0
        self._preformatted = 0

    def write(self, text: str) -> None:
        if self._preformatted:
            first, *rest = text.replace("\r\n", "\n").split("\n")
            self._line.append(first)
            for line in rest:
                self.end_line()
                self._line.append(line)
            self._ends_in_space = False
            return
        words = _SPACES.sub(" ", text)
        if self._ends_in_space:
            words = words.removeprefix(" ")
        if words:
            self._line.append(words)
            self._ends_in_space = words.endswith(" ")

    def gap(self) -> None:
        """Space between the cells of a row."""
        if self._line:
            self.write("  " if self._preformatted else " ")

    def end_line(self) -> None:
        line = "".join(self._line).rstrip().replace("\xa0", " ")
        if self._empty_wanted and self._lines and (line or self._lines[-1]):
            self._lines.append(self._prefix(min(self._quotes, self._quotes_before)).rstrip())
        self._empty_wanted = False
        self._lines.append((self._prefix(self._quotes) + line).rstrip())
        self._quotes_before = self._quotes
        self._line.clear()
        self._ends_in_space = True

    def begin_block(self, *, spaced: bool) -> None:
        if self._line:
            self.end_line()
        self._empty_wanted = self._empty_wanted or spaced

    def rule(self) -> None:
        self.begin_block(spaced=False)
        self.write(_RULE)
        self.end_line()

    def quote(self, change: int) -> None:
        self._quotes += change

    def preformatted(self, change: int) -> None:
        self._preformatted += change

    def _prefix(self, quotes: int) -> str:
        return "> " * min(quotes, _DEEPEST_QUOTE)

    def text(self) -> str:
        if self._line:
            self.end_line()
        return "\n".join(self._lines).strip("\n")
