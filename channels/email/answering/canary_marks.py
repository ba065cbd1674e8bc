"""How far a desk has answered its canaries, for all gateways that share the store: any of them may read the answer."""

import asyncio
from typing import Protocol

import structlog

from gateway.core.errors import StoreFailed, StoreUnavailable

_log = structlog.get_logger("relevo.email")


class Marks(Protocol):
    """Of the port MailStore: where marks are kept, beside the positions of the mailboxes."""

    async def mailbox_position(self, channel: str, folder: str) -> str | None: ...

    async def save_mailbox_position(self, channel: str, folder: str, position: str) -> None: ...


class CanaryMarks:
    """Of the desks of one channel: the newest canary answered. Ids sort by the time at which they were made."""

    def __init__(self, channel: str, marks: Marks) -> None:
        self._channel = channel
        self._marks = marks
        self._newest: dict[str, str] = {}
        self._saving: set[asyncio.Task[None]] = set()

    def answered(self, provider: str, unique: str) -> None:
        """A mail of that desk answers that canary. Kept behind the caller's back; one that is lost by a crash is made
        up for by the next."""
        if unique > self._newest.get(provider, ""):
            self._newest[provider] = unique
            saving = asyncio.create_task(self._save(provider, unique), name=f"canary of {provider}")
            self._saving.add(saving)
            saving.add_done_callback(self._saving.discard)

    async def newest(self, provider: str) -> str:
        """ "" where none was answered. Raises StoreUnavailable, StoreFailed."""
        kept = await self._marks.mailbox_position(self._channel, _place(provider)) or ""
        return max(kept, self._newest.get(provider, ""))

    async def close(self) -> None:
        """What is being kept now is not waited for."""
        saving = list(self._saving)
        for each in saving:
            each.cancel()
        await asyncio.gather(*saving, return_exceptions=True)

    async def _save(self, provider: str, unique: str) -> None:
        try:
            if unique > (await self._marks.mailbox_position(self._channel, _place(provider)) or ""):
                await self._marks.save_mailbox_position(self._channel, _place(provider), unique)
        except (StoreUnavailable, StoreFailed) as error:
            _log.warning("that a canary was answered could not be kept", provider=provider, error=str(error))


def _place(provider: str) -> str:
    """No mailbox's folder has such a name: theirs begin with their account."""
    return f"canaries of {provider}"
