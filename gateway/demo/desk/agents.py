"""Simulated people: they pick tickets up and solve them after so many seconds."""

import asyncio

from gateway.demo.desk.book import Book
from gateway.demo.desk.desk import Desk

_POLL = 0.2
"""Seconds between looks at the book."""


async def work(desk: Desk, pick_up_after: float | None, resolve_after: float | None) -> None:
    """For ever: pick up what is older than `pick_up_after` seconds, solve what is older than `resolve_after`."""
    while True:
        await desk.faults.thawed()
        now = desk.clock.now()
        if pick_up_after is not None:
            await desk.ask(Book.pick_up, now - pick_up_after, now)
        if resolve_after is not None:
            await desk.ask(Book.resolve, now - resolve_after, now)
        await asyncio.sleep(_POLL)
