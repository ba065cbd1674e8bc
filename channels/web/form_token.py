"""The token of a form: it proves that the form is ours and recent, and marks it, so that sending it twice makes one
message. Nothing is stored: cached pages, two tabs and a restart of the gateway are all the same to it.

`base64url(nonce (16 bytes) + milliseconds since the epoch (6) + whether a question was asked (1) + MAC (16))`
"""

import base64
import binascii
import hmac
import secrets
from dataclasses import dataclass, replace

from gateway.core.clock import Instant

LIFETIME = 12 * 3600.0
"""Seconds for which a form may stay open."""
QUICKEST = 2.0
"""Seconds that a person takes to fill in a form, at least."""
_NONCE, _TIME, _MAC = 16, 6, 16
_LENGTH = _NONCE + _TIME + 1 + _MAC


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

    def fresh(self, now: Instant) -> FormToken:
        return FormToken(secrets.token_bytes(_NONCE), now)

    def write(self, token: FormToken) -> str:
        """52 characters."""
        plain = token.nonce + _milliseconds(token).to_bytes(_TIME, "big") + bytes([token.asked])
        return base64.urlsafe_b64encode(plain + self._mac(plain)).rstrip(b"=").decode()

    def read(self, written: str) -> FormToken | None:
        """None for anything that `write` did not make for this form."""
        try:
            decoded = base64.urlsafe_b64decode(written.encode("ascii"))
        except (UnicodeEncodeError, binascii.Error):
            return None
        plain, mac = decoded[:-_MAC], decoded[-_MAC:]
        if len(decoded) != _LENGTH or not hmac.compare_digest(mac, self._mac(plain)):
            return None
        at = int.from_bytes(plain[_NONCE : _NONCE + _TIME], "big") / 1000
        return FormToken(plain[:_NONCE], at, asked=bool(plain[-1]))

    def secret_of(self, token: FormToken) -> bytes:
        """Bytes that belong to this token and that nobody else can know."""
        return hmac.digest(self._key, token.nonce + _milliseconds(token).to_bytes(_TIME, "big"), "sha256")

    def _mac(self, plain: bytes) -> bytes:
        return hmac.digest(self._key, b"form" + plain, "sha256")[:_MAC]


def _milliseconds(token: FormToken) -> int:
    return max(0, round(token.issued_at * 1000))
