"""The readers' processes, and a spare: where one had to be killed, the next mail doesn't wait for another to start."""

import asyncio
from collections.abc import Sequence

import structlog

from channels.email.reading.process import Ended, ReaderProcess
from channels.email.reading.reading import NoReader

_log = structlog.get_logger("relevo.email.reading")
_MOST_MAILS = 1_000
"""That one process reads, since what it holds grows with time."""


class Crew:
    """Starts processes by `command` when they are first wanted, and keeps a spare from then on."""

    def __init__(self, command: Sequence[str], busy: int) -> None:
        """At most `busy` are taken at once."""
        self._command = command
        self._busy = busy
        self._idle: list[ReaderProcess] = []
        self._taken: set[ReaderProcess] = set()
        self._spare: asyncio.Task[None] | None = None
        self._closed = False

    async def take(self) -> ReaderProcess:
        """One that nobody else has. Raises NoReader."""
        if not self._idle and self._spare is not None:
            await asyncio.wait({self._spare})
        process = await self._rested() or await self._started()
        self._taken.add(process)
        if not self._idle and self._spare is None:
            self._spare = asyncio.create_task(self._prepare(), name="spare mail reader")
        return process

    async def give_back(self, process: ReaderProcess) -> None:
        if process.asked >= _MOST_MAILS or len(self._idle) > self._busy:
            await self.dismiss(process)
        else:
            self._taken.discard(process)
            self._idle.append(process)

    async def dismiss(self, process: ReaderProcess) -> None:
        """Ends one that was taken."""
        self._taken.discard(process)
        await process.end()

    async def close(self) -> None:
        """Ends all; what those do that are taken ends with them."""
        self._closed = True
        if self._spare is not None:
            self._spare.cancel()
            await asyncio.wait({self._spare})
        await asyncio.gather(*(process.end() for process in (*self._idle, *self._taken)))
        self._idle.clear()

    async def _rested(self) -> ReaderProcess | None:
        """The one that worked last, so that its memory is warm."""
        while self._idle:
            process = self._idle.pop()
            if process.is_alive:
                return process
            await process.end()
        return None

    async def _started(self) -> ReaderProcess:
        if self._closed:
            raise NoReader("the mail readers are closed")
        try:
            process = await ReaderProcess.start(self._command)
        except (Ended, OSError) as error:
            raise NoReader(f"no mail reader could be started: {error}") from error
        if self._closed:
            await process.end()
            raise NoReader("the mail readers are closed")
        return process

    async def _prepare(self) -> None:
        try:
            self._idle.append(await self._started())
        except NoReader as error:
            _log.warning("there is no spare mail reader", error=str(error))
        finally:
            self._spare = None
