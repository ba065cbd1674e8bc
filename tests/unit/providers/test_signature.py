"""Standard Webhooks signatures, and what may be a secret."""

import time

import pytest
from standardwebhooks import Webhook

from gateway.core.signature import BadSignature, Signer
from tests.support.clock import SetClock


def signer(secret: str, *, behind: float = 0.0, drift: float = 0.0) -> Signer:
    return Signer(secret, SetClock(time.time() - behind, drift))


@pytest.mark.parametrize(
    "secret", ["whsec_Q2FuYXJ5U2VjcmV0", "whsec_Q2FuYXJ5U2VjcmV0MQ", "x", "correct horse", "contraseña", "Q2FuYXJ5"]
)
def test_what_is_signed_is_verified(secret: str) -> None:
    both = signer(secret)
    assert both.verify(both.headers("m1", b'{"a": "\xc3\xb1"}'), b'{"a": "\xc3\xb1"}') == "m1"


@pytest.mark.parametrize("key", ["Q2FuYXJ5U2VjcmV0Rm9yVGVzdHM=", "whsec_Q2FuYXJ5U2VjcmV0Rm9yVGVzdHM", b"plain words"])
def test_the_reference_library_believes_it(key: str | bytes) -> None:
    secret = key if isinstance(key, str) else key.decode()
    Webhook(key).verify(b"{}", signer(secret).headers("m1", b"{}"))


def test_what_is_left_of_a_passphrase_is_no_key() -> None:
    """The reference library would drop all but two letters here, and leave one byte to guess."""
    headers = signer("¡¿€ ñ á-é-í-ó-ú!? ab").headers("m1", b"{}")
    assert headers["webhook-signature"].count("v1,") == 1


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_%%%", "whsec_a"])
def test_what_can_not_be_a_secret(secret: str) -> None:
    with pytest.raises(ValueError, match="`whsec_` followed by base64, or any other text"):
        signer(secret)


def test_another_secret_is_not_believed() -> None:
    with pytest.raises(BadSignature):
        signer("one").verify(signer("another").headers("m1", b"{}"), b"{}")


def test_a_body_that_is_no_text_is_not_believed() -> None:
    with pytest.raises(BadSignature):
        signer("one").verify(signer("one").headers("m1", b""), b"\xff\xfe")


def test_signatures_carry_the_wall_clocks_time() -> None:
    """The clock that never jumps may have been anchored before the machine learned the time."""
    late = signer("one", behind=3600, drift=3600).headers("m1", b"{}")
    assert abs(int(late["webhook-timestamp"]) - time.time()) < 5
