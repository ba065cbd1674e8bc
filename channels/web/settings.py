"""What an administrator may set of the web channel."""

from ipaddress import ip_network
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from channels.web.attachment_settings import AttachmentSettings
from channels.web.categories import CategorySettings, unique_categories
from gateway.core.settings import Secret, Settings


def _network(written: str) -> str:
    try:
        return str(ip_network(written))
    except ValueError:
        raise ValueError("an address or a network is needed, such as 192.0.2.0/24 or 2001:db8::/32") from None


def _origin(written: str) -> str:
    try:
        parts = urlsplit(written)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or written.lower() != f"{parts.scheme}://{parts.netloc}".lower() or not parts.netloc.isascii():
        raise ValueError("an origin is needed, such as https://www.example.org: no path, no final slash")
    if set(parts.netloc) & set("@;,'\"* "):
        raise ValueError("an origin has a host and at most a port; a pattern or a password is not allowed")
    return written.lower()


class RateSettings(Settings):
    """How many requests are taken before they are slowed, then questioned, and at last refused; see docs/web.md."""

    per_address: int = Field(
        30, ge=1, le=100_000, description="Sent in a minute from one address (IPv6: /64 network) without any hindrance."
    )
    everybody: int = Field(
        600, ge=1, le=1_000_000, description="Sent in a minute from all addresses together without any hindrance."
    )
    files_per_address: int = Field(
        536_870_912,
        ge=1_048_576,
        description="Bytes of files taken in an hour from one address: they are on disk before a form is sent.",
    )
    trusted: tuple[Annotated[str, AfterValidator(_network)], ...] = Field(
        ("127.0.0.0/8", "::1"),
        description="Addresses and networks that are never hindered, such as an office's or an API client's.",
    )


class WebSettings(Settings):
    """The form, the API and the requester's page."""

    api_key: Secret | None = Field(
        None, description="Key that the API demands as Authorization: Bearer KEY. Without it the API is open."
    )
    body_limit: int = Field(
        262_144, ge=4096, le=1_048_576, description="Bytes that a request's content may have, files aside."
    )
    subject_length: int = Field(200, ge=20, le=1000, description="Characters that a subject may have.")
    message_length: int = Field(20_000, ge=200, le=100_000, description="Characters that a message may have.")
    categories: Annotated[tuple[CategorySettings, ...], AfterValidator(unique_categories)] = Field(
        (), max_length=50, description="What a request may be about. Without any, the form doesn't ask."
    )
    attachments: AttachmentSettings = AttachmentSettings()
    rates: RateSettings = RateSettings()
    embed: tuple[Annotated[str, AfterValidator(_origin)], ...] = Field(
        (),
        max_length=50,
        description="Origins of sites that may embed the form, such as https://www.example.org; see docs/widget.md.",
    )
