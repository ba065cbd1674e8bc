"""Sees what the desks and Relevo say of themselves: each second for the table, and at the end for the account."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import aiohttp

from gateway.client import OpsClient, OpsError, as_instant, as_takeover
from gateway.core.clock import Clock
from gateway.demo.accounting import Books, TicketView
from gateway.demo.desk_client import DeskClient
from gateway.demo.traffic import Collector, HandIn

T = TypeVar("T")

SILENCE = (aiohttp.ClientError, TimeoutError, OpsError)
"""What is raised where nobody answers."""


@dataclass(frozen=True, slots=True)
class Row:
    """What could be seen at one moment; None is what nobody answered for."""

    seconds: float
    """Since the traffic began."""
    accepted: int
    failed: int
    at_desks: Mapping[str, int | None]
    waiting: int | None
    oldest: float | None
    """Seconds that the oldest waiting ticket has waited."""
    states: Mapping[str, str]
    """Each provider's state of health."""
    event: str = ""


class Spectator:
    """Watches from now on."""

    def __init__(self, ops: OpsClient, desks: Mapping[str, DeskClient], clock: Clock) -> None:
        self._ops = ops
        self._desks = desks
        self._clock = clock
        self._began_at = clock.now()

    async def look(self, collected: Collector, event: str) -> Row:
        """What can be seen now; whoever doesn't answer leaves a gap."""
        desks = await asyncio.gather(*(_or_none(desk.tickets()) for desk in self._desks.values()))
        waiting = await _or_none(tickets_of(self._ops, state="waiting"))
        providers = await _or_none(self._ops.providers())
        now = self._clock.now()
        return Row(
            seconds=now - self._began_at,
            accepted=collected.accepted,
            failed=collected.failed,
            at_desks={
                name: None if tickets is None else sum(ticket.held for ticket in tickets)
                for name, tickets in zip(self._desks, desks, strict=True)
            },
            waiting=None if waiting is None else len(waiting),
            oldest=None if waiting is None else max((now - ticket.received_at for ticket in waiting), default=0.0),
            states={each["name"]: each["state"] for each in providers or ()},
            event=event,
        )


async def _or_none(answer: Awaitable[T]) -> T | None:
    try:
        return await answer
    except SILENCE:
        return None


async def draw_up(
    hand_ins: Sequence[HandIn], desks: Mapping[str, DeskClient], ops: OpsClient, takeover_within: float
) -> Books:
    """Everything for the account, asked for now. Raises SILENCE."""
    return Books(
        hand_ins=hand_ins,
        desks={name: await desk.tickets() for name, desk in desks.items()},
        tickets=await tickets_of(ops),
        takeovers=[as_takeover(told) for told in await ops.takeovers()],
        takeover_within=takeover_within,
    )


async def tickets_of(ops: OpsClient, *, state: str | None = None) -> list[TicketView]:
    """Every ticket as operations see it."""
    return [
        TicketView(
            reference=told["reference"],
            state=told["state"],
            provider=told["provider"],
            received_at=as_instant(told["received_at"]) or 0.0,
            handed_off_at=as_instant(told["handed_off_at"]),
        )
        for told in await ops.every_ticket(state=state)
    ]
