"""Relevo's durable intake with the hand-off left out: the listener, the web channel, the door and the store as
`gateway.app.service` puts them together, with the log, the metrics and the feed as observers, and no engine.

Every row of an intake is written and committed with its fsync, the delivery that nobody claims among them. For the
profile the store runs on the loop's own thread.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click
from aiohttp import web

from channels.channel import Backstage, ChannelContext
from gateway.app.blobs import build_blobs
from gateway.app.channels import Channels
from gateway.app.configuration import RelevoConfig, assess, load_configuration, secrets_of
from gateway.app.providers import build_providers, routes_of
from gateway.core.clock import SystemClock
from gateway.core.errors import StoreFailed
from gateway.core.links import AttachmentLinks
from gateway.core.ports import Observer
from gateway.core.store_address import store_address
from gateway.core.tokens import TokenSigner
from gateway.intake import IntakeDoor
from gateway.listener import Listener
from gateway.logs import LogObserver, configure_logging
from gateway.metrics import Metrics
from gateway.store import SqlStore, open_store
from gateway.web.feed import EventFeed
from routing.delivery.fleet import Fleet, LiveProvider
from routing.providers.context import ProviderContext
from tests.bench.one_thread import OneThreadRunner
from tests.bench.serving import serve


@asynccontextmanager
async def intake(config: RelevoConfig, *, one_thread: bool) -> AsyncIterator[str]:
    """Listens at the configured public address while the context is open; gives the address."""
    clock, metrics = SystemClock(), Metrics()
    store = _store(str(config.gateway.store), clock, metrics, one_thread)
    await store.start()
    try:
        fleet = Fleet(clock)
        fleet.swap(routes_of(config, assess(config, clock.now())), _desks(config, clock, metrics))
        door = IntakeDoor(store, fleet, clock, metrics)
        routes = _channel_routes(config, door, store, fleet, clock, metrics, TokenSigner(await store.secret()))
        listener = Listener("public", config.gateway.public.listen, routes)
        await listener.start()
        try:
            yield listener.url
        finally:
            await listener.stop()
    finally:
        await store.close()


def _desks(config: RelevoConfig, clock: SystemClock, metrics: Metrics) -> dict[str, LiveProvider]:
    """Nobody probes them or hands anything to them; their phones may be dialled."""
    links = AttachmentLinks(b"", config.gateway.public.url, clock)
    return build_providers(
        config, {}, {}, lambda name: ProviderContext(name, clock, links, {}), metrics, lambda _change: None
    )


def _store(url: str, clock: SystemClock, metrics: Metrics, one_thread: bool) -> SqlStore:
    observers: list[Observer] = [LogObserver(), metrics, EventFeed()]
    if one_thread:
        return SqlStore(OneThreadRunner(store_address(url).file), clock, observers)
    return open_store(url, clock, observers=observers, on_failed=_end, measured=metrics.commit_seconds)


def _channel_routes(
    config: RelevoConfig,
    door: IntakeDoor,
    store: SqlStore,
    fleet: Fleet,
    clock: SystemClock,
    metrics: Metrics,
    signer: TokenSigner,
) -> list[web.RouteDef]:
    def context(name: str) -> ChannelContext:
        return ChannelContext(
            name=name,
            intake=door,
            reads=store,
            routing=fleet,
            signer=signer,
            clock=clock,
            measurements=metrics,
            organisation=config.gateway.organisation.organisation(),
            public_url=config.gateway.public.url,
            blobs=build_blobs(config.gateway.store, clock, _end),
        )

    backstage = Backstage(store=store, measurements=metrics, desks=list, owed=lambda _: None, failed=_end)
    return Channels(config.channels, context, backstage, clock).routes()


def _end(error: StoreFailed) -> None:
    sys.exit(f"the store failed: {error}")


@click.command()
@click.option("--config", "file", type=click.Path(path_type=Path), required=True)
@click.option("--samples", type=click.Path(path_type=Path), help="Where they go, if any are wanted.")
def main(file: Path, samples: Path | None) -> None:
    """Serve until SIGTERM."""
    config = load_configuration(file)
    configure_logging(sys.stderr, format="json", secrets=secrets_of(config))
    serve(intake(config, one_thread=samples is not None), samples)


if __name__ == "__main__":
    main()
