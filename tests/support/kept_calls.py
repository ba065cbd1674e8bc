"""Phone calls to put into a store."""

from dataclasses import replace
from typing import Any

from gateway.core.calls import CallChange, CallKept, KeptCall, Taken
from gateway.core.clock import Instant
from gateway.core.ids import new_id
from gateway.core.ticket import Direction, Intake, Message, Requester
from gateway.store import SqlStore
from tests.support.store_work import new_ticket

CALLER = "+34600111222"
HOLD = 600.0
"""Seconds for which a ticket is held, unless its call ends before."""


def new_sid() -> str:
    return f"CA{new_id()}"


def held_ticket(*, at: Instant = 1_000.0, hold: float = HOLD, phone: str = CALLER, channel: str = "phone") -> Intake:
    """The ticket of a call, as intake makes it: its hedge deadline and contracted time count from the hold's end."""
    made = new_ticket(at=at, requester=Requester(phone=phone))
    assert made.ticket is not None
    until = at + hold
    ticket = replace(made.ticket, channel=channel, hedge_at=until + 2, due_at=until + 5)
    return replace(made, ticket=ticket, message=replace(made.message, channel=channel), held_until=until)


def said(*, at: Instant = 1_030.0, body: str = "La llamada ha terminado.", **changes: Any) -> Message:
    """A further message; the store knows whose it is, and numbers it."""
    return replace(Message(new_id(), "", 0, Direction.INBOUND, "phone", body, at), **changes)


class Calling:
    """A call's steps over a store, each made from what the step before left."""

    def __init__(self, store: SqlStore, sid: str | None = None) -> None:
        self.store = store
        self.sid = sid or new_sid()
        self.version = 0

    def change(self, *, at: Instant = 1_000.0, **changes: Any) -> CallChange:
        base = CallChange(self.sid, "phone", f"record {self.version + 1}", at, seen=self.version)
        return replace(base, **changes)

    async def step(self, *, at: Instant = 1_000.0, **changes: Any) -> CallKept:
        kept = await self.store.keep_call(self.change(at=at, **changes))
        if kept is CallKept.KEPT:
            self.version += 1
        return kept

    async def opened(self, *, at: Instant = 1_000.0) -> str:
        """Its ticket is there, and held; the ticket's id."""
        opening = held_ticket(at=at)
        assert await self.step(at=at, opening=opening) is CallKept.KEPT
        return opening.message.ticket_id

    async def taken(self, provider: str = "acme", *, at: Instant = 1_010.0) -> None:
        assert await self.step(at=at, taken=Taken(provider, at)) is CallKept.KEPT

    async def ended(self, *, at: Instant = 1_030.0, **changes: Any) -> Message:
        """It is over, and its ticket has the account of it."""
        account = said(at=at)
        assert await self.step(at=at, messages=(account,), release=True, over=True, **changes) is CallKept.KEPT
        return account

    async def kept(self) -> KeptCall:
        found = await self.store.call(self.sid)
        assert found is not None
        return found
