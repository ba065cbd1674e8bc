"""What the public listener shows of itself."""

from yarl import URL

from channels.registry import CHANNEL_TYPES
from gateway.app.configuration import RelevoConfig
from gateway.core.organisation import Organisation
from gateway.listener import Front


def public_front(config: RelevoConfig, organisation: Organisation) -> Front:
    """With the way back to the start page, where a channel has one."""
    base = URL(config.gateway.public.url).path.rstrip("/")
    starts = [CHANNEL_TYPES[typed.type].start for typed in config.channels.values()]
    start = next((each for each in starts if each), None)
    return Front(organisation.languages, organisation, start and base + start)
