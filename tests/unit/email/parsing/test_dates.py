"""Dates as they stand in mail."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.parsing.dates import parse_date
from tests.support.examples import examples


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fri, 07 Oct 1994 16:15:05 -0700 (PDT)", "1994-10-07T23:15:05"),
        ("Wed, 11 Feb 98 11:51 CST", "1998-02-11T17:51:00"),
        ("Wed Feb 11 11:51:00 1998", "1998-02-11T11:51:00"),
        ("Sat Feb  1 10:00:00 CET 2020", "2020-02-01T09:00:00"),
        ("2021-03-04T05:06:07+01:00", "2021-03-04T04:06:07"),
        ("2021-03-04 05:06:07.123 +0100", "2021-03-04T04:06:07"),
        ("Mon, 1 Jan 2024 10:00:00 GMT+0100", "2024-01-01T09:00:00"),
        ("Mon, 21 Aug 95 13:30:57 -600", "1995-08-21T19:30:57"),
        ("lun, 1 ene 2024 10:00:00 +0100", "2024-01-01T09:00:00"),
        ("1 Mär 2024 10:00:00", "2024-03-01T10:00:00"),
        ("Thu, 6 Feb 2003 01:02:60 +0000", "2003-02-06T01:03:00"),
        ("20 Jun 2003 01:00 PM", "2003-06-20T13:00:00"),
        ("Mon, 1 Jan 2024", "2024-01-01T00:00:00"),
        ("2024 Jan 3 10:00", "2024-01-03T10:00:00"),
        ("4 Feb 2014 23:17:24 -9999", "2014-02-04T23:17:24"),
    ],
    ids=lambda value: ascii(value)[1:-1],
)
def test_dates_are_read(text: str, expected: str) -> None:
    moment = parse_date(text)
    assert moment is not None
    assert datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S") == expected


@pytest.mark.parametrize(
    "text",
    ["", "Whenever", "31 Feb 2020 10:00", "1 Jan 2020 25:61", "12/25/2020 10:00", "1 Jan 99999 10:00", "9" * 500],
)
def test_what_makes_no_sense_is_no_date(text: str) -> None:
    assert parse_date(text) is None


@examples(50)
@given(st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_what_was_written_well_is_read_back(moment: datetime) -> None:
    assert parse_date(format_datetime(moment)) == moment.replace(microsecond=0).timestamp()


@examples(50)
@given(st.text(max_size=60))
def test_any_text_is_a_date_or_none(text: str) -> None:
    parse_date(text)
