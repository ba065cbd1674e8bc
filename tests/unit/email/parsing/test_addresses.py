"""Address lists as they stand in real headers, and T26: no address may pass for another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.mail import Address
from channels.email.parsing.addresses import parse_addresses
from tests.support.examples import examples


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@b.example", [("", "a@b.example")]),
        ("Ana <a@b>, Bob <c@d>", [("Ana", "a@b"), ("Bob", "c@d")]),
        ('"Doe, Jane" <j@x>', [("Doe, Jane", "j@x")]),
        ("Doe, Jane <j@x>", [("Doe, Jane", "j@x")]),
        ("j@x (Jane (really) Doe)", [("Jane (really) Doe", "j@x")]),
        ("Al (The Man) Gore <v@w>", [("Al Gore (The Man)", "v@w")]),
        ("=?utf-8?Q?Jos=C3=A9,_Ana?= <a@b>", [("José, Ana", "a@b")]),
        ("Whomever", [("Whomever", "")]),
        ("root <root>", [("root", "root")]),
        ("MAILER-DAEMON <>", [("MAILER-DAEMON", "")]),
        ("<>", []),
        ("undisclosed-recipients:;", []),
        ("a@b; c@d", [("", "a@b"), ("", "c@d")]),
        ("A <a@b> B <c@d>", [("A", "a@b"), ("B", "c@d")]),
        ("<@relay,@other:a@b>", [("", "a@b")]),
        ("user @ host . example", [("", "user@host.example")]),
        ('"odd local"@host', [("", '"odd local"@host')]),
        ("a@[192.0.2.1]", [("", "a@[192.0.2.1]")]),
        ("Bob <bob@x", [("Bob", "bob@x")]),
        ('"open <a@b>', [("open", "a@b")]),
        ("(open <a@b>", [("open", "a@b")]),
        ("<<a@b>>", [("", "a@b")]),
        ("<mailto:a@b>", [("", "a@b")]),
        ("mailto:a@b", [("", "a@b")]),
        (",, a@b ,", [("", "a@b")]),
        ("one, two, Ana <a@b>", [("one", ""), ("two, Ana", "a@b")]),
    ],
    ids=lambda value: ascii(value)[1:40] if isinstance(value, str) else "",
)
def test_mailboxes(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(one.name, one.address) for one in parse_addresses(text)] == expected


def test_groups_name_their_members() -> None:
    found = parse_addresses("Desk: Ana <a@b>, c@d;, e@f")
    assert found == (Address("Ana", "a@b", "Desk"), Address("", "c@d", "Desk"), Address("", "e@f"))


@pytest.mark.parametrize(
    "text", ["ceo@corp <evil@x>", "ceo@corp, <evil@x>", "<ceo@corp> <evil@x>"], ids=["bare", "comma", "two"]
)
def test_t26_two_addresses_are_never_one(text: str) -> None:
    assert [one.address for one in parse_addresses(text)] == ["ceo@corp", "evil@x"]


def test_t26_what_an_encoded_word_hides_is_only_a_name() -> None:
    found = parse_addresses("=?utf-8?Q?ceo=40corp=2C_<a=40b>?= <evil@x>")
    assert [one.address for one in found] == ["evil@x"]


def test_t23_no_encoded_word_brings_a_line_into_an_address() -> None:
    (address,) = parse_addresses('<"=?utf-8?Q?a=0D=0ABcc:?="@b.example>')
    assert address.address == '"a Bcc:"@b.example'


def test_an_address_repeated_as_its_name_is_one() -> None:
    assert parse_addresses("a@b.example <A@b.example>") == (Address("a@b.example", "A@b.example"),)


NAMES = st.text(st.characters(categories=("Lu", "Ll"), max_codepoint=0x24F), min_size=1, max_size=10)


@examples(25)
@given(st.lists(st.tuples(NAMES, st.from_regex(r"[a-z]{1,8}@[a-z]{1,8}\.example", fullmatch=True)), max_size=5))
def test_what_was_written_well_is_read_back(people: list[tuple[str, str]]) -> None:
    text = ", ".join(f'"{name}" <{address}>' for name, address in people)
    assert [(one.name, one.address) for one in parse_addresses(text)] == people
