"""What all connections of a listener share."""

import asyncio
import ssl
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

from channels.email.raw import RawMails
from channels.email.reception.admission import Admission
from channels.email.reception.recipients import OurAddresses
from channels.email.reception.settings import ListenerSettings
from gateway.core.clock import Clock


class Guest(Protocol):
    """A connection, as the house sees it."""

    keeping: bool
    """A mail of its is coming in or being kept."""

    def part(self, reply: str) -> None:
        """Hang up, with these last words."""

    async def wait_closed(self) -> None: ...


@dataclass(slots=True)
class House:
    """Its settings, what it was handed, and who is in it."""

    channel: str
    settings: ListenerSettings
    mails: RawMails
    ours: OurAddresses
    clock: Clock
    host: str
    """What we call ourselves."""
    tls: ssl.SSLContext | None
    admission: Admission
    guests: set[Guest] = field(default_factory=set)
    keeping: set[asyncio.Task[str]] = field(default_factory=set)
    """Mails that are coming in: the store is not cut short when a peer hangs up."""

    @property
    def lmtp(self) -> bool:
        return self.settings.protocol == "lmtp"

    async def keep(self, work: Coroutine[Any, Any, str]) -> str:
        """What the work ends with; it goes on when the caller is cancelled."""
        task = asyncio.get_running_loop().create_task(work, name="keep a mail")
        self.keeping.add(task)
        task.add_done_callback(self._kept)
        return await asyncio.shield(task)

    def _kept(self, task: asyncio.Task[str]) -> None:
        self.keeping.discard(task)
        if not task.cancelled():
            task.exception()  # its caller may be gone
