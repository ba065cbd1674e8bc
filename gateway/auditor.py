"""The auditor: proves again and again that the ledger balances (P4).

Every second it marks the tickets whose contracted time is over, looks at those that wait, at a page of all the others,
at a page of the mails that nobody has read, and at one of the calls that are not over. What seems astray is looked at a
second time before anybody is alarmed.
"""

import asyncio

import structlog

from gateway.core.clock import Clock
from gateway.core.errors import StoreUnavailable
from gateway.core.events import LedgerBalanced, LedgerUnbalanced
from gateway.core.ports import LedgerStore

_EVERY = 1.0
_PAGE = 500
_WAITING_PAGES = 10
"""How many pages of waiting tickets one round may look at; the next round goes on where this one stopped."""
_CONFIRM_AFTER = 0.2
_MOST_ASTRAY = 1000
"""Beyond this the count is a lower bound, and bad enough."""

_log = structlog.get_logger("relevo.auditor")


class Auditor:
    """One pass over the ledger after the other."""

    def __init__(self, store: LedgerStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._waiting_cursor: str | None = None
        self._cursor: str | None = None
        self._mail_cursor: str | None = None
        self._call_cursor: str | None = None
        self._astray: set[str] = set()
        self._announced = 0

    async def run(self) -> None:
        """A round every second, for ever. A store that is away is audited when it is back."""
        while True:
            try:
                await self.round()
            except StoreUnavailable as error:
                _log.warning("ledger not audited", error=str(error))
            await asyncio.sleep(_EVERY)

    async def round(self) -> None:
        """Mark what is overdue, look for what is astray, and announce a change of the count."""
        marked = _PAGE
        while marked == _PAGE:
            marked = len(await self._store.mark_overdue(self._clock.now(), _PAGE))
        suspects = await self._waiting() | await self._page() | await self._mails() | await self._calls()
        self._astray = await self._still(self._astray) | await self._confirmed(suspects - self._astray)
        await self._announce(len(self._astray))

    async def _waiting(self) -> set[str]:
        suspects: set[str] = set()
        for _ in range(_WAITING_PAGES):
            found, self._waiting_cursor = await self._store.audit(self._waiting_cursor, _PAGE, waiting_only=True)
            suspects.update(found)
            if self._waiting_cursor is None:
                break
        return suspects

    async def _page(self) -> set[str]:
        found, self._cursor = await self._store.audit(self._cursor, _PAGE)
        return set(found)

    async def _mails(self) -> set[str]:
        found, self._mail_cursor = await self._store.audit_mails(self._mail_cursor, _PAGE)
        return set(found)

    async def _calls(self) -> set[str]:
        found, self._call_cursor = await self._store.audit_calls(self._call_cursor, _PAGE)
        return set(found)

    async def _confirmed(self, suspects: set[str]) -> set[str]:
        """Those that are astray at a second look too, as many as there is room for."""
        if not suspects:
            return set()
        await asyncio.sleep(_CONFIRM_AFTER)
        return await self._still(set(sorted(suspects)[: max(0, _MOST_ASTRAY - len(self._astray))]))

    async def _still(self, ids: set[str]) -> set[str]:
        return set(await self._store.audit_these(sorted(ids))) if ids else set()

    async def _announce(self, astray: int) -> None:
        if astray == self._announced:
            return
        now = self._clock.now()
        await self._store.announce([LedgerUnbalanced(at=now, tickets=astray) if astray else LedgerBalanced(at=now)])
        self._announced = astray
