"""What the responses say, in our words."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from channels.email.imap.errors import ConnectionFailed
from channels.email.imap.folder_names import decode_folder
from channels.email.imap.syntax import Value, values
from channels.email.imap.wire import Line
from gateway.core.clock import Instant
from gateway.core.values import dataclass

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATE = re.compile(r"\s*(\d{1,2})-(\w{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_FETCH = re.compile(rb"\* [0-9]+ FETCH ", re.IGNORECASE)
_SEARCH = re.compile(rb"\* SEARCH\b", re.IGNORECASE)
_LIST = re.compile(rb"\* LIST ", re.IGNORECASE)
_EXISTS = re.compile(rb"\* ([0-9]+) EXISTS", re.IGNORECASE)
_CODE = r"\[{} ([0-9]+)\]"


@dataclass(frozen=True, slots=True)
class Selected:
    """A folder as it was when it was opened."""

    uidvalidity: int
    """While it is the same, UIDs are."""
    uidnext: int
    """Every later mail has this UID or a higher one; 0 where the server didn't say."""
    exists: int
    """Mails in it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What one FETCH response says of a mail."""

    uid: int
    flags: frozenset[str] = frozenset()
    """In lower case."""
    size: int = 0
    """As the server reckons it, which some only guess."""
    received_at: Instant | None = None
    """INTERNALDATE; None where it is absent or makes no sense."""
    part: bytes = b""
    """Of its content, what was asked for."""


def selected(lines: Iterable[bytes]) -> Selected | None:
    """From the answer to SELECT; None where it lacks UIDVALIDITY, without which UIDs mean nothing."""
    text = b"\n".join(lines).decode(errors="replace")
    uidvalidity = re.search(_CODE.format("UIDVALIDITY"), text, re.IGNORECASE)
    uidnext = re.search(_CODE.format("UIDNEXT"), text, re.IGNORECASE)
    exists = re.search(r"\* ([0-9]{1,10}) EXISTS", text, re.IGNORECASE)
    if uidvalidity is None:
        return None
    return Selected(int(uidvalidity[1]), int(uidnext[1]) if uidnext else 0, int(exists[1]) if exists else 0)


def announces_mail(line: bytes) -> bool:
    """Whether the line says how many mails there are: it comes when there is a new one."""
    return _EXISTS.match(line) is not None


def found(lines: Iterable[Line]) -> list[int]:
    """The UIDs in the answers to UID SEARCH, in order."""
    numbers = (number for line in lines if (said := _SEARCH.match(line)) for number in line[said.end() :].split())
    return sorted({int(number) for number in numbers if number.isdigit()})


def fetched(lines: Iterable[Line]) -> Iterator[Facts]:
    """Every FETCH response that has a UID. Raises ConnectionFailed where one makes no sense."""
    for line in lines:
        if _FETCH.match(line):
            named = _by_name(values(line)[-1])
            uid = _number(named.get(b"UID"))
            if uid:
                yield Facts(uid, _flags(named), _number(named.get(b"RFC822.SIZE")), _date(named), _part(named))


def listed(lines: Iterable[Line]) -> list[str]:
    """The folders in the answers to LIST, by the names that people see."""
    names = (values(line)[-1] for line in lines if _LIST.match(line))
    return [decode_folder(name.decode(errors="replace")) for name in names if isinstance(name, bytes)]


def internal_date(text: str) -> Instant | None:
    """`17-Jul-2026 02:44:25 -0700` (RFC 3501 section 9, date-time)."""
    match = _DATE.fullmatch(text)
    if match is None or match[2].lower() not in MONTHS:
        return None
    month = MONTHS.index(match[2].lower()) + 1
    day, year, hour, minute, second = (int(match[group]) for group in (1, 3, 4, 5, 6))
    offset = timedelta(hours=int(match[8]), minutes=int(match[9])) * (-1 if match[7] == "-" else 1)
    try:
        local = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        return (local - offset).timestamp()
    except (ValueError, OverflowError):
        return None


def _by_name(items: Value) -> dict[bytes, Value]:
    if not isinstance(items, list) or len(items) % 2:
        raise ConnectionFailed("the mail server's answer to FETCH makes no sense")
    pairs = zip(items[::2], items[1::2], strict=True)
    return {name.upper(): value for name, value in pairs if isinstance(name, bytes)}


def _number(value: Value) -> int:
    return int(value) if isinstance(value, bytes) and value.isdigit() and len(value) < 16 else 0


def _flags(named: dict[bytes, Value]) -> frozenset[str]:
    flags = named.get(b"FLAGS")
    atoms = flags if isinstance(flags, list) else []
    return frozenset(flag.decode(errors="replace").lower() for flag in atoms if isinstance(flag, bytes))


def _date(named: dict[bytes, Value]) -> Instant | None:
    date = named.get(b"INTERNALDATE")
    return internal_date(date.decode(errors="replace")) if isinstance(date, bytes) else None


def _part(named: dict[bytes, Value]) -> bytes:
    parts = (value for name, value in named.items() if name.startswith(b"BODY[]"))
    return next((part for part in parts if isinstance(part, bytes)), b"")
