"""An HTTP answer whose every byte is known at once, for the routes where the cost of answering counts."""

import time
from collections.abc import Mapping
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from aiohttp import HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter

ALWAYS = {"Server": "Relevo", "X-Content-Type-Options": "nosniff"}
"""What every answer of a listener says."""
UNLESS_GIVEN = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
"""And these policies, stricter than any page needs, where the route gave none."""
_COMMON = "".join(f"{name}: {value}\r\n" for name, value in (ALWAYS | UNLESS_GIVEN).items())


class ReadyHead:
    """What the heads of alike answers have in common, composed once: the status, `headers`, and the common ones."""

    def __init__(self, status: HTTPStatus, headers: Mapping[str, str]) -> None:
        self.status = status
        self.lines = f"{status.value} {status.phrase}\r\n{_COMMON}{_lines(headers)}"


class ReadyAnswer(web.StreamResponse):
    """A small answer with a content, written in one piece, past aiohttp's general way of composing headers.

    The values in `headers`, which are its own, are free of line breaks; Content-Length, Date and Connection are added.
    """

    def __init__(self, head: ReadyHead, content: bytes, headers: Mapping[str, str]) -> None:
        super().__init__(status=head.status)
        self._head = f"{head.lines}{_lines(headers)}Content-Length: {len(content)}\r\n"
        self._content = content
        self._kept_open: bool | None = None

    @property
    def keep_alive(self) -> bool | None:
        """Whether the connection goes on; None as long as the request decides."""
        return self._kept_open

    def force_close(self) -> None:
        self._kept_open = False

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Write it. Raises ConnectionResetError where the client is gone."""
        if self._kept_open is None:
            self._kept_open = request.keep_alive
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("the client is gone")
        version, connection = "1.1", "" if self._kept_open else "Connection: close\r\n"
        if request.version < HttpVersion11:
            version, connection = "1.0", "Connection: keep-alive\r\n" if self._kept_open else ""
        head = f"HTTP/{version} {self._head}{connection}Date: {_date(int(time.time()))}\r\n\r\n"
        transport.write(head.encode("latin-1") + self._content)
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """Everything is written already."""


def _lines(headers: Mapping[str, str]) -> str:
    return "".join([f"{name}: {value}\r\n" for name, value in headers.items()])


@lru_cache(maxsize=4)
def _date(second: int) -> str:
    """RFC 9110 section 5.6.7, whatever the locale."""
    return formatdate(second, usegmt=True)
