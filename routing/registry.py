"""Every provider type there is: its settings and its factory. A new type is one line here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from gateway.core.ports import Provider
from gateway.core.post import DeskContact
from routing.providers.context import ProviderContext
from routing.providers.email.adapter import EmailProvider
from routing.providers.email.settings import EmailDeskSettings
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
    make: Callable[[Any, ProviderContext], Provider]


PROVIDER_TYPES: Mapping[str, ProviderType] = {
    "webhook": ProviderType(
        WebhookSettings, lambda settings, of: WebhookProvider(of.name, settings, of.clock, of.links)
    ),
    "email": ProviderType(EmailDeskSettings, EmailProvider),
}
"""By the name that `type` gives it in the configuration."""


def build_provider(type_name: str, settings: ProviderSettings, context: ProviderContext) -> Provider:
    """The provider `context.name`; it may open connections, so a loop must run, and it wants to be closed. Raises
    ConfigError where the channel that it goes by can't send."""
    return PROVIDER_TYPES[type_name].make(settings, context)


def desk_contacts(providers: Iterable[Provider]) -> list[DeskContact]:
    """The help desks that are reached by mail."""
    return [provider.contact for provider in providers if isinstance(provider, EmailProvider)]


def provider_routes(providers: Callable[[], Mapping[str, Provider]], context: DeskContext) -> list[web.RouteDef]:
    """What the public listener mounts for providers. `providers` tells those in force when a request comes in."""

    def desk_of(name: str) -> WebhookProvider | None:
        provider = providers().get(name)
        return provider if isinstance(provider, WebhookProvider) else None

    return [*DeskReports(desk_of, context).routes(), *DeskDownloads(desk_of, context).routes()]
