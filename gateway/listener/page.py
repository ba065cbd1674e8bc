"""A problem, or the list of all problem types, as a page for people. It needs no other file."""

import base64
import hashlib
import re
from collections.abc import Mapping
from html import escape
from typing import Any

from gateway.core.problems import TYPES
from gateway.core.texts import Language

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:1.0625rem/1.5 system-ui,sans-serif;max-width:38rem;margin:0 auto;padding:3rem 1.25rem}"
    "h1{font-size:1.6rem;line-height:1.2}dt{font-weight:600;margin-top:1.25rem}dd{margin:0}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_PLACEHOLDER = re.compile(r"\{\w+\}")
PAGE_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


def problem_page(told: Mapping[str, Any], language: Language) -> str:
    """One problem, as told by `Problem.told`."""
    errors = "".join(f"<li>{escape(error['detail'])}</li>" for error in told.get("errors", ()))
    return _page(language, told["title"], f"<p>{escape(told['detail'])}</p>" + (f"<ul>{errors}</ul>" if errors else ""))


def types_page(language: Language) -> str:
    """Every problem type, with its status and meaning."""
    rows = "".join(
        f'<dt id="{each.name}">{each.name} ({each.status}): {escape(language(each.title))}</dt>'
        f"<dd>{escape(_PLACEHOLDER.sub('…', language(each.detail)))}</dd>"
        for each in TYPES
    )
    return _page(language, language("What an error may say"), f"<dl>{rows}</dl>")


def _page(language: Language, title: str, content: str) -> str:
    return (
        f'<!doctype html><html lang="{language.code}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{content}</main></body></html>"
    )
