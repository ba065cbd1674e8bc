"""The requester's token: it proves the right to one ticket's page, and is derived, not stored.

The ticket's id of 16 bytes under a seal: 43 characters.
"""

import hmac

from gateway.core.seal import Seal

_PURPOSE = b"relevo requester page\x00"
_ID_BYTES = 16


class TokenSigner:
    """Makes and checks tokens with one secret key of at least 32 bytes; raises ValueError for a shorter one."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._seal = Seal(key, _PURPOSE)

    def derived_key(self, purpose: str) -> bytes:
        """Another key of 32 bytes, for whatever else is to be signed: each purpose has its own."""
        return hmac.digest(self._key, b"relevo derived key\x00" + purpose.encode(), "sha256")

    def sign(self, ticket_id: str) -> str:
        """The token of a ticket; `ticket_id` is 32 hexadecimal digits."""
        return self._seal.write(bytes.fromhex(ticket_id))

    def verify(self, token: str) -> str | None:
        """The ticket's id; None for anything that `sign` did not make, letter by letter."""
        plain = self._seal.read(token)
        return plain.hex() if plain is not None and len(plain) == _ID_BYTES else None
