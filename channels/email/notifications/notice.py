"""The part of a notification that is written for people: its own lines, without the mail that came back."""

import re
from collections.abc import Sequence

from channels.email.notifications.fields import MOST
from channels.email.notifications.original import start_of_mail

_ADDRESS = r"[^\s<>\"'(),:;@]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,253}"
_FINDS_ADDRESS = re.compile(_ADDRESS)
_BEGINS = re.compile(
    r"\s*(?:[45]\d\d[ -](?:[45](?:\.\d{1,3}){2} )?)?"
    rf"(?:(?:final |original )?recipient(?: address)?:\s*|rcpt to:\s*)?[<\"']?({_ADDRESS})[>\"']?(?=\W|$)",
    re.IGNORECASE,
)
_LONGEST_LINE = 2000


class Notice:
    """The lines of a notice; `quoted` are those of the mail below it."""

    def __init__(self, text: str) -> None:
        lines = [line[:_LONGEST_LINE] for line in text[:MOST].splitlines()]
        start = start_of_mail(lines)
        self.lines = _without_rulers(lines[:start])
        self.quoted = lines[start:]
        self.text = "\n".join(self.lines)

    def about(self, addresses: Sequence[str]) -> list[str]:
        """What is said of each of those recipients: the lines from one that names them to one that names others. All
        of it where there is one recipient only, or where one isn't named."""
        if len(addresses) < 2:
            return [self.text for _ in addresses]
        said: dict[str, list[str]] = {address.lower(): [] for address in addresses}
        current: set[str] = set()
        for line in self.lines:
            current = {each.lower() for each in _FINDS_ADDRESS.findall(line)} & said.keys() or current
            for address in current:
                said[address].append(line)
        told = {address: "\n".join(lines) or self.text for address, lines in said.items()}
        return [told[address.lower()] for address in addresses]

    def recipients(self) -> list[str]:
        """The addresses that lines begin with, in order."""
        begun = (_BEGINS.match(line) for line in self.lines)
        return list(dict.fromkeys(found[1] for found in begun if found))


def _without_rulers(lines: list[str]) -> list[str]:
    """Without what announces the mail below, which speaks of headers and copies."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("--")):
        end -= 1
    return lines[:end]
