"""TXT records for DKIM, within a time that holds for all look-ups of one mail together."""

import time
from collections.abc import Callable

import dns.exception
import dns.resolver

LONGEST = 4096
"""Bytes. A key of the largest size that RFC 8301 has anybody verify (4096 bits) takes 750."""


class NotLookedUp(Exception):
    """A record that nobody could ask for, or that is too long to be a key."""


class TextRecords:
    """Looks names up for so many seconds in all, by the system's name servers unless others are given."""

    def __init__(
        self,
        within: float,
        resolver: dns.resolver.Resolver | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._resolver = resolver
        self._monotonic = monotonic
        self._ends = monotonic() + within

    def find(self, name: str, seconds: float) -> bytes | None:
        """The record of a name, its strings joined; None where there is none. Raises NotLookedUp."""
        left = min(seconds, self._ends - self._monotonic())
        if left <= 0:
            raise NotLookedUp("no time is left")
        try:
            self._resolver = self._resolver or dns.resolver.Resolver()
            records = self._resolver.resolve(name, "TXT", lifetime=left, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return None
        except (dns.exception.DNSException, OSError) as error:
            raise NotLookedUp(type(error).__name__) from error
        joined = b"".join(records[0].strings)
        if len(joined) > LONGEST:
            raise NotLookedUp("the record is too long")
        return joined
