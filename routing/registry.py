"""Every provider type there is: its settings and its factory. A new type is one line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from gateway.core.clock import Clock
from gateway.core.ports import Intaker, Provider
from gateway.core.signature import Signer
from routing.providers.webhook.adapter import WebhookProvider
from routing.providers.webhook.reports import report_routes
from routing.providers.webhook.settings import WebhookSettings
from routing.settings import ProviderSettings


@dataclass(frozen=True, slots=True)
class ProviderType:
    """What an administrator writes, and what is made of it."""

    settings: type[ProviderSettings]
    make: Callable[[str, Any, Clock], Provider]


PROVIDER_TYPES: Mapping[str, ProviderType] = {
    "webhook": ProviderType(WebhookSettings, WebhookProvider),
}
"""By the name that `type` gives it in the configuration."""


def build_provider(name: str, type_name: str, settings: ProviderSettings, clock: Clock) -> Provider:
    """The provider `name`; it may open connections, so a loop must run, and it wants to be closed."""
    return PROVIDER_TYPES[type_name].make(name, settings, clock)


def provider_routes(
    providers: Callable[[], Mapping[str, Provider]], intaker: Intaker, clock: Clock
) -> list[web.RouteDef]:
    """What the public listener mounts for providers. `providers` tells those in force when a report comes in."""

    def signer_of(name: str) -> Signer | None:
        provider = providers().get(name)
        return provider.signer if isinstance(provider, WebhookProvider) else None

    return report_routes(signer_of, intaker, clock)
