"""What we make of a file's name and type, which strangers choose: data to be shown, never believed. Pure."""

import re
from urllib.parse import quote

from gateway.core.unseen import UNSEEN

NAME_LENGTH = 150
HEAD = 1024
"""Bytes at the beginning of a content that `judge_type` looks at."""
UNKNOWN_TYPE = "application/octet-stream"
_NAMELESS = "attachment"

_MISLEADING = re.compile(rf"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{UNSEEN}]")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")
_UNSAFE_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|]')

_BEGINNINGS = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
    "application/pdf": (b"%PDF-",),
}
"""How the contents begin that may be shown as what they claim to be."""
_MARKUP_AT_THE_START = re.compile(rb"\s*<[a-z!?/]", re.IGNORECASE)
_MARKUP = re.compile(rb"<(?:!doctype|\?xml|html|head|body|script|svg|iframe|math|xsl)\b", re.IGNORECASE)
_EXECUTED = re.compile(r"text/(?!plain$|csv$).*|multipart/.*|.*[/+]xml\b.*|.*(?:html|svg|script|wasm|flash|mathml).*")
"""Declared types that a browser might run, or read as markup."""

INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "text/plain"})
"""Types that may be shown in the browser; everything else is only ever downloaded."""


def clean_name(name: str) -> str:
    """The name in one line without tricks, of bounded length, its end (the extension) kept; never empty."""
    shown = _MISLEADING.sub("\ufffd", name.strip()).strip()
    if len(shown) > NAME_LENGTH:
        half = NAME_LENGTH // 2
        shown = f"{shown[: half - 1]}…{shown[-half:]}"
    return shown or _NAMELESS


def declared_type(content_type: str) -> str:
    """The media type in lower case without parameters; the unknown one for what is none."""
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type if _MEDIA_TYPE.fullmatch(media_type) else UNKNOWN_TYPE


def judge_type(declared: str, head: bytes) -> str:
    """The declared type where the content's beginning agrees; the unknown one for what pretends to be another, and for
    whatever a browser might execute."""
    beginnings = _BEGINNINGS.get(declared)
    if beginnings is not None:
        return declared if head.startswith(beginnings) else UNKNOWN_TYPE
    return UNKNOWN_TYPE if _EXECUTED.fullmatch(declared) or _is_markup(head) else declared


def served_type(media_type: str) -> str:
    """The Content-Type to answer with: text only ever as plain text, and nothing that a browser could execute."""
    if media_type == "text/plain":
        return "text/plain; charset=utf-8"
    return UNKNOWN_TYPE if _EXECUTED.fullmatch(media_type) else media_type


def _is_markup(head: bytes) -> bool:
    text = head.replace(b"\x00", b"").removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    return _MARKUP_AT_THE_START.match(text) is not None or _MARKUP.search(text) is not None


def content_disposition(name: str, *, inline: bool) -> str:
    """The header's value (RFC 6266): an ASCII name for old clients, and the whole one (RFC 8187); no path survives."""
    safe = _UNSAFE_IN_FILE_NAMES.sub("_", name).lstrip(".") or _NAMELESS
    ascii_name = safe.encode("ascii", "replace").decode().replace("?", "_").replace("%", "_")
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(safe, safe='')}"
