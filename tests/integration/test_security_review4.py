"""What a fourth review of listener, form, pages and desk client found, through real sockets."""

import pytest

from tests.support.listening import status
from tests.support.memory import memory
from tests.support.web import Site, web_site

MEBIBYTE = 1024 * 1024
LONG = "\N{GRINNING FACE}".encode() + b"a" * 8000
"""A header's value of which each character takes four bytes."""


async def ask(site: Site, host: bytes, accepted: bytes) -> int:
    head = b"POST /api/v1/tickets HTTP/1.1\r\nConnection: close\r\nHost: %s\r\nAccept-Language: %s\r\n" % (
        host,
        accepted,
    )
    return status(await site.raw(head + b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"))


@pytest.mark.parametrize(
    ("host", "accepted", "answered"), [(LONG, b"es", 400), (b"x", LONG, 422)], ids=["host", "language"]
)
async def test_t14_no_strangers_header_is_remembered_at_its_length(host: bytes, accepted: bytes, answered: int) -> None:
    """Hosts and languages are: 32 kB for each of the last few hundred, 30 MB in all, and for ever."""
    async with web_site() as site:
        await ask(site, host, accepted)
        with memory() as grown:
            for number in range(100):
                differing = b"%d" % number
                long = differing + LONG
                given = (long, accepted) if host is LONG else (host, long)
                assert await ask(site, *given) == answered
        assert grown[0] < MEBIBYTE
