"""A visit: in which language somebody reads, and within which site, kept in every link and form of the pages."""

from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from gateway.core.texts import Language, Texts, choose_language

ANY_SITE = "1"
"""`?embed=1`: within any of the sites that may embed us, which then can't be told how high the page is."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What a request says of its reader."""

    language: Language
    chosen: str | None = None
    """The language that was chosen by hand."""
    embed: str | None = None
    """The origin of the site that the page is embedded in, or `ANY_SITE`; None for a page of its own."""
    ancestors: tuple[str, ...] = ()
    """The sites that may embed this page."""

    def query(self, **more: str | None) -> str:
        """`?lang=es&embed=1`, with other values where they are given; or nothing."""
        kept = {"lang": self.chosen, "embed": self.embed, **more}
        given = {name: value for name, value in kept.items() if value is not None}
        return f"?{urlencode(given)}" if given else ""

    @property
    def parent(self) -> str | None:
        """The origin to tell how high the page is."""
        return self.embed if self.embed != ANY_SITE else None


class Visits:
    """Makes visits of requests: `languages` are offered, the default first; `sites` may embed the pages."""

    def __init__(self, texts: Texts, languages: tuple[str, ...], sites: tuple[str, ...]) -> None:
        self.languages = languages
        self._texts = texts
        self._sites = sites

    def of(self, request: web.Request, own: str | None = None) -> Visit:
        """The language is what the reader asked for by `?lang=`; else `own` (the ticket's); else what the browser
        accepts."""
        chosen = request.query.get("lang")
        if chosen not in self.languages:
            chosen = None
        embed, ancestors = self._embedded(request.query.get("embed"))
        return Visit(self._texts.get(chosen or self._suits(request, own)), chosen, embed, ancestors)

    def _suits(self, request: web.Request, own: str | None) -> str:
        code = (own or "").lower().partition("-")[0]
        if code in self.languages:
            return code
        return choose_language(self.languages, request.headers.get("Accept-Language", ""))

    def _embedded(self, embed: str | None) -> tuple[str | None, tuple[str, ...]]:
        if embed == ANY_SITE:
            return ANY_SITE, self._sites
        return (embed, (embed,)) if embed in self._sites else (None, ())
