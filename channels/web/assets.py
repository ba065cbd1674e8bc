"""The files that the pages need: style sheet, script, logo, and the widget's script. Each is read once, at start."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson
from aiohttp import web

from gateway.core.look import LIGHT, colour_rules, palette
from gateway.core.organisation import Organisation
from gateway.core.texts import Texts, mark

_FOLDER = Path(__file__).parent / "static"
WIDGET_PATH = "/widget.js"
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable", "Cross-Origin-Resource-Policy": "same-origin"}
_FOR_AN_HOUR = {"Cache-Control": "public, max-age=3600", "Cross-Origin-Resource-Policy": "cross-origin"}
_CAGE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox",
    "Content-Disposition": "inline",
}
"""For a logo that is opened by itself: an SVG may hold scripts, which nothing may ever run."""

_HELP = mark("Help")
_CLOSE = mark("Close")


@dataclass(frozen=True, slots=True)
class Asset:
    """A file under its address below the public one."""

    path: str
    content: bytes
    media_type: str
    headers: Mapping[str, str]

    async def serve(self, request: web.Request) -> web.Response:
        headers = {"Content-Type": self.media_type, **self.headers}
        return web.Response(body=self.content, headers=headers)


class Assets:
    """The assets of one web channel."""

    def __init__(self, organisation: Organisation, texts: Texts, languages: tuple[str, ...]) -> None:
        style = colour_rules(organisation.colours).encode() + (_FOLDER / "relevo.css").read_bytes()
        self.style = _hashed(style, "css", "text/css; charset=utf-8")
        self.script = _hashed((_FOLDER / "relevo.js").read_bytes(), "js", "text/javascript; charset=utf-8")
        self.logo = _logo(organisation)
        self.widget = _widget(organisation, texts, languages)

    def routes(self) -> list[web.RouteDef]:
        found = (self.style, self.script, self.logo, self.widget)
        return [web.get(asset.path, asset.serve) for asset in found if asset]


def _hashed(content: bytes, suffix: str, media_type: str) -> Asset:
    # The name changes with the content, so that browsers may keep it for ever.
    name = f"{hashlib.sha256(content).hexdigest()[:16]}.{suffix}"
    return Asset(f"/static/{name}", content, media_type, _FOR_EVER)


def _logo(organisation: Organisation) -> Asset | None:
    logo = organisation.logo
    if logo is None:
        return None
    return Asset(f"/static/{logo.file_name}", logo.content, logo.media_type, _FOR_EVER | _CAGE)


def _widget(organisation: Organisation, texts: Texts, languages: tuple[str, ...]) -> Asset:
    """The script is a function of its settings; here it gets them."""
    colours = palette(LIGHT, organisation.colours.brand, organisation.colours.accent)
    settings = {
        "name": organisation.name,
        "ground": colours["accent"],
        "ink": colours["on-accent"],
        "texts": {code: {"help": texts.get(code)(_HELP), "close": texts.get(code)(_CLOSE)} for code in languages},
    }
    script = (_FOLDER / "widget.js").read_bytes().rstrip()
    call = b"(" + script + b")(" + orjson.dumps(settings) + b");\n"
    return Asset(WIDGET_PATH, call, "text/javascript; charset=utf-8", _FOR_AN_HOUR)
