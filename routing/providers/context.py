"""What a provider is made with, whatever its type."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.core.clock import Clock
from gateway.core.links import AttachmentLinks
from gateway.core.post import Post


@dataclass(frozen=True, slots=True)
class ProviderContext:
    """All that a provider gets beside its settings."""

    name: str
    """Its key in the configuration."""
    clock: Clock
    links: AttachmentLinks
    posts: Mapping[str, Post]
    """How letters are sent, by the mail channel's name."""
