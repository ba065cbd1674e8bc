"""Who may use the ops API: the bearer of the token; without a configured token, whoever is on this machine."""

import hmac
from ipaddress import ip_address

from aiohttp import web
from yarl import URL

from gateway.core.problems import CROSS_SITE, UNAUTHORIZED, Problem
from gateway.web.ops import Ops


def require_access(ops: Ops, request: web.Request) -> None:
    """Raises Problem for whoever may not use the API."""
    if ops.token is None:
        _require_own_site(request)
    else:
        _require_token(ops.token, request)


def actor(ops: Ops, request: web.Request) -> str:
    """Who did it, for the audit."""
    return f"{'token' if ops.token else 'loopback'} from {request.remote}"


def _require_token(token: str, request: web.Request) -> None:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    presented = scheme.lower() == "bearer"
    if presented and hmac.compare_digest(_octets(given.strip()), _octets(token)):
        return
    challenge = 'Bearer realm="relevo"' + (', error="invalid_token"' if presented else "")
    raise Problem(UNAUTHORIZED, headers={"WWW-Authenticate": challenge})


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _require_own_site(request: web.Request) -> None:
    """Without a token a browser on this machine must not lend its place to a page from elsewhere.

    The Host must be ours (against DNS rebinding), and a browser that names the page's origin must name us. Of a GET
    without CORS it only says how far off the page is.
    """
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    elsewhere = (origin is not None and origin != f"http://{request.host}") or site in ("cross-site", "same-site")
    if elsewhere or not _is_loopback(request.host):
        raise Problem(CROSS_SITE, "Without a token the API answers only requests made on this machine to its address.")


def _is_loopback(authority: str) -> bool:
    try:
        host = URL(f"http://{authority}").host or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
