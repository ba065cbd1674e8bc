"""The token of a form: it proves that the form is ours and recent, and marks it, so that sending it twice makes one
message. Nothing is stored: cached pages, two tabs and a restart of the gateway are all the same to it.

The nonce (16 bytes), milliseconds since the epoch (6) and whether a question was asked (1) under a seal: 52 characters.
"""

import hmac
import secrets
from dataclasses import dataclass, replace

from gateway.core.clock import Instant
from gateway.core.seal import Seal

LIFETIME = 12 * 3600.0
"""Seconds for which a form may stay open."""
QUICKEST = 2.0
"""Seconds that a person takes to fill in a form, at least."""
_NONCE, _TIME = 16, 6
_LENGTH = _NONCE + _TIME + 1


@dataclass(frozen=True, slots=True)
class FormToken:
    """One rendering of a form, and what it comes back as after errors."""

    nonce: bytes
    issued_at: Instant
    asked: bool = False
    """The form has a question, to be answered before it is taken."""

    @property
    def form_id(self) -> str:
        """The same for as long as the form comes back with the same nonce."""
        return self.nonce.hex()

    def expired(self, now: Instant) -> bool:
        return now - self.issued_at > LIFETIME

    def too_quick(self, now: Instant) -> bool:
        return now - self.issued_at < QUICKEST

    def again(self, now: Instant) -> "FormToken":
        """Fresh, for the same form: it was filled in already, so that it may be sent at once."""
        return replace(self, issued_at=now - QUICKEST, asked=False)

    def with_question(self, now: Instant) -> "FormToken":
        """For the same form with a question, a new one each time."""
        return replace(self, issued_at=now, asked=True)


class FormTokens:
    """Makes and reads the tokens of one form, which `form` names (`new`, `reply TICKET`)."""

    def __init__(self, key: bytes, form: str) -> None:
        self._key = hmac.digest(key, form.encode(), "sha256")
        self._seal = Seal(self._key, b"form")

    def fresh(self, now: Instant) -> FormToken:
        return FormToken(secrets.token_bytes(_NONCE), now)

    def write(self, token: FormToken) -> str:
        """52 characters."""
        return self._seal.write(token.nonce + _milliseconds(token).to_bytes(_TIME, "big") + bytes([token.asked]))

    def read(self, written: str) -> FormToken | None:
        """None for anything that `write` did not make for this form."""
        plain = self._seal.read(written)
        if plain is None or len(plain) != _LENGTH:
            return None
        at = int.from_bytes(plain[_NONCE : _NONCE + _TIME], "big") / 1000
        return FormToken(plain[:_NONCE], at, asked=bool(plain[-1]))

    def secret_of(self, token: FormToken) -> bytes:
        """Bytes that belong to this token and that nobody else can know."""
        return hmac.digest(self._key, token.nonce + _milliseconds(token).to_bytes(_TIME, "big"), "sha256")


def _milliseconds(token: FormToken) -> int:
    return max(0, round(token.issued_at * 1000))
