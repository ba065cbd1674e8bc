"""What a request head must be beyond what the parser makes sure of: nothing that two readers could take differently."""

import re
from functools import lru_cache

from aiohttp import HttpVersion11, hdrs, web

from gateway.core.problems import BAD_REQUEST, EXPECTATION_FAILED, UNSUPPORTED_ENCODING, Problem

_LONGEST_HOST = 255 + len(":65535")
"""Characters; what is longer is no name (RFC 1035 section 2.3.4), and must not lie in the memory of hosts."""
_HOST = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
_END_OF_AUTHORITY = re.compile(r"[/?#]")
_IDENTITY = "identity"
_CONTINUE = "100-continue"
_WITHOUT_CONTENT = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})
"""What they bring means nothing (RFC 9110 section 9.3.1), and would lie in memory for as long as they are under way."""


def require_plain_head(request: web.Request) -> None:
    """Raises Problem for a head that breaks the rules of HTTP (RFC 9112), for any compression of the body, for a body
    that has no meaning, and for any expectation but the one that there is (RFC 9110 section 10.1.1)."""
    headers = request.headers
    host = headers.get(hdrs.HOST)
    if host is not None and (len(host) > _LONGEST_HOST or not _is_host(host)):
        raise Problem(BAD_REQUEST, close=True)
    if request.method == hdrs.METH_CONNECT:
        raise Problem(BAD_REQUEST, close=True)  # the parser takes what follows for the tunnel's
    if not request.raw_path.startswith("/"):
        _require_own_target(request, host)
    if request.method in _WITHOUT_CONTENT and request.body_exists:
        raise Problem(BAD_REQUEST, close=True)
    if hdrs.EXPECT in headers and headers[hdrs.EXPECT].lower() != _CONTINUE:
        raise Problem(EXPECTATION_FAILED, close=True)
    if hdrs.TRANSFER_ENCODING in headers:
        _require_chunked_alone(request)
    if hdrs.CONTENT_ENCODING in headers:
        _require_identity(headers.getall(hdrs.CONTENT_ENCODING))


@lru_cache(maxsize=512)
def _is_host(text: str) -> bool:
    """A name or an address with or without a port: no user, no list, nothing else (section 3.2)."""
    return _HOST.fullmatch(text) is not None


def _require_own_target(request: web.Request, host: str | None) -> None:
    """`OPTIONS *`, or a whole URL that names the same host as Host does (section 3.2.2)."""
    if request.raw_path == "*" and request.method == hdrs.METH_OPTIONS:
        return
    scheme, _, rest = request.raw_path.partition("://")
    if scheme.lower() not in ("http", "https") or _END_OF_AUTHORITY.split(rest, maxsplit=1)[0] != host:
        raise Problem(BAD_REQUEST, close=True)


def _require_chunked_alone(request: web.Request) -> None:
    """HTTP/1.0 has no transfer codings (section 6.1), and any other than chunked compresses."""
    if request.version < HttpVersion11:
        raise Problem(BAD_REQUEST, close=True)
    if request.headers[hdrs.TRANSFER_ENCODING].lower() != "chunked":
        raise _compressed()


def _require_identity(encodings: list[str]) -> None:
    # A small body can't grow into a big one when nothing is ever unpacked.
    if any(each.strip().lower() != _IDENTITY for line in encodings for each in line.split(",")):
        raise _compressed()


def _compressed() -> Problem:
    return Problem(UNSUPPORTED_ENCODING, headers={"Accept-Encoding": _IDENTITY}, close=True)
