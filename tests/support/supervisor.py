"""What systemd does for a unit with Type=notify and WatchdogSec: it hears heartbeats, and restarts who falls silent."""

import asyncio
import signal
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Self

from gateway.core.ids import new_id
from tests.support.rig import Rig


class Supervisor(asyncio.DatagramProtocol):
    """Supervises the rig's Relevo from entering the context to leaving it; `patience` is in seconds."""

    def __init__(self, patience: float) -> None:
        self.heard: list[str] = []
        self.restarts = 0
        self._patience = patience
        self._address = f"relevo-{new_id()}"
        self._beat = asyncio.Event()

    @property
    def environment(self) -> Mapping[str, str]:
        """For Relevo."""
        return {"NOTIFY_SOCKET": f"@{self._address}", "WATCHDOG_USEC": str(round(self._patience * 1e6))}

    def watch(self, rig: Rig) -> "Supervisor":
        self._rig = rig
        return self

    async def __aenter__(self) -> Self:
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.bind(f"\0{self._address}")
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=notify)
        self._task = asyncio.create_task(self._supervise(), name="supervisor")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self._transport.close()

    def datagram_received(self, data: bytes, _address: object) -> None:
        self.heard.append(data.decode())
        self._beat.set()

    async def _supervise(self) -> None:
        await self._beat.wait()  # as with systemd, the watch begins when the service has said something
        while True:
            self._beat.clear()
            try:
                async with asyncio.timeout(self._patience):
                    await self._beat.wait()
            except TimeoutError:
                await self._restart()

    async def _restart(self) -> None:
        self._rig.relevo.signal(signal.SIGABRT)
        self._rig.relevo.thaw()  # a stopped process can't be ended by what it could handle
        await self._rig.ended(self._patience * 10)
        self.restarts += 1
        await self._rig.start_relevo()
