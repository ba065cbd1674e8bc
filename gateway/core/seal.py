"""Sealed bytes: a text that proves by itself that we wrote it, so that nothing about it has to be stored.

`base64url(plain + first 16 bytes of HMAC-SHA256)`, without padding. Forging one takes 2^128 guesses.
"""

import base64
import binascii
import hmac

_MAC = 16
_KEY_BYTES = 32
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class Seal:
    """Seals with one secret key of at least 32 bytes; raises ValueError for a shorter one.

    `purpose` keeps its seals apart from whatever else the same key may seal.
    """

    def __init__(self, key: bytes, purpose: bytes = b"") -> None:
        if len(key) < _KEY_BYTES:
            raise ValueError(f"a signing key needs at least {_KEY_BYTES} bytes")
        self._begun = hmac.new(key, purpose, "sha256")

    def write(self, plain: bytes) -> str:
        """The sealed text."""
        mac = self._begun.copy()  # half the cost of a new one
        mac.update(plain)
        return binascii.b2a_base64(plain + mac.digest()[:_MAC], newline=False).translate(_URL_SAFE, b"=").decode()

    def read(self, text: str) -> bytes | None:
        """What was sealed; None for anything that `write` did not make, letter by letter."""
        try:
            plain = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))[:-_MAC]
        except (UnicodeEncodeError, binascii.Error):
            return None
        return plain if hmac.compare_digest(self.write(plain), text) else None
