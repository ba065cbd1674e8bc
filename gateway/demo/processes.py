"""Child processes of the demo: started one after the other, watched until ready, stopped in reverse order.

Each child is in a session of its own, so that Ctrl-C reaches the parent alone, which stops them in order; and on a
leash, so that none is left when the parent is killed.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from gateway.core.errors import StartError

_LONGEST_START = 15.0
_LONGEST_STOP = 5.0
_LAST_WORDS = 2000


def free_port(wanted: int, *, taken: Sequence[int] = (), host: str = "127.0.0.1") -> int:
    """`wanted`, or the next port that nobody listens on and that isn't in `taken`. Raises StartError."""
    for port in range(wanted, min(wanted + 200, 65536)):
        if port in taken:
            continue
        with socket.socket() as candidate:
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                candidate.bind((host, port))
                return port
    raise StartError(f"no free port from {wanted} on")


class Process(Protocol):
    """What a child needs of its process."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None:
        """None while it runs; minus N where signal N ended it."""

    @property
    def stdout(self) -> asyncio.StreamReader | None: ...

    async def wait(self) -> int: ...

    def send_signal(self, number: signal.Signals) -> None: ...


@dataclass
class Child:
    """One child process; what it says goes to the file `log`, except a ready line that `ready` reads."""

    name: str
    command: Sequence[str]
    ready: Callable[["Child"], Awaitable[None]]
    """Returns when the child is ready to serve."""
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to the parent's own."""
    process: Process | None = None

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def start(self) -> None:
        """Start it and wait until it is ready. Raises StartError with its last words."""
        with self.log.open("ab") as log:
            self.process = await self._spawn(log)
        ended = asyncio.ensure_future(self.process.wait())
        ready = asyncio.ensure_future(self.ready(self))
        await asyncio.wait({ended, ready}, timeout=_LONGEST_START, return_when=asyncio.FIRST_COMPLETED)
        is_ready = ready.done() and ready.exception() is None and not ended.done()
        for task in (ended, ready):
            task.cancel()
        await asyncio.gather(ended, ready, return_exceptions=True)
        if not is_ready:
            await self.kill()
            raise StartError(self.last_words())

    async def _spawn(self, log: IO[bytes]) -> Process:
        leash = [sys.executable, "-m", "gateway.demo.leash", str(os.getpid())]
        return await asyncio.create_subprocess_exec(
            *leash,
            *self.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE if self.ready is ready_line else log,
            stderr=log,
            env={**os.environ, **self.environment},
            start_new_session=True,
        )

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal; nothing happens where it has ended."""
        if self.process is not None and self.running:
            self.process.send_signal(number)

    def freeze(self) -> None:
        """SIGSTOP: it answers nothing until it thaws."""
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)

    async def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.signal(signal.SIGKILL)
        if self.process is not None:
            await self.process.wait()

    async def stop(self, within: float = _LONGEST_STOP) -> None:
        """SIGTERM; SIGKILL where it isn't gone within so many seconds."""
        self.thaw()
        self.signal(signal.SIGTERM)
        if self.process is not None:
            try:
                async with asyncio.timeout(within):
                    await self.process.wait()
            except TimeoutError:
                await self.kill()

    def last_words(self) -> str:
        """The end of what it said."""
        return self.log.read_text(errors="replace")[-_LAST_WORDS:].strip()


async def ready_line(child: Child) -> None:
    """The child is ready when it has said one line, as a desk does. Raises EOFError."""
    if child.process is None or child.process.stdout is None:
        raise EOFError(child.name)
    if not await child.process.stdout.readline():
        raise EOFError(child.name)


class Children:
    """The demo's children, in order; leaving the context stops all of them, the last first."""

    def __init__(self) -> None:
        self._children: list[Child] = []

    async def __aenter__(self) -> "Children":
        return self

    async def __aexit__(self, *raised: object) -> None:
        for child in reversed(self._children):
            await child.stop()

    async def start(self, child: Child) -> Child:
        """Start one, and have it stopped at the end. Raises StartError."""
        self._children.append(child)
        await child.start()
        return child
