"""Dates as they stand in mail: RFC 5322 with its obsolete forms, asctime, ISO 8601, and what programs get wrong."""

import re
from datetime import UTC, datetime, timedelta

_COMMENT = re.compile(r"\([^()]*\)")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan ene janv gen",
            "feb fév fev févr",
            "mar mär maerz mrz mars märz",
            "apr abr avr avril",
            "may mai mayo mag maio",
            "jun juin giu",
            "jul juil lug",
            "aug ago août aout",
            "sep set sept",
            "oct okt out ott",
            "nov",
            "dec dic dez déc",
        ),
        start=1,
    )
    for name in names.split()
}
_ZONES = {
    "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420,
    "cet": 60, "cest": 120, "met": 60, "mest": 120, "mez": 60, "mesz": 120, "eet": 120, "eest": 180, "wet": 0,
    "west": 60, "bst": 60, "msk": 180, "ist": 330, "jst": 540, "kst": 540, "hkt": 480, "sgt": 480, "aest": 600,
    "aedt": 660, "art": -180, "brt": -180, "clt": -240, "cot": -300, "pet": -300,
}  # fmt: skip
"""Minutes east of Greenwich. Military letters aren't among them: RFC 5322 (4.3) has them mean nothing."""
_TIME = re.compile(r"(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2})(?:[.,]\d{1,9})?)?\s*([ap]m\b)?", re.IGNORECASE)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?=[T\s]|$)[T\s]*")
_OFFSET = re.compile(r"(?:^|[\s\d]|gmt|utc|ut)([+-])(\d{1,2}):?(\d{2})\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+|\d+")
_LONGEST = 200


def parse_date(text: str) -> float | None:
    """Seconds since the epoch; None for what is no date. A zone that is missing or unknown is UTC."""
    text = _COMMENT.sub(" ", text[:_LONGEST])
    time = _TIME.search(text)
    before, after = (text[: time.start()], text[time.end() :]) if time else (text, "")
    day = _iso_day(before) or _day(before, after)
    if day is None:
        return None
    try:
        moment = datetime(*day, tzinfo=UTC) + _time_of_day(time) - timedelta(minutes=_zone(after))
        return moment.timestamp()
    except (ValueError, OverflowError):
        return None


def _iso_day(before: str) -> tuple[int, int, int] | None:
    match = _ISO.search(before)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def _day(before: str, after: str) -> tuple[int, int, int] | None:
    """Year, month and day out of `7 Oct 1994`, `Oct 7 1994` and asctime's `Oct 7 16:15:05 1994`."""
    words = _WORD.findall(before)
    months = [
        number for number in (_MONTHS.get(word.lower()) or _MONTHS.get(word.lower()[:3]) for word in words) if number
    ]
    numbers = [int(word[:5]) for word in words if word.isdecimal()]
    if len(numbers) == 1:
        numbers += [int(word) for word in _WORD.findall(after) if word.isdecimal() and len(word) == 4][-1:]
    if len(months) != 1 or len(numbers) < 2:
        return None
    day, year = numbers[:2]
    if day > 31:
        day, year = year, day
    return _full_year(year), months[0], day


def _full_year(year: int) -> int:
    """RFC 5322, 4.3."""
    if year < 50:
        return year + 2000
    return year + 1900 if year < 1000 else year


def _time_of_day(time: re.Match[str] | None) -> timedelta:
    if time is None:
        return timedelta()
    hours, minutes, seconds = int(time[1]), int(time[2]), int(time[3] or 0)
    if time[4]:
        hours = hours % 12 + (12 if time[4].lower() == "pm" else 0)
    if hours > 24 or minutes > 59 or seconds > 60:
        raise ValueError("no time of day")
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _zone(after: str) -> int:
    """Minutes east of Greenwich."""
    if match := _OFFSET.search(after):
        minutes = int(match[2]) * 60 + int(match[3])
        if minutes >= 24 * 60:
            return 0
        return -minutes if match[1] == "-" else minutes
    for word in _WORD.findall(after):
        if word.lower() in _ZONES:
            return _ZONES[word.lower()]
    return 0
