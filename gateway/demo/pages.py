"""What the demo's pages share: their look, their headers, and who may ask for them."""

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

from gateway.core.texts import Texts, choose_language

STATIC = web.static("/static/shared", Path(__file__).parent / "static")
LANGUAGES = {"en": "English", "es": "Español"}
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


async def add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """No third party's content, no inline script, nothing kept."""
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"  # with no-referrer, forms would have the origin null
    response.headers["Cache-Control"] = "no-store"


def names_this_machine(authority: str) -> bool:
    """Whether it is an address, or localhost, with or without a port. A name can be made to lead here (DNS rebinding),
    and then another site's page would be this one's own to the browser."""
    try:
        host = urlsplit(f"//{authority}").hostname or ""
        return host == "localhost" or bool(ipaddress.ip_address(host))
    except ValueError:
        return False


def from_here(request: web.Request) -> bool:
    """From a loopback address, and not sent by another site's page in a browser of this machine."""
    origin = request.headers.get("Origin")
    own = origin is None or urlsplit(origin).netloc == request.host
    return own and request.remote is not None and ipaddress.ip_address(request.remote).is_loopback


def language_of(request: web.Request, texts: Texts) -> str:
    """The one that is asked for, else what the browser prefers."""
    return choose_language(texts.languages, request.query.get("lang", "") or request.headers.get("Accept-Language", ""))


def other_language(code: str) -> str:
    """The one to be offered beside it."""
    return "en" if code == "es" else "es"
