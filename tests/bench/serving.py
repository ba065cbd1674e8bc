"""A server under test in a process of its own: the loop, the ready line, the stop, and the sampler where wanted."""

import asyncio
import gc
import signal
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path

import uvloop

from gateway.cli.serving import COLLECT_AFTER
from tests.bench.sampler import sampled


def serve(server: AbstractAsyncContextManager[str], samples: Path | None = None) -> None:
    """Until SIGTERM, as `relevo serve` does it: uvloop, and what the start has made out of the collector's sight.

    `server` gives its address once it listens. Where `samples` is given, those of the whole run go to that file.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(server, samples))


async def _serve(server: AbstractAsyncContextManager[str], samples: Path | None) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with server as url:
        gc.freeze()
        gc.set_threshold(*COLLECT_AFTER)
        with sampled(samples) if samples else nullcontext():
            print(url, flush=True)
            await stopped.wait()
