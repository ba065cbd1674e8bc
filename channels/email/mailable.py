"""Addresses that mail can be sent to."""

import re

_UNFIT = re.compile(r"[\x00-\x20\x7f<>]")
_LONGEST = 254


def mailable(address: str) -> str:
    """The address with its domain in ASCII, as it goes into commands and headers. Raises ValueError for what is no
    address, or could end one (T23)."""
    local, at, domain = address.rpartition("@")
    whole = local and at and domain and len(address) <= _LONGEST
    if not whole or _UNFIT.search(address) or not address.isprintable():
        raise ValueError("not an address")
    return f"{local}@{domain if domain.isascii() else domain.encode('idna').decode()}"
