"""Downloads the files that came with tickets, as a desk's people do when they open them."""

import asyncio
import logging

import aiohttp

from gateway.demo.desk.desk import Desk

_POLL = 0.2
"""Seconds between looks at what is to be downloaded."""
_TIMEOUT = aiohttp.ClientTimeout(total=30.0)


async def fetch_files(desk: Desk) -> None:
    """For ever; the links are proof enough, so nothing is signed."""
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
        while True:
            await desk.faults.thawed()
            for number, url in await desk.ask(lambda book: book.files.to_fetch()):
                await _fetch(desk, session, number, url)
            await asyncio.sleep(_POLL)


async def _fetch(desk: Desk, session: aiohttp.ClientSession, number: int, url: str) -> None:
    try:
        async with session.get(url, allow_redirects=False) as response:
            response.raise_for_status()
            size = sum([len(chunk) async for chunk in response.content.iter_any()])
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        logging.getLogger(f"desk.{desk.name}").warning("a file could not be downloaded: %s", type(error).__name__)
        await desk.ask(lambda book: book.files.failed(number))
    else:
        await desk.ask(lambda book: book.files.fetched(number, size))
