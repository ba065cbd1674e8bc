"""The channels of a configuration as they run."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web

from channels.channel import Backstage, Channel, ChannelContext, MailAddresses
from channels.registry import CHANNEL_TYPES
from config.schema import Typed
from gateway.core.clock import Clock
from gateway.core.delivery import Case, Lease, Quarantine
from gateway.core.ports import DeliveryEnds
from gateway.core.post import Post


class Channels:
    """All of them, by name. They are made before what they are handed to is running, and opened last."""

    def __init__(
        self,
        configured: Mapping[str, Typed],
        context: Callable[[str], ChannelContext],
        backstage: Backstage,
        clock: Clock,
    ) -> None:
        addresses = _mail_addresses(configured)
        self._channels: dict[str, Channel] = {
            name: CHANNEL_TYPES[typed.type].make(
                typed.settings, replace(context(name), mail_addresses=addresses), backstage
            )
            for name, typed in configured.items()
        }
        self._store: DeliveryEnds = backstage.store
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """What the public listener mounts."""
        return [route for channel in self._channels.values() for route in channel.routes()]

    def posts(self) -> dict[str, Post]:
        """How help desks are written to, by channel."""
        posts = {name: channel.post() for name, channel in self._channels.items()}
        return {name: post for name, post in posts.items() if post is not None}

    async def work(self, case: Case) -> None:
        """Do what is owed through a channel; what the channel isn't there for any more waits for a person."""
        delivery = case.delivery
        channel = self._channels.get(delivery.target or "")
        handler = channel.handlers().get(delivery.kind) if channel else None
        if handler is not None:
            await handler(case)
            return
        reason = f"no channel {delivery.target} in the configuration does this"
        lease = Lease(delivery.id, delivery.epoch)
        await self._store.quarantine([Quarantine(lease, reason, self._clock.now())])

    async def start(self) -> None:
        """Open their doors. Raises StartError; then those opened before are closed again by `stop`."""
        for channel in self._channels.values():
            await channel.start()

    def running(self) -> list[tuple[str, Coroutine[Any, Any, None]]]:
        """What each does by itself, with a name for it."""
        return [(f"channel {name}", channel.run()) for name, channel in self._channels.items()]

    async def stop(self, grace: float) -> None:
        """Close their doors, all at once, within `grace` seconds or little more."""
        await asyncio.gather(*(channel.stop(grace) for channel in self._channels.values()))

    async def close(self) -> None:
        """End what is left of them."""
        await asyncio.gather(*(channel.close() for channel in self._channels.values()))


def _mail_addresses(configured: Mapping[str, Typed]) -> tuple[MailAddresses, ...]:
    types = ((CHANNEL_TYPES[typed.type], typed.settings) for typed in configured.values())
    return tuple(each.mail_addresses(settings) for each, settings in types if each.mail_addresses)
