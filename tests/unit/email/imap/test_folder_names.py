"""Names of folders on the wire."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.imap.folder_names import decode_folder, encode_folder, quote


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("INBOX", "INBOX"),
        ("Petición & más", "Petici&APM-n &- m&AOE-s"),
        ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
        ("😀", "&2D3eAA-"),
        ("a\r\nb", "a&AA0ACg-b"),
    ],
)
def test_names_are_written_in_modified_utf_7(name: str, written: str) -> None:
    assert encode_folder(name) == written
    assert decode_folder(written) == name


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_name_comes_back_and_is_printable_ascii_on_the_way(name: str) -> None:
    written = encode_folder(name)
    assert all(" " <= character <= "~" for character in written)
    assert decode_folder(written) == name


@given(st.text())
def test_what_is_not_of_that_form_stays_readable(text: str) -> None:
    assert isinstance(decode_folder(text), str)


def test_quotes_and_backslashes_are_escaped() -> None:
    assert quote('a"b\\c') == '"a\\"b\\\\c"'
