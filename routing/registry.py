"""Every provider type there is: its settings and its factory. A new type is one line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from gateway.core.clock import Clock
from gateway.core.links import AttachmentLinks
from gateway.core.ports import Provider
from routing.providers.webhook.adapter import WebhookProvider
from routing.providers.webhook.context import DeskContext
from routing.providers.webhook.downloads import DeskDownloads
from routing.providers.webhook.reports import DeskReports
from routing.providers.webhook.settings import WebhookSettings
from routing.settings import ProviderSettings


@dataclass(frozen=True, slots=True)
class ProviderType:
    """What an administrator writes, and what is made of it."""

    settings: type[ProviderSettings]
    make: Callable[[str, Any, Clock, AttachmentLinks], Provider]


PROVIDER_TYPES: Mapping[str, ProviderType] = {
    "webhook": ProviderType(WebhookSettings, WebhookProvider),
}
"""By the name that `type` gives it in the configuration."""


def build_provider(
    name: str, type_name: str, settings: ProviderSettings, clock: Clock, links: AttachmentLinks
) -> Provider:
    """The provider `name`; it may open connections, so a loop must run, and it wants to be closed."""
    return PROVIDER_TYPES[type_name].make(name, settings, clock, links)


def provider_routes(providers: Callable[[], Mapping[str, Provider]], context: DeskContext) -> list[web.RouteDef]:
    """What the public listener mounts for providers. `providers` tells those in force when a request comes in."""

    def desk_of(name: str) -> WebhookProvider | None:
        provider = providers().get(name)
        return provider if isinstance(provider, WebhookProvider) else None

    return [*DeskReports(desk_of, context).routes(), *DeskDownloads(desk_of, context).routes()]
