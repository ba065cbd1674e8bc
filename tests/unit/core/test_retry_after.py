"""Retry-After: a number, a date, or nothing that can be read."""

import pytest

from gateway.core.retry_after import retry_after

WALL = 1_767_225_600.0  # Thu, 01 Jan 2026 00:00:00 GMT


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("12", 12.0),
        (" 12 ", 12.0),
        ("301", 300.0),
        ("9" * 9999, 300.0),
        ("Thu, 01 Jan 2026 00:00:30 GMT", 30.0),
        ("Wednesday, 31-Dec-25 23:59:30 GMT", 0.0),
        ("Fri, 01 Jan 2027 00:00:00 GMT", 300.0),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("٣", None),
        ("soon", None),
        ("Thu, 99 Foo 2026 00:00:30 GMT", None),
        ("Thu, 01 Jan 99999999999 00:00:30 GMT", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert retry_after(text, WALL) == seconds


def test_no_retry_after() -> None:
    assert retry_after(None, WALL) is None
