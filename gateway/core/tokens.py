"""The requester's token: it proves the right to one ticket's page, and is derived, not stored.

`base64url(ticket id (16 bytes) + first 16 bytes of HMAC-SHA256)`, 43 characters. Forging one takes 2^128 guesses.
"""

import base64
import binascii
import hmac

_PURPOSE = b"relevo requester page\x00"
"""Keeps these signatures apart from whatever else the same key may sign."""
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_ID_BYTES = 16
_SIGNATURE_BYTES = 16
_KEY_BYTES = 32


class TokenSigner:
    """Makes and checks tokens with one secret key of at least 32 bytes; raises ValueError for a shorter one."""

    def __init__(self, key: bytes) -> None:
        if len(key) < _KEY_BYTES:
            raise ValueError(f"a signing key needs at least {_KEY_BYTES} bytes")
        self._key = key
        self._signing = hmac.new(key, _PURPOSE, "sha256")

    def derived_key(self, purpose: str) -> bytes:
        """Another key of 32 bytes, for whatever else is to be signed: each purpose has its own."""
        return hmac.digest(self._key, b"relevo derived key\x00" + purpose.encode(), "sha256")

    def sign(self, ticket_id: str) -> str:
        """The token of a ticket; `ticket_id` is 32 hexadecimal digits."""
        plain = bytes.fromhex(ticket_id)
        signing = self._signing.copy()  # half the cost of a new one
        signing.update(plain)
        signature = signing.digest()[:_SIGNATURE_BYTES]
        return binascii.b2a_base64(plain + signature, newline=False).translate(_URL_SAFE, b"=").decode()

    def verify(self, token: str) -> str | None:
        """The ticket's id; None for anything that `sign` did not make, letter by letter."""
        try:
            decoded = base64.urlsafe_b64decode(token.encode("ascii") + b"=")
        except (UnicodeEncodeError, binascii.Error):
            return None
        if len(decoded) != _ID_BYTES + _SIGNATURE_BYTES:
            return None
        ticket_id = decoded[:_ID_BYTES].hex()
        return ticket_id if hmac.compare_digest(self.sign(ticket_id), token) else None
