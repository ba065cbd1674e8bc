"""Reading mails in processes that are killed when a mail takes too much of them."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from channels.email.parsing.limits import Limits
from channels.email.reading.answers import Declined, judge
from channels.email.reading.arriving import Arrived, arrive
from channels.email.reading.crew import Crew
from channels.email.reading.orders import Order, Rules
from channels.email.reading.process import COMMAND, Ended
from channels.email.reading.reading import NoReader, Question, Reading, Unreadable
from channels.email.reading.scratch import Scratch
from channels.email.reading.turns import Turns
from gateway.core.errors import StartError

_MEMORY = 512 * 2**20
_TIMEOUT = "timeout"
_TRIES = 2
"""A process may be killed for no fault of its mail, as by a machine that runs out of memory."""
_DKIM_SHARE = 0.5
_QUICK = 2.0
"""Seconds that a mail may take before others. One that takes longer is read anew, in a process that only such mails
wait for: a mail of 25 MB takes about one."""


class MailReaders:
    """Reads mails, `processes` of them at once, and one more that takes long. Each may take `within` seconds, and its
    process `memory` bytes of address space, its program among them. `command` starts a process."""

    def __init__(
        self,
        processes: int = 1,
        *,
        within: float = 10.0,
        memory: int = _MEMORY,
        limits: Limits | None = None,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._limits = limits or Limits()
        self._within = within
        self._memory = memory
        rules = Rules(memory, within * _DKIM_SHARE, self._limits)
        self._crew = Crew((*command, rules.dump()), processes + 1)
        self._turns = Turns(processes)
        self._long_turns = Turns(1)
        self._closed = False

    async def start(self) -> None:
        """Processes are started when there is a mail. Raises StartError where no scratch folder can be made."""
        try:
            self._scratch = await asyncio.to_thread(Scratch)
        except OSError as error:
            raise StartError(f"no folder for mails that are being read: {error}") from error

    async def close(self) -> None:
        """Ends all processes, and removes all files. For a mail that is being read there is NoReader."""
        self._closed = True
        await self._crew.close()
        await self._scratch.close()

    @asynccontextmanager
    async def read(self, question: Question, content: AsyncIterable[bytes], size: int) -> AsyncIterator[Reading]:
        """Reads a mail of `size` bytes. Its files are on disk until the context is left.

        Raises Unreadable where the mail is why it can't be read, NoReader where this machine is, and what `content`
        raises."""
        if size > self._limits.size:
            raise Unreadable("mail_too_big", _said(f"the mail has more than {self._limits.size} bytes", size))
        place = self._scratch.place()
        try:
            mail = await arrive(content, place)
            yield await self._read(question, mail, place)
        finally:
            await self._scratch.remove(place)

    async def _read(self, question: Question, mail: Arrived, place: Path) -> Reading:
        quick = min(_QUICK, self._within)
        try:
            async with self._turns.turn(mail.size):
                return await self._tried(question, mail, place / "quick", quick)
        except Unreadable as error:
            if error.code != _TIMEOUT or quick == self._within:
                raise
        async with self._long_turns.turn(mail.size):
            return await self._tried(question, mail, place / "long", self._within)

    async def _tried(self, question: Question, mail: Arrived, place: Path, within: float) -> Reading:
        why = ""
        for number in range(_TRIES):
            folder = place / str(number)
            order = Order(question, str(mail.path) if mail.path else None, str(folder))
            try:
                answer = await self._answer(order, mail, folder, within)
            except Ended as error:
                why = str(error)
            else:
                return self._reading(answer, mail.size)
        raise Unreadable("crashed", _said(f"the process that read the mail failed: {why}", mail.size))

    async def _answer(self, order: Order, mail: Arrived, folder: Path, within: float) -> Reading | Declined:
        """Of one process, which is kept only if it behaved."""
        process = await self._crew.take()
        try:
            answer = judge(await process.ask(order.dump(), mail.content, within), folder)
        except BaseException as error:
            await self._crew.dismiss(process)
            if isinstance(error, TimeoutError):
                why = f"reading the mail takes longer than {within:g} s"
                raise Unreadable(_TIMEOUT, _said(why, mail.size)) from None
            if isinstance(error, ValueError):
                raise Ended("what it answered is no answer") from None
            raise
        await self._crew.give_back(process)
        return answer

    def _reading(self, answer: Reading | Declined, size: int) -> Reading:
        if isinstance(answer, Reading):
            return answer
        match answer.code:
            case "no_room":
                raise NoReader(f"the files of a mail could not be put on the disk: {answer.why}")
            case "memory":
                why = f"reading the mail takes more than {self._memory // 2**20} MB of memory"
            case "crashed":
                why = f"reading the mail fails by an error of ours: {answer.why}"
            case _:
                why = answer.why
        raise Unreadable(answer.code, _said(why, size))


def _said(why: str, size: int) -> str:
    return f"{why} (the mail has {size:,} bytes)"
