"""Relevo's mail channel with the hand-off left out: listener or mailbox, raw mails, reading, the door and the store, as
`gateway.app.service` puts them together, and of all deliveries only the reading of mails.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click

from channels.channel import Backstage, ChannelContext
from gateway.app.blobs import build_blobs
from gateway.app.channels import Channels
from gateway.app.configuration import RelevoConfig, assess, load_configuration, secrets_of
from gateway.app.providers import routes_of
from gateway.core.clock import SystemClock
from gateway.core.delivery import Kind
from gateway.core.errors import StoreFailed
from gateway.core.ports import Observer
from gateway.core.tokens import TokenSigner
from gateway.intake import IntakeDoor
from gateway.logs import LogObserver, configure_logging
from gateway.metrics import Metrics
from gateway.store import open_store
from gateway.web.feed import EventFeed
from routing.delivery.fleet import Fleet
from routing.delivery.loop import DeliveryLoop
from tests.bench.serving import serve

_IN_HAND = 16
_LEASE = 600.0


@asynccontextmanager
async def mail_intake(config: RelevoConfig) -> AsyncIterator[str]:
    """Receives and reads while the context is open."""
    clock, metrics = SystemClock(), Metrics()
    observers: list[Observer] = [LogObserver(), metrics, EventFeed(others=False)]
    store = open_store(
        config.gateway.store, clock, observers=observers, on_failed=_end, measured=metrics.commit_seconds
    )
    await store.start()
    blobs = build_blobs(config.gateway.store, clock, _end)
    await blobs.start()
    fleet = Fleet(clock)
    fleet.swap(routes_of(config, assess(config, clock.now())), {})
    door, signer = IntakeDoor(store, fleet, clock, metrics), TokenSigner(await store.secret())

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
            blobs=blobs,
        )

    def owed(kind: Kind) -> None:
        if kind is Kind.MAIL:
            reading.wake()

    backstage = Backstage(store=store, measurements=metrics, desks=list, owed=owed, failed=_end)
    channels = Channels(config.channels, context, backstage, clock)
    reading = DeliveryLoop("mail", store, clock, frozenset({Kind.MAIL}), channels.work, in_hand=_IN_HAND, lease=_LEASE)
    tasks = [asyncio.create_task(reading.run())]
    await channels.start()
    tasks += [asyncio.create_task(running) for _, running in channels.running()]
    try:
        yield "mail"
    finally:
        await channels.stop(1.0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await channels.close()
        await blobs.close()
        await store.close()


def _end(error: StoreFailed) -> None:
    sys.exit(f"the store failed: {error}")


@click.command()
@click.option("--config", "file", type=click.Path(path_type=Path), required=True)
def main(file: Path) -> None:
    """Serve until SIGTERM."""
    config = load_configuration(file)
    configure_logging(sys.stderr, format="json", secrets=secrets_of(config))
    serve(mail_intake(config))


if __name__ == "__main__":
    main()
