"""One reader's process, from the gateway's side."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Self

from channels.email.reading.orders import ANSWER, MOST_ANSWERED, QUESTION

COMMAND = (sys.executable, "-I", "-m", "channels.email.reading.worker")
"""Isolated: neither the environment nor the folder that it runs in has a say in what is imported."""
_STARTS_WITHIN = 30.0
_ENVIRONMENT = {"LC_ALL": "C.UTF-8"}
"""The gateway's own, which may hold secrets, is not for strangers' mails (T32)."""
_BUFFER = 1_000_000


class Ended(Exception):
    """The process has ended, or answered what is no answer. Its text says how."""


class ReaderProcess:
    """Reads one mail at a time."""

    def __init__(
        self, process: subprocess.Popen[bytes], answers: asyncio.StreamReader, questions: asyncio.StreamWriter
    ) -> None:
        self.asked = 0
        """How many mails it was given."""
        self._process = process
        self._answers = answers
        self._questions = questions

    @classmethod
    async def start(cls, command: Sequence[str]) -> Self:
        """Returns when it is ready. Raises Ended, OSError."""
        ours, theirs = socket.socketpair()
        with theirs:
            answers, questions = await asyncio.open_unix_connection(sock=ours, limit=_BUFFER)
            try:
                started = cls(_started(command, theirs.fileno()), answers, questions)
            except OSError:
                questions.close()
                raise
        try:
            async with asyncio.timeout(_STARTS_WITHIN):
                await started._answer()
        except TimeoutError:
            await started.end()
            raise Ended(f"it wasn't ready within {_STARTS_WITHIN:g} s") from None
        except BaseException:
            await started.end()
            raise
        return started

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    async def ask(self, order: bytes, mail: bytes, within: float) -> bytes:
        """Its answer. Raises Ended, and TimeoutError after so many seconds; then it is good for nothing more."""
        self.asked += 1
        async with asyncio.timeout(within):
            self._questions.writelines([QUESTION.pack(len(order), len(mail)), order, mail])
            with suppress(ConnectionError):  # what it didn't want to hear, it may have answered all the same
                await self._questions.drain()
            return await self._answer()

    async def _answer(self) -> bytes:
        try:
            (size,) = ANSWER.unpack(await self._answers.readexactly(ANSWER.size))
            if size > MOST_ANSWERED:
                raise Ended(f"it wanted to answer {size} bytes")
            return await self._answers.readexactly(size)
        except (EOFError, ConnectionError):
            raise Ended(await self._last_words()) from None

    async def _last_words(self) -> str:
        await self.end()
        status = self._process.returncode
        return f"it was ended by signal {-status}" if status < 0 else f"it ended with status {status}"

    async def end(self) -> None:
        """Kills it; returns when it is gone, and at once if it is already."""
        self._questions.close()
        self._process.kill()
        await asyncio.to_thread(self._process.wait)
        with suppress(ConnectionError):
            await self._questions.wait_closed()


def _started(command: Sequence[str], questions: int) -> subprocess.Popen[bytes]:
    """In a session of its own, so that an interrupt from the terminal is the gateway's alone."""
    return subprocess.Popen(  # noqa: S603 (a command of ours)
        command,
        stdin=questions,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=_ENVIRONMENT,
        start_new_session=True,
    )
