"""Calls that the gateway orders: played to their end, with everybody at home, and listed as Twilio lists them."""

import asyncio
from collections.abc import Iterator, Mapping
from email.utils import formatdate
from typing import Any

import aiohttp

from gateway.core.clock import Clock
from gateway.demo.caller.outbound import Order, play_order
from gateway.demo.caller.pace import Sleep
from gateway.demo.caller.script import Desk, Line
from gateway.demo.caller.transcript import Told
from gateway.demo.caller.webhooks import new_sid

_FILTERS = {"To": "to", "From": "from", "ParentCallSid": "parent_call_sid"}


class Orders:
    """Of one account. `lines` are what is told of all calls, in order."""

    def __init__(self, account_sid: str, auth_token: str, clock: Clock, sleep: Sleep = asyncio.sleep) -> None:
        self.lines: list[Told] = []
        self._line = Line(number="", voice_url="", account_sid=account_sid, auth_token=auth_token)
        self._clock = clock
        self._sleep = sleep
        self._calls: dict[str, dict[str, Any]] = {}
        self._playing: set[asyncio.Task[None]] = set()

    def take(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        """The call as it is listed from now on. Raises KeyError, ValueError for what is none."""
        order = Order.of(new_sid("CA"), form)
        begun = formatdate(self._clock.now(), usegmt=True)
        call = {
            "sid": order.sid,
            "parent_call_sid": None,
            "from": order.sender,
            "to": order.to,
            "direction": "outbound-api",
            "status": "queued",
            "date_created": begun,
            "start_time": begun,
            "duration": None,
        }
        self._calls[order.sid] = call
        playing = asyncio.create_task(self._play(order), name=f"carrier: {order.sid}")
        self._playing.add(playing)
        playing.add_done_callback(self._playing.discard)
        return call

    def call(self, sid: str) -> Mapping[str, Any] | None:
        """As it is now."""
        return self._calls.get(sid)

    def calls(self, query: Mapping[str, str]) -> list[Mapping[str, Any]]:
        """The newest first, of those that the query asks for."""
        wanted = {_FILTERS[name]: value for name, value in query.items() if name in _FILTERS}
        newest = reversed(self._calls.values())
        return [call for call in newest if all(call[name] == value for name, value in wanted.items())]

    async def close(self) -> None:
        """Cut every line."""
        for playing in self._playing:
            playing.cancel()
        await asyncio.gather(*self._playing, return_exceptions=True)

    async def _play(self, order: Order) -> None:
        async with aiohttp.ClientSession() as session:
            ended = await play_order(
                order,
                self._line,
                _Everybody(),
                self.lines.append,
                session=session,
                now=self._clock.now(),
                sleep=self._sleep,
            )
        self._calls[order.sid] |= {"status": ended.status, "duration": str(round(ended.seconds))}


class _Everybody(Mapping[str, Desk]):
    """Whoever is called picks up, presses the key, and talks."""

    def __getitem__(self, number: str) -> Desk:
        return Desk(rings_for=4, talks_for=20)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0
