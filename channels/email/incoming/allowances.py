"""How many automatic answers anybody gets, whatever was recognised: as the store counts them. Pure."""

import hmac

from channels.email.budget import (
    IN_ALL,
    PER_DOMAIN,
    PER_SENDER,
    PER_SUBJECT,
    SHORT_WINDOW,
    WINDOW,
    normal_address,
    normal_subject,
)
from gateway.core.ticket import Allowance


class Allowances:
    """Keys of counters that show nobody's address; `key` is secret."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, address: str, subject: str) -> tuple[Allowance, ...]:
        """What one more answer to that address, under that subject, takes."""
        sender = normal_address(address)
        domain = sender.rpartition("@")[2]
        return (
            Allowance(self._digest(f"{sender}\n{normal_subject(subject)}"), PER_SUBJECT, WINDOW),
            Allowance(self._digest(sender), PER_SENDER, WINDOW),
            Allowance(self._digest(f"@{domain}"), PER_DOMAIN, SHORT_WINDOW),
            Allowance(self._digest(""), IN_ALL, SHORT_WINDOW),
        )

    def _digest(self, plain: str) -> str:
        return hmac.digest(self._key, plain.encode("utf-8", "surrogatepass"), "sha256").hex()
