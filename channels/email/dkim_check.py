"""DKIM checked by ourselves, for mail servers that write no Authentication-Results. Needs the extra `dkim`; how names
are looked up is the caller's."""

from collections.abc import Callable

import dkim  # type: ignore[import-untyped]

Resolver = Callable[[str, float], bytes | None]
"""The TXT record of a name, its strings joined, within so many seconds; None where there is none."""
_MOST_SIGNATURES = 5
_MOST_BYTES = 8_000_000
"""Of all signatures together: the library takes 0.2 s and 35 MB of memory for each megabyte."""
_BLANKS = b" " * 100
"""A longer run of blanks costs the library the square of its length (T17)."""
_EMPTY_LINES = b"\r\n" * 1000
"""At the end, where the library takes them off one by one."""


def signing_domains(raw: bytes, resolver: Resolver) -> tuple[str, ...]:
    """The domains, in lower case, of the signatures that hold. One that doesn't cover From, or covers only part of the
    body, counts for nothing: anybody can write there. A mail that would cost too much isn't checked. Never raises for
    what a mail holds; what `resolver` raises means that the signature can't be checked."""
    if _BLANKS in raw.replace(b"\t", b" ") or raw.endswith(_EMPTY_LINES):
        return ()

    def text_record(name: bytes, timeout: float = 5) -> bytes | None:
        return resolver(name.decode("ascii").rstrip("."), timeout)

    tries = min(_MOST_SIGNATURES, _MOST_BYTES // max(1, len(raw)))
    found = (_signing_domain(raw, at, text_record) for at in range(tries))
    return tuple(domain for domain in found if domain)


def _signing_domain(raw: bytes, at: int, text_record: Callable[..., bytes | None]) -> str:
    """The domain of the signature of that number; "" where there is none, or it doesn't hold."""
    try:
        message = dkim.DKIM(raw)
        if not message.verify(at, dnsfunc=text_record):
            return ""
        covers_all = b"from" in message.include_headers and b"l" not in message.signature_fields
        return message.domain.decode("ascii").lower() if covers_all else ""
    except Exception:  # the library raises what it likes on hostile signatures
        return ""
