"""The pages' frame: templates, links, and the headers that protect them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
from aiohttp import web
from babel.dates import format_datetime, get_timezone_location
from multidict import istr
from yarl import URL

from channels.channel import ChannelContext
from channels.web.assets import Assets
from channels.web.settings import WebSettings
from channels.web.sizes import shown_size
from channels.web.visit import Visit, Visits
from gateway.core.clock import Instant, iso
from gateway.core.problems import CROSS_SITE, Problem
from gateway.core.reference import show_reference
from gateway.core.texts import Texts, in_language

_TEMPLATES = Path(__file__).parent / "templates"
_NAMES = {"en": "English", "es": "Español"}
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)
RETRY_AFTER = {"Retry-After": "60"}
_FETCH_SITE = istr("Sec-Fetch-Site")


class Pages:
    """Renders the templates of one web channel."""

    def __init__(self, settings: WebSettings, context: ChannelContext, texts: Texts) -> None:
        self._organisation = context.organisation
        offered = self._organisation.languages
        languages = tuple(each for each in offered if each in texts.languages) or texts.languages[:1]
        self.assets = Assets(self._organisation, texts, languages)
        self.visits = Visits(texts, languages, settings.embed)
        self.base = URL(context.public_url).path.rstrip("/")
        """What links begin with: the public address may lie below a path."""
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals.update(
            organisation=self._organisation,
            base=self.base,
            style=self.base + self.assets.style.path,
            script=self.base + self.assets.script.path,
            logo=self.assets.logo and self.base + self.assets.logo.path,
            show_reference=show_reference,
            iso=iso,
        )

    def render(
        self,
        template: str,
        visit: Visit,
        *,
        status: int = 200,
        private: bool = False,
        filled: str | None = None,
        kept_query: Mapping[str, str] | None = None,
        **values: Any,
    ) -> web.Response:
        """The page as an answer; `private` where it is one person's.

        A page whose form is filled in changes its language by sending the form, with `filled` as the step; others by a
        link, which keeps `kept_query`.
        """
        code, zone = visit.language.code, self._organisation.zone

        def show_time(at: Instant) -> str:
            return format_datetime(at, "d MMM y, HH:mm", tzinfo=zone, locale=code)

        def local(text: Mapping[str, str]) -> str:
            return in_language(code, text)

        def size(number: int) -> str:
            return shown_size(number, visit.language)

        text = self._environment.get_template(template).render(
            _=visit.language,
            language=code,
            visit=visit,
            others=[(each, _NAMES.get(each, each)) for each in self.visits.languages if each != code],
            show_time=show_time,
            local=local,
            size=size,
            filled=filled,
            kept_query=kept_query or {},
            place=get_timezone_location(zone, locale=code, return_city=True),
            **values,
        )
        headers = _headers(visit, private=private) | (RETRY_AFTER if status == 503 else {})
        return web.Response(text=text, status=status, content_type="text/html", headers=headers)


def see(visit: Visit, address: str) -> web.HTTPSeeOther:
    """Leads to another page; raise it. A site that embeds us may demand the headers of every answer."""
    return web.HTTPSeeOther(address, headers=_headers(visit, private=True))


def _headers(visit: Visit, *, private: bool) -> dict[str, str]:
    headers = {
        "Content-Security-Policy": _POLICY.format(ancestors=" ".join(visit.ancestors) or "'none'"),
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "Vary": "Accept-Language",
        "Content-Language": visit.language.code,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Cross-Origin-Resource-Policy": "cross-origin" if visit.ancestors else "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
    return headers | {"X-Robots-Tag": "noindex, nofollow"} if private else headers


def refuse_cross_site(request: web.Request) -> None:
    """Only our own pages may send our forms. Raises Problem.

    The forms carry no session, so another site gains nothing that it couldn't send itself; this keeps it from sending
    through its visitors' browsers. (Origin is of no use here: with our Referrer-Policy it is always null.)
    """
    if request.headers.get(_FETCH_SITE) == "cross-site":
        raise Problem(CROSS_SITE)
