"""How a form is read: as the standard library reads it where nothing is amiss, and not at all elsewhere."""

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.phone.twilio.form import Malformed, read_form
from tests.support.memory import memory

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).map("x".__add__)
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(st.dictionaries(NAMES, VALUES, max_size=20))
def test_whatever_is_said_is_read(said: dict[str, str]) -> None:
    assert read_form(urlencode(said).encode()) == said


@given(st.text("ab=&+%2Bé", max_size=30).map(str.encode))
def test_what_the_standard_library_refuses_is_refused(body: bytes) -> None:
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), errors="strict")
        expected = dict(pairs) if len(dict(pairs)) == len(pairs) and all(name for name, _ in pairs) else None
    except ValueError:
        expected = None

    try:
        assert read_form(body) == expected
    except Malformed:
        assert expected is None


@pytest.mark.parametrize(("parameters", "read"), [(300, True), (301, False)])
def test_so_many_parameters_and_no_more(parameters: int, read: bool) -> None:
    body = "&".join(f"x{number}=1" for number in range(parameters)).encode()
    if read:
        assert len(read_form(body)) == parameters
    else:
        with pytest.raises(Malformed):
            read_form(body)


def test_t14_of_what_strangers_write_at_length_nothing_is_kept() -> None:
    """Each long value stayed in memory four times over, before any signature was looked at: 80 MB in all."""
    with memory() as grown:
        for number in range(20):
            read_form(b"x=%d%%F0%%9F%%98%%80" % number + b"a" * 60_000)
    assert grown[0] < 256 * 1024
