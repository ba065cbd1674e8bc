"""Gateways and desks that start warm: forks of a process that has imported all of their code (see `nursery`).

A cold start takes a second of the processor, more than most tests need for what they are about. Cold ones are for the
tests of the command (`test_cli_serve`), and for processes that need more than an environment: a library loaded before
them, or a command around theirs.
"""

import asyncio
import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

from gateway.demo.processes import Child, Process

_COLD = frozenset({"LD_PRELOAD"})


class Newborn:
    """A process of the nursery, with what `asyncio.subprocess.Process` has of it."""

    stdout = None

    def __init__(self, pid: int, answers: asyncio.StreamReader, line: asyncio.StreamWriter) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._line = line
        self._ended = asyncio.create_task(self._hear(answers), name=f"process {pid}")

    async def _hear(self, answers: asyncio.StreamReader) -> int:
        self.returncode = int(await answers.readline())
        self._line.close()
        await self._line.wait_closed()
        return self.returncode

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    def send_signal(self, number: signal.Signals) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):  # its end is known to its mother, and not yet here
                os.kill(self.pid, number)


@dataclass
class WarmChild(Child):
    """A child whose command is `PYTHON -m MODULE ...` and which is ready by something else than a line that it says."""

    async def _spawn(self, log: IO[bytes]) -> Process:
        if not self._may_be_warm():
            return await super()._spawn(log)
        order = {
            "command": list(self.command[2:]),
            "environment": {**os.environ, **self.environment},
            "folder": str(Path.cwd()),
        }
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(_nursery(), [json.dumps(order).encode()], [log.fileno(), theirs.fileno()])
        answers, line = await asyncio.open_connection(sock=ours)
        return Newborn(int(await answers.readline()), answers, line)

    def _may_be_warm(self) -> bool:
        return tuple(self.command[:2]) == (sys.executable, "-m") and not _COLD & self.environment.keys()


@cache
def _nursery() -> socket.socket:
    """Where orders go; it ends with this process."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "tests.support.nursery", str(os.getpid()), str(theirs.fileno())]
    with theirs:
        mother = subprocess.Popen(command, pass_fds=[theirs.fileno()])
    atexit.register(mother.wait)
    atexit.register(ours.close)  # the last that is registered comes first
    return ours
