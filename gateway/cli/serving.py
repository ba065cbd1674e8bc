"""The service in the foreground: its loop, its log, its signals, and the lines that tell where it listens."""

import asyncio
import contextlib
import gc
import os
import signal
import sys
from pathlib import Path

import structlog

from gateway.app.configuration import load_configuration, secrets_of
from gateway.app.service import Service
from gateway.app.watchdog import Supervisor, Watchdog
from gateway.cli.failure import INTERRUPTED, Failure
from gateway.cli.language import say
from gateway.core.errors import ConfigError, RelevoError
from gateway.core.event_loop import loop_factory
from gateway.logs import Format, Level, configure_logging

COLLECT_AFTER = (10_000, 20, 20)
"""The collector's thresholds. With Python's own, and all that the start made frozen, what is in hand was walked through
again and again: a tenth of the processor under load."""
_log = structlog.get_logger("relevo")


def serve_until_stopped(file: Path, *, accept_impossible: bool, log_format: Format | None, log_level: Level) -> None:
    """Returns when it was told to stop. Raises ConfigError, ImpossibleContract, StartError, StoreFailed; Failure."""
    config = load_configuration(file)
    redactor = configure_logging(sys.stderr, format=log_format, level=log_level, secrets=secrets_of(config))
    service = Service(config, redactor, accept_impossible=accept_impossible)
    supervisor = Supervisor(os.environ)
    watchdog = Watchdog(config.gateway.hang_after, supervisor)
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_serve_watched(service, watchdog, supervisor))
    except RelevoError:
        raise
    except Exception as error:
        _log.exception("a part of the service failed")
        raise Failure(say("relevo: a part of the service failed; the log says more")) from error


async def _serve_watched(service: Service, watchdog: Watchdog, supervisor: Supervisor) -> None:
    async with watchdog:  # first on and last off: a start or a stop may hang, too
        await _serve(service, supervisor)


async def _serve(service: Service, supervisor: Supervisor) -> None:
    signals = _Signals(service)
    signals.obey_stops()
    await service.start()
    try:
        gc.freeze()  # what the start has made is never looked at again, so that later pauses are short
        gc.set_threshold(*COLLECT_AFTER)
        gc.enable()
        signals.obey_reloads()
        _tell_addresses(service)
        supervisor.tell("READY=1")
        await service.wait()
    finally:
        supervisor.tell("STOPPING=1")
        if not await service.stop():
            os._exit(Failure.exit_code)  # something hangs; all that was promised is on disk


def _tell_addresses(service: Service) -> None:
    # Whoever reads this may be gone by now; that is no reason to stop.
    with contextlib.suppress(OSError):
        sys.stdout.write(f"public {service.public_url}\nops {service.ops_url}\n")
        sys.stdout.flush()


class _Signals:
    """What signals ask of the service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._loop = asyncio.get_running_loop()
        self._interrupted = False
        self._reloading: set[asyncio.Task[None]] = set()

    def obey_stops(self) -> None:
        self._loop.add_signal_handler(signal.SIGTERM, self._service.ask_to_stop)
        self._loop.add_signal_handler(signal.SIGINT, self._interrupt)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to reload

    def obey_reloads(self) -> None:
        self._loop.add_signal_handler(signal.SIGHUP, self._reload)

    def _interrupt(self) -> None:
        if self._interrupted:
            _log.warning("interrupted twice: ending at once")
            os._exit(INTERRUPTED)
        self._interrupted = True
        self._service.ask_to_stop()

    def _reload(self) -> None:
        task = asyncio.create_task(self._try_reload(), name="reload")
        self._reloading.add(task)
        task.add_done_callback(self._reloading.discard)

    async def _try_reload(self) -> None:
        try:
            await self._service.reload("SIGHUP")
        except ConfigError:
            pass  # the service has announced what is wrong, which is in the log
        except RelevoError as error:
            _log.error("the reload failed", problem=str(error))
