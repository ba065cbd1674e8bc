"""A problem, or the list of all problem types, as a page for people. It needs no other file."""

import base64
import hashlib
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from gateway.core.look import OwnColours, colour_rules
from gateway.core.organisation import Organisation
from gateway.core.problems import TYPES
from gateway.core.texts import SOURCE, Language, Texts, choose_language, mark

TEXTS_FOLDER = Path(__file__).parent / "texts"
_STYLE = (
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--ground);color:var(--ink);"
    'font:1.0625rem/1.55 system-ui,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif}'
    "header{background:var(--brand);color:var(--on-brand);font-size:1.125rem;font-weight:650;margin-bottom:2rem;"
    "overflow-wrap:anywhere}"
    "header p,main{max-width:46rem;margin:0 auto}header p{padding:1.1rem 2.25rem}"
    "main{background:var(--sheet);border:1px solid var(--hairline);border-radius:.75rem;padding:2rem 2.25rem}"
    "h1{font-size:1.75rem;line-height:1.2;margin:0 0 .75rem}"
    "dt{font-weight:600;margin-top:1.25rem}dd{margin:0}"
    "a{color:var(--accent)}a:hover{color:var(--accent-strong)}:focus-visible{outline:3px solid var(--accent)}"
    "@media (max-width:40rem){header{margin:0}header p,main{padding-inline:1.25rem}"
    "main{border-width:0;border-radius:0}}"
)
_PLACEHOLDER = re.compile(r"\{\w+\}")
_BACK = mark("Back to the start")
_TYPES = mark("What an error may say")


class Front:
    """What a listener shows of itself: its languages, the default first, and, to the public, whose it is.

    `home` is where people start; None where there is no such page.
    """

    def __init__(
        self, languages: tuple[str, ...] = (SOURCE,), organisation: Organisation | None = None, home: str | None = None
    ) -> None:
        self._languages = languages
        self._texts = Texts(TEXTS_FOLDER, organisation.texts if organisation else None)
        self._name = organisation.name if organisation else None
        self._home = home
        self._style = colour_rules(organisation.colours if organisation else OwnColours()) + _STYLE
        digest = base64.b64encode(hashlib.sha256(self._style.encode()).digest()).decode()
        self.page_headers = {
            "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'",
            "Referrer-Policy": "no-referrer",
        }

    def language(self, wanted: str | None, accepted: str) -> Language:
        """The one that was chosen by hand, where it is offered; else the best for an Accept-Language header."""
        chosen = wanted if wanted in self._languages else None
        return self._texts.get(chosen or choose_language(self._languages, accepted))

    def problem(self, told: Mapping[str, Any], language: Language) -> str:
        """One problem, as told by `Problem.told`."""
        errors = "".join(f"<li>{escape(error['detail'])}</li>" for error in told.get("errors", ()))
        content = f"<p>{escape(told['detail'])}</p>" + (f"<ul>{errors}</ul>" if errors else "")
        return self._page(language, told["title"], content)

    def types(self, language: Language) -> str:
        """Every problem type, with its status and meaning."""
        rows = "".join(
            f'<dt id="{each.name}">{each.name} ({each.status}): {escape(language(each.title))}</dt>'
            f"<dd>{escape(_PLACEHOLDER.sub('…', language(each.detail)))}</dd>"
            for each in TYPES
        )
        return self._page(language, language(_TYPES), f"<dl>{rows}</dl>")

    def _page(self, language: Language, title: str, content: str) -> str:
        band = f"<header><p>{escape(self._name)}</p></header>" if self._name else ""
        named = f"{title} · {self._name}" if self._name else title
        back = f'<p><a href="{escape(self._home)}">{escape(language(_BACK))}</a></p>' if self._home else ""
        return (
            f'<!doctype html><html lang="{language.code}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(named)}</title><style>{self._style}</style></head>"
            f"<body>{band}<main><h1>{escape(title)}</h1>{content}{back}</main></body></html>"
        )
