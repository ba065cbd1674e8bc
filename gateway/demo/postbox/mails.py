"""The mails that have arrived: the newest, in memory, and what is in one of them."""

from collections import deque
from collections.abc import Iterator
from textwrap import shorten

from channels.email.mail import Mail, Part
from channels.email.parsing import Limits, Unparsable, parse
from gateway.core.clock import Instant
from gateway.core.values import dataclass

MOST = 200
_MOST_BYTES = 100_000_000
_GIST = 120
_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Arrived:
    """A mail as it came."""

    number: int
    at: Instant
    sender: str
    """Of the envelope; "" is the null sender."""
    recipients: tuple[str, ...]
    raw: bytes
    title: str
    author: str
    gist: str
    """How its text begins."""


class Mails:
    """The newest 200, and no more than 100 MB of them."""

    def __init__(self) -> None:
        self._mails: deque[Arrived] = deque(maxlen=MOST)
        self._last = 0

    def add(self, sender: str, recipients: tuple[str, ...], raw: bytes, at: Instant) -> None:
        """One more has arrived."""
        mail = read(raw)
        self._last += 1
        title, author, gist = (mail.subject, _author(mail), _gist(mail)) if mail else ("", sender, "")
        self._mails.append(Arrived(self._last, at, sender, recipients, raw, title, author, gist))
        while len(self._mails) > 1 and sum(len(each.raw) for each in self._mails) > _MOST_BYTES:
            self._mails.popleft()

    def newest_first(self) -> list[Arrived]:
        return list(reversed(self._mails))

    def get(self, number: int) -> Arrived | None:
        """None where it never came, or is gone."""
        return next((each for each in self._mails if each.number == number), None)


def read(raw: bytes) -> Mail | None:
    """What it says; None where it can't be read."""
    try:
        return parse(raw, _LIMITS)
    except Unparsable:
        return None


def html_of(mail: Mail) -> str:
    """Its HTML as it came, "" where it has none: only for a frame in which nothing runs and nothing is fetched."""
    for part in _leaves(mail.root):
        if part.media_type == "text/html" and not part.name:
            try:
                return part.content.decode(part.charset or "utf-8", errors="replace")
            except LookupError:
                return part.content.decode("latin-1")
    return ""


def _author(mail: Mail) -> str:
    return ", ".join(each.name or each.address for each in mail.sender)


def _gist(mail: Mail) -> str:
    return shorten(mail.reply[: 10 * _GIST], _GIST, placeholder="…")


def _leaves(part: Part) -> Iterator[Part]:
    if part.media_type.startswith("multipart/"):
        for each in part.parts:
            yield from _leaves(each)
    else:
        yield part
