"""A webhook provider as configured for a scripted desk."""

import json
from typing import Any

from gateway.core.clock import SystemClock
from gateway.core.links import AttachmentLinks
from routing.providers.webhook.adapter import WebhookProvider
from routing.providers.webhook.settings import WebhookSettings
from tests.support.scripted_desk import ScriptedDesk

LINKS = AttachmentLinks(b"a key of thirty-two bytes or more", "https://help.example.org", SystemClock())
SECRET = "whsec_Q2FuYXJ5U2VjcmV0Rm9yVGVzdHNPbmx5MTIz"


def make_settings(url: str, health_url: str | None = None, **changes: Any) -> WebhookSettings:
    """Settings with short times, as a configuration file would give them."""
    written: dict[str, Any] = {
        "url": url,
        "allow_private": True,
        "secret": SECRET,
        "timeout": "300ms",
        "search_timeout": "150ms",
        "health": {"url": health_url} if health_url else {},
    }
    return WebhookSettings.model_validate_json(json.dumps(written | changes), strict=True)


def make_provider(desk: ScriptedDesk, **changes: Any) -> WebhookProvider:
    return WebhookProvider("acme", make_settings(desk.url, desk.health_url, **changes), SystemClock(), LINKS)
