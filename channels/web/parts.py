"""multipart/form-data (RFC 7578) read part by part from a stream, in bounded memory.

aiohttp's reader would do, but it also decodes, nests, and warns with text that strangers wrote; here a part is bytes
between two delimiters, with a few short headers, and nothing else is understood.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

_MOST_HEADERS = 8
_HEADERS_SIZE = 8192
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_PARAMETER = re.compile(r';\s*([A-Za-z*]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))')
_BROWSER_ESCAPES = {"%22": '"', "%0D": "\r", "%0A": "\n", '\\"': '"'}
"""What browsers write for characters that would end the parameter (WHATWG), and what other clients do."""
_ESCAPE = re.compile(r'%22|%0D|%0A|\\"')
_IDENTITY = frozenset({"", "7bit", "8bit", "binary", "identity"})


class NotMultipart(Exception):
    """The content breaks the rules of multipart/form-data."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a part's headers say."""

    name: str
    filename: str | None
    """None for a plain field; empty for a file input that nobody has filled."""
    content_type: str
    encoded: bool
    """Compressed or otherwise encoded, which we don't undo."""


class Parts:
    """The parts in order: `next`, then its `content` to the end, then `next`. Raises NotMultipart."""

    def __init__(self, read: Callable[[], Awaitable[bytes]], boundary: str) -> None:
        """`read` gives some more bytes, b"" at the end of the stream."""
        if not _BOUNDARY.fullmatch(boundary):
            raise NotMultipart("the boundary is none")
        self._read = read
        self._delimiter = b"\r\n--" + boundary.encode()
        # The first delimiter then looks like every other.
        self._buffer = bytearray(b"\r\n")
        self._begun = False

    async def next(self) -> Part | None:
        """The next part; None after the last."""
        if not self._begun:
            self._begun = True
            async for chunk in self.content():
                if chunk:
                    raise NotMultipart("something stands before the first part")
        line = await self._take_until(b"\r\n", optional=b"--")
        if line == b"--":
            return None
        if line.strip(b" \t"):
            raise NotMultipart("a delimiter doesn't end with its line")
        self._buffer[:0] = b"\r\n"  # a part without headers then ends them like every other
        return _described((await self._take_until(b"\r\n\r\n")).decode(errors="replace"))

    async def content(self) -> AsyncIterator[bytes]:
        """The content of the part at hand, up to the next delimiter, which it takes."""
        kept_back = len(self._delimiter) - 1
        while True:
            at = self._buffer.find(self._delimiter)
            if at >= 0:
                chunk = bytes(self._buffer[:at])
                del self._buffer[: at + len(self._delimiter)]
                yield chunk
                return
            if len(self._buffer) > kept_back:
                chunk = bytes(self._buffer[:-kept_back])
                del self._buffer[:-kept_back]
                yield chunk
            await self._fill()

    async def _take_until(self, end: bytes, *, optional: bytes = b"") -> bytes:
        """What comes before `end`, both taken; or `optional` where it stands first."""
        while True:
            if optional and self._buffer.startswith(optional):
                return optional
            at = self._buffer.find(end)
            if at > _HEADERS_SIZE or (at < 0 and len(self._buffer) > _HEADERS_SIZE + len(end)):
                raise NotMultipart("the headers of a part are too long")
            if at >= 0:
                taken = bytes(self._buffer[:at])
                del self._buffer[: at + len(end)]
                return taken
            await self._fill()

    async def _fill(self) -> None:
        more = await self._read()
        if not more:
            raise NotMultipart("the content ends in the middle")
        self._buffer += more


def _described(text: str) -> Part:
    headers = _headers(text)
    disposition = headers.get("content-disposition", "")
    given = _parameters(disposition)
    if not disposition.lower().startswith("form-data") or "name" not in given:
        raise NotMultipart("a part has no name")
    encodings = {headers.get(name, "").lower() for name in ("content-encoding", "content-transfer-encoding")}
    return Part(
        name=given["name"],
        filename=_filename(given),
        content_type=headers.get("content-type", ""),
        encoded=not encodings <= _IDENTITY,
    )


def _filename(given: Mapping[str, str]) -> str | None:
    # RFC 7578 forbids the extended form; some libraries write it all the same, and then it is the whole name.
    if given.get("filename*", "").lower().startswith("utf-8''"):
        return unquote(given["filename*"][len("utf-8''") :])
    return given.get("filename")


def _headers(text: str) -> Mapping[str, str]:
    lines = text.split("\r\n")[1:]
    if len(lines) > _MOST_HEADERS:
        raise NotMultipart("a part has too many headers")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name = name.lower()
        if not colon or not name.replace("-", "").isalnum() or name in headers:
            raise NotMultipart("a header of a part can't be read")
        headers[name] = value.strip(" \t")
    return headers


def _parameters(disposition: str) -> Mapping[str, str]:
    parameters: dict[str, str] = {}
    for name, quoted, bare in _PARAMETER.findall(disposition):
        if name.lower() in parameters:
            raise NotMultipart("a part has two names")
        parameters[name.lower()] = _ESCAPE.sub(lambda found: _BROWSER_ESCAPES[found[0]], quoted) if quoted else bare
    return parameters
