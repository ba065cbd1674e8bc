import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.ids import new_id
from gateway.core.tokens import TokenSigner

SIGNER = TokenSigner(b"k" * 32)


def test_a_token_proves_its_own_ticket() -> None:
    ticket_id = new_id()
    token = SIGNER.sign(ticket_id)
    assert SIGNER.verify(token) == ticket_id
    assert len(token) == 43


def test_a_token_of_another_key_proves_nothing() -> None:
    assert SIGNER.verify(TokenSigner(b"x" * 32).sign(new_id())) is None


def test_t31_every_changed_character_spoils_a_token() -> None:
    token = SIGNER.sign("0" * 32)
    for position, letter in enumerate(token):
        for other in "AB-_9":
            if other != letter:
                assert SIGNER.verify(token[:position] + other + token[position + 1 :]) is None


def test_t33_a_signature_does_not_fit_another_ticket() -> None:
    signature = base64.urlsafe_b64decode(SIGNER.sign("0" * 32) + "=")[16:]
    forged = base64.urlsafe_b64encode(bytes.fromhex("1" * 32) + signature).rstrip(b"=").decode()
    assert SIGNER.verify(forged) is None


@given(st.text(max_size=60))
def test_t31_no_text_is_a_token_by_chance(text: str) -> None:
    assert SIGNER.verify(text) is None


def test_a_token_with_anything_added_is_refused() -> None:
    token = SIGNER.sign(new_id())
    for spoilt in (token + "=", token + "A", " " + token, token[:-1], token + "\n", "!" + token):
        assert SIGNER.verify(spoilt) is None


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        TokenSigner(b"short")
