"""Tells the gateway what happened to its tickets, and goes on trying until it has listened."""

import asyncio
import logging

import aiohttp
import orjson

from gateway.core.signature import Signer
from gateway.demo.desk.book import Book
from gateway.demo.desk.desk import Desk
from gateway.demo.desk.report import Report

_POLL = 0.1
"""Seconds between looks at what is owed."""
_TIMEOUT = aiohttp.ClientTimeout(total=2.0)
_LONGEST_BACKOFF = 5.0
_PATIENCE = 8
"""How often the gateway may decline a report before it is given up; an unreachable gateway is waited for for ever."""


def backoff(attempts: int) -> float:
    """Seconds to wait after that many failures before."""
    return float(min(0.1 * 2 ** min(attempts, 10), _LONGEST_BACKOFF))


class Reporter:
    """Sends what the book owes to `events_url`, each report on its own so that none waits for another."""

    def __init__(self, desk: Desk, signer: Signer, events_url: str) -> None:
        self._desk = desk
        self._signer = signer
        self._events_url = events_url
        self._log = logging.getLogger(f"desk.{desk.name}")

    async def run(self) -> None:
        """For ever."""
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
            while True:
                await self._desk.faults.thawed()
                reports = await self._desk.ask(Book.due_reports, self._desk.clock.now())
                await asyncio.gather(*(self._send(session, report) for report in reports))
                if not reports:
                    await asyncio.sleep(_POLL)

    async def _send(self, session: aiohttp.ClientSession, report: Report) -> None:
        body = orjson.dumps(report.body(self._desk.title, self._desk.address))
        headers = {**self._signer.headers(report.id, body), "Content-Type": "application/json"}
        try:
            async with session.post(self._events_url, data=body, headers=headers) as response:
                status = response.status
        except (aiohttp.ClientError, TimeoutError):
            status = 0
        declined = 400 <= status < 500
        if 200 <= status < 300 or (declined and report.attempts >= _PATIENCE):
            if declined:
                self._log.warning("%s of %s given up: %s", report.type, report.reference, status)
            await self._desk.ask(Book.report_done, report.id)
        else:
            due_at = self._desk.clock.now() + backoff(report.attempts)
            await self._desk.ask(Book.report_failed, report.id, due_at)
