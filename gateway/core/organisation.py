"""Whose service it is, as people see it on every public page."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path

from gateway.core.look import NO_COLOURS, OwnColours
from gateway.core.texts import LANGUAGES

LOGO_LIMIT = 256 * 1024
_SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/svg+xml": "svg"}


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture, known by its content."""

    content: bytes
    media_type: str

    @property
    def file_name(self) -> str:
        """It changes with the content, so that browsers may keep it for ever."""
        return f"{hashlib.sha256(self.content).hexdigest()[:16]}.{_SUFFIXES[self.media_type]}"


def recognise_logo(content: bytes) -> Logo:
    """What the bytes show they are, whatever the file is called. Raises ValueError."""
    if len(content) > LOGO_LIMIT:
        raise ValueError(f"the picture is too large; at most {LOGO_LIMIT // 1024} KiB")
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return Logo(content, "image/png")
    if content.startswith(b"\xff\xd8\xff"):
        return Logo(content, "image/jpeg")
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return Logo(content, "image/webp")
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<svg", b"<?xml")) and b"<svg" in content:
        return Logo(content, "image/svg+xml")
    raise ValueError("a picture is needed; allowed: PNG, JPEG, WebP, SVG")


@dataclass(frozen=True, slots=True)
class PageLink:
    """An address at the foot of every page, such as the privacy notice's."""

    name: Mapping[str, str]
    url: str


@dataclass(frozen=True, slots=True)
class Organisation:
    """Name, look and languages."""

    name: str
    colours: OwnColours = NO_COLOURS
    logo: Logo | None = None
    links: tuple[PageLink, ...] = ()
    zone: tzinfo = UTC
    """In which times are shown."""
    languages: tuple[str, ...] = LANGUAGES
    """Offered to people, the default first."""
    texts: Path | None = None
    """A folder with catalogues of its own, whose texts stand in place of ours."""
