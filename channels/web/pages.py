"""The pages' frame: templates, the reader's language, links, the style sheet, and the headers that protect them."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
from aiohttp import web
from babel.dates import format_datetime
from yarl import URL

from channels.channel import ChannelContext
from gateway.core.clock import Instant, iso
from gateway.core.problems import CROSS_SITE, Problem
from gateway.core.reference import show_reference
from gateway.core.texts import Language, Texts, choose_language

_FOLDER = Path(__file__).parent
_NAMES = {"en": "English", "es": "Español"}
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PAGE_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Vary": "Accept-Language",
}
PRIVATE_HEADERS = PAGE_HEADERS | {"X-Robots-Tag": "noindex, nofollow"}


class Pages:
    """Renders the templates of one web channel."""

    def __init__(self, context: ChannelContext, texts: Texts) -> None:
        self._languages = tuple(each for each in context.languages if each in texts.languages) or texts.languages[:1]
        self._texts = texts
        self.base = URL(context.public_url).path.rstrip("/")
        """What links begin with: the public address may lie below a path."""
        self._style = (_FOLDER / "static" / "relevo.css").read_bytes()
        # The name changes with the content, so that browsers may keep it for ever.
        self.style_path = f"/static/{hashlib.sha256(self._style).hexdigest()[:16]}.css"
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_FOLDER / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals.update(
            organisation=context.organisation,
            style=self.base + self.style_path,
            show_reference=show_reference,
            iso=iso,
        )

    def language(self, request: web.Request, own: str | None = None) -> Language:
        """What the reader asked for by `?lang=`; else `own` (the ticket's); else what the browser accepts."""
        for wanted in (request.query.get("lang"), own and own.lower().partition("-")[0]):
            if wanted in self._languages:
                return self._texts.get(wanted)
        return self._texts.get(choose_language(self._languages, request.headers.get("Accept-Language", "")))

    def links(self, request: web.Request) -> str:
        """What keeps a language that was chosen by hand: `?lang=es`, or nothing."""
        wanted = request.query.get("lang")
        return f"?lang={wanted}" if wanted in self._languages else ""

    def render(
        self,
        template: str,
        language: Language,
        *,
        status: int = 200,
        headers: Mapping[str, str] = PAGE_HEADERS,
        **values: Any,
    ) -> web.Response:
        """The page as an answer."""

        def show_time(at: Instant) -> str:
            return format_datetime(at, "d MMM y, HH:mm", locale=language.code) + " UTC"

        others = [(code, _NAMES.get(code, code)) for code in self._languages if code != language.code]
        text = self._environment.get_template(template).render(
            _=language, language=language.code, others=others, show_time=show_time, **values
        )
        return web.Response(text=text, status=status, content_type="text/html", headers=headers)

    async def style(self, request: web.Request) -> web.Response:
        """The style sheet."""
        return web.Response(
            body=self._style,
            content_type="text/css",
            charset="utf-8",
            headers={"Cache-Control": "public, max-age=31536000, immutable"},
        )


def refuse_cross_site(request: web.Request) -> None:
    """Only our own pages may send our forms. Raises Problem.

    The forms carry no session, so another site gains nothing that it couldn't send itself; this keeps it from sending
    through its visitors' browsers. (Origin is of no use here: with our Referrer-Policy it is always null.)
    """
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise Problem(CROSS_SITE)
