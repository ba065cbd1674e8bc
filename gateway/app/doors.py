"""What may be asked of the two listeners: as many connections as configuration and file descriptors allow."""

import structlog

from config.schema import PublicSettings
from gateway.listener import Limits, connections_for, raise_descriptor_limit

OPS_LIMITS = Limits(answer_seconds=None, connections=128, connections_per_address=128)
"""Its connections are of the descriptors' reserve: operations get in, however crowded the public listener is."""

_log = structlog.get_logger("relevo")


def public_limits(settings: PublicSettings) -> Limits:
    """Also has the system give us all the descriptors that it allows, and says what makes limits per address void."""
    if settings.url.startswith("https:") and not settings.trusted_proxies:
        _log.warning(
            "the proxy that speaks https before us is not in gateway.public.trusted_proxies: everybody has its "
            "address, and nobody is slowed in a flood if that is this machine's"
        )
    descriptors = raise_descriptor_limit()
    connections = min(settings.connections, connections_for(descriptors))
    if connections < settings.connections:
        _log.warning(
            "fewer connections than configured: allow more open files",
            connections=connections,
            configured=settings.connections,
            open_files=descriptors,
        )
    return Limits(connections=connections, connections_per_address=settings.connections_per_address)
