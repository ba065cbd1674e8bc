"""The watch over the event loop: one that stands still serves nobody, and only a new process helps.

Two see to it, since not everybody runs systemd. The supervisor hears a heartbeat, and restarts what falls silent
(sd_notify(3), WatchdogSec). And a timer of the interpreter's own ends this process with the stacks of all threads in
the log; it runs in a thread that needs no interpreter lock, so that nothing in Python can hold it up.
"""

import asyncio
import faulthandler
import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Self

_BEATS = 4
"""Heartbeats within the time after which the first of the two would act."""


class Supervisor:
    """Whoever set NOTIFY_SOCKET; without it nobody is told anything. What it can't be told is no reason to stop."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        meant_for = environ.get("WATCHDOG_PID", str(os.getpid()))
        microseconds = environ.get("WATCHDOG_USEC", "")
        self.patience = int(microseconds) / 1e6 if microseconds.isdigit() and meant_for == str(os.getpid()) else None
        """Seconds of silence after which it restarts us; None where it doesn't watch."""

    def tell(self, state: str) -> None:
        """Such as READY=1."""
        if not self._address:
            return
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as notify:
            notify.sendto(state.encode(), address)


class Watchdog:
    """Watches from entering the context to leaving it. `hang_after` is in seconds.

    A process that was itself stopped for longer (a paused machine) ends when it goes on: what it knows of desks and of
    its own leases is from before.
    """

    def __init__(self, hang_after: float, supervisor: Supervisor) -> None:
        self._hang_after = hang_after
        self._supervisor = supervisor
        self._every = min(hang_after, supervisor.patience or hang_after) / _BEATS

    async def __aenter__(self) -> Self:
        self._beating = asyncio.create_task(self._beat(), name="watchdog")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._beating.cancel()
        with suppress(asyncio.CancelledError):
            await self._beating
        faulthandler.cancel_dump_traceback_later()

    async def _beat(self) -> None:
        while True:
            faulthandler.dump_traceback_later(self._hang_after, exit=True)
            self._supervisor.tell("WATCHDOG=1")
            await asyncio.sleep(self._every)
