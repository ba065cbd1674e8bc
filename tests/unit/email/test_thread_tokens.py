"""Tokens: what they prove, and that nothing else proves it."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.email.threading.addresses import ReplyAddresses, plus_addressing
from channels.email.threading.message_ids import OwnMessageIds
from channels.email.threading.tokens import LENGTH, REQUESTER, Party, Proof, Purpose, ThreadTokens
from gateway.core.reference import check_digit
from tests.support.mails import mail

_REFERENCE = "482915736" + check_digit("482915736")
_TOKENS = ThreadTokens(b"k" * 32, ["acme", "norte"])
_IDS = OwnMessageIds(_TOKENS, "example.org")
_PARTIES = [REQUESTER, Party("acme"), Party("norte")]
_REFERENCES = st.integers(0, 10**9 - 1).map(lambda number: f"{number:09d}").map(lambda nine: nine + check_digit(nine))


@given(reference=_REFERENCES, party=st.sampled_from(_PARTIES), purpose=st.sampled_from(list(Purpose)))
@settings(max_examples=50, deadline=None)
def test_a_token_proves_what_it_was_made_for(reference: str, party: Party, purpose: Purpose) -> None:
    token = _TOKENS.make(purpose, reference, party)
    assert len(token) == LENGTH
    assert set(token) <= set(string.ascii_lowercase + "234567")
    assert _TOKENS.read(purpose, token) == _TOKENS.read(purpose, token.upper()) == Proof(reference, party)


def test_a_token_is_always_the_same() -> None:
    assert _TOKENS.make(Purpose.ADDRESS, _REFERENCE) == ThreadTokens(b"k" * 32).make(Purpose.ADDRESS, _REFERENCE)


def test_t08_a_token_is_not_to_be_guessed_from_another_s() -> None:
    others = {_TOKENS.make(purpose, _REFERENCE, party) for purpose in Purpose for party in _PARTIES}
    assert len(others) == len(Purpose) * len(_PARTIES)
    assert len({token[-16:] for token in others}) == len(others)


@pytest.mark.parametrize("at", range(LENGTH))
def test_t06_a_token_changed_in_any_place_proves_nothing(at: int) -> None:
    token = _TOKENS.make(Purpose.ADDRESS, _REFERENCE)
    changed = token[:at] + ("a" if token[at] != "a" else "b") + token[at + 1 :]
    assert _TOKENS.read(Purpose.ADDRESS, changed) is None


def test_t06_a_token_of_another_installation_or_place_proves_nothing() -> None:
    assert _TOKENS.read(Purpose.ADDRESS, ThreadTokens(b"x" * 32).make(Purpose.ADDRESS, _REFERENCE)) is None
    assert _TOKENS.read(Purpose.ADDRESS, _TOKENS.make(Purpose.MESSAGE_ID, _REFERENCE)) is None
    assert _TOKENS.read(Purpose.MESSAGE_ID, _TOKENS.make(Purpose.ADDRESS, _REFERENCE)) is None


def test_a_desk_that_was_taken_out_has_no_tokens_any_more() -> None:
    assert (
        ThreadTokens(b"k" * 32, ["norte"]).read(
            Purpose.ADDRESS, _TOKENS.make(Purpose.ADDRESS, _REFERENCE, Party("acme"))
        )
        is None
    )


@given(token=st.text(max_size=30) | st.text(alphabet="az27AZ", min_size=LENGTH, max_size=LENGTH))
@settings(max_examples=50, deadline=None)
def test_any_text_may_be_read(token: str) -> None:
    assert _TOKENS.read(Purpose.ADDRESS, token) is None


@pytest.mark.parametrize("reference", ["", "4829157361", "482-915-7360", "abc"])
def test_only_references_get_tokens(reference: str) -> None:
    with pytest.raises(ValueError, match="not a reference"):
        _TOKENS.make(Purpose.ADDRESS, reference)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        ThreadTokens(b"k" * 31)


@pytest.mark.parametrize(
    "pattern", ["help+{token}@example.org", "{token}@reply.example.org", "t.{token}.r@example.org"]
)
def test_reply_addresses_are_found_whatever_their_case(pattern: str) -> None:
    addresses = ReplyAddresses(pattern)
    token = _TOKENS.make(Purpose.ADDRESS, _REFERENCE)
    written = addresses.address(token)
    assert list(addresses.tokens(["x@example.org", written])) == [token]
    (shouted,) = addresses.tokens([f"<{written.upper()}>"])
    assert _TOKENS.read(Purpose.ADDRESS, shouted) == Proof(_REFERENCE, REQUESTER)


def test_addresses_of_another_domain_have_no_tokens() -> None:
    token = _TOKENS.make(Purpose.ADDRESS, _REFERENCE)
    assert not list(
        ReplyAddresses("help+{token}@example.org").tokens([f"help+{token}@evil.example", f"x{token}@example.org"])
    )


@pytest.mark.parametrize(
    "pattern",
    ["help@example.org", "{token}", "help@{token}.example.org", "{token}{token}@example.org", "x" * 50 + "{token}@a.b"],
)
def test_patterns_that_can_not_be_used(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"\{token\}|64"):
        ReplyAddresses(pattern)


def test_plus_addressing_is_a_pattern() -> None:
    assert plus_addressing("help@example.org") == "help+{token}@example.org"
    with pytest.raises(ValueError, match="not an address"):
        plus_addressing("help")


def test_our_message_ids_are_stable_and_known_again() -> None:
    made = _IDS.make(_REFERENCE, "0a1b", Party("acme"))
    assert made == _IDS.make(_REFERENCE, "0a1b", Party("acme"))
    assert made != _IDS.make(_REFERENCE, "0a1c", Party("acme"))
    assert _IDS.read(made) == Proof(_REFERENCE, Party("acme"))


@pytest.mark.parametrize(
    "message_id", ["", "<a@example.org>", "<r.aaaaaaaaaaaaaaaaaaaaaa.1@example.org>", "<r..@>", "x" * 1000]
)
def test_t06_foreign_message_ids_prove_nothing(message_id: str) -> None:
    assert _IDS.read(message_id) is None


def test_what_would_not_survive_in_a_message_id_is_refused() -> None:
    with pytest.raises(ValueError, match="letters and digits"):
        _IDS.make(_REFERENCE, "a>b")


def test_what_a_mail_answers_comes_newest_first() -> None:
    first, second, third = (
        _IDS.make(f"{nine}{check_digit(nine)}", "1") for nine in ("111111111", "222222222", "333333333")
    )
    answer = mail(("In-Reply-To", third), ("References", f"{first} <x@y.example> {second} {third}"))
    assert [proof.reference[0] for proof in _IDS.answered(answer)] == ["3", "2", "1"]
