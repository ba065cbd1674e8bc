"""Calls back through a voice channel of the rig: what it orders at Twilio is played, and nobody waits for the time."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
from multidict import CIMultiDict

from channels.phone.calling_back.callback import Callback
from channels.phone.calling_back.keeping import read
from gateway.core.calls import CallsMade
from gateway.core.delivery import Case, ClaimRequest, Kind
from gateway.core.dialling import Desk as Phone
from gateway.core.events import CallbackEnded, CallEvent
from gateway.demo.caller.outbound import play_order
from gateway.demo.caller.script import Caller, Desk, Scene
from gateway.demo.caller.transcript import Told
from tests.support.twilio_webhooks import Post
from tests.support.voice_rig import ANA, Played, VoiceRig, voice_rig

ASKS = Caller(keys=("8",))
"""Who wants to be called back instead of waiting."""
_KINDS = frozenset({Kind.CALLBACK, Kind.CALL})
LEASE = 60.0
_MOST_WORK = 500


class CallbackRig:
    """Everybody who may be called is in `people`, by number."""

    def __init__(self, rig: VoiceRig, people: Mapping[str, Desk]) -> None:
        self.rig = rig
        self.people = dict(people)
        self.transcript: list[Told] = []
        self.rang: list[str] = []
        """The desks' numbers that were called for us, in order."""
        self.late_reports = False
        """Twilio's reports of a call come all at its end, the last first."""
        self.loses_reports = False
        """They never come."""
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, caller: Caller = ASKS) -> Played:
        """Somebody calls, asks to be called back, and hangs up when all is said."""
        return await self.rig.call(Scene(caller))

    async def run(self, within: float = 7200.0) -> None:
        """Whatever is owed now or falls due within so many seconds, and every call that comes of it."""
        until = self.rig.clock.at + within
        for _ in range(_MOST_WORK):
            if await self.step():
                continue
            due = await self.rig.store.next_due(_KINDS)
            if due is None or due > until:
                return
            self.rig.clock.at = max(self.rig.clock.at, due)
        raise AssertionError("there is no end to what is to be done")

    async def step(self) -> bool:
        """One call that was ordered, or one thing that is owed now; False where there is none."""
        if self.rig.twilio.orders:
            await self.play()
            return True
        cases = await self.claim()
        for case in cases:
            await self.rig.channel.handlers()[case.delivery.kind](case)
        return bool(cases)

    async def claim(self) -> list[Case]:
        now = self.rig.clock.at
        return (await self.rig.store.claim([ClaimRequest(_KINDS, 1, now, now + LEASE)]))[0]

    async def play(self) -> None:
        """The call that was ordered first."""
        rig, order = self.rig, self.rig.twilio.orders.pop(0)
        if self.loses_reports:
            order = replace(order, status_callback=None)
        self.rang.append(order.to)
        ended = await play_order(
            order,
            replace(rig.line, late_reports=self.late_reports),
            self.people,
            self.transcript.append,
            session=self._session or rig.session,
            now=rig.clock.at,
            sleep=self._pass,
        )
        (record,) = [each for each in rig.twilio.calls if each["sid"] == order.sid]
        record.update({"status": ended.status, "duration": str(round(ended.seconds))})

    @asynccontextmanager
    async def posted(self) -> AsyncIterator[list[Post]]:
        """Every webhook of the calls that are played meanwhile."""
        posts: list[Post] = []
        tracing = aiohttp.TraceConfig()

        async def sent(_session: object, _context: object, told: aiohttp.TraceRequestEndParams) -> None:
            headers = CIMultiDict(told.response.request_info.headers)
            posts.append(Post(told.url.raw_path_qs, headers, bodies.pop(0)))

        async def chunk(_session: object, _context: object, told: aiohttp.TraceRequestChunkSentParams) -> None:
            bodies.append(told.chunk)

        bodies: list[bytes] = []
        tracing.on_request_end.append(sent)
        tracing.on_request_chunk_sent.append(chunk)
        async with aiohttp.ClientSession(trace_configs=[tracing]) as self._session:
            yield posts
        self._session = None

    async def _pass(self, seconds: float) -> None:
        self.rig.clock.at += seconds

    @property
    def said(self) -> str:
        return "\n".join(str(line.words) for line in self.transcript)

    @property
    def ended(self) -> CallbackEnded:
        return self.rig.event(CallbackEnded)

    @property
    def ended_last(self) -> tuple[str, str | None]:
        """Outcome and refusal."""
        last = self.rig.heard.of(CallbackEnded)[-1]
        return last.outcome, last.refusal

    def told(self) -> list[str]:
        """The events of calls back, in their order."""
        events = (each.event for each in self.rig.heard.events)
        return [each.type for each in events if isinstance(each, CallEvent) and each.type.startswith("callback.")]

    async def callback(self) -> Callback:
        """The one that ended last."""
        kept = await self.rig.store.call(self.rig.heard.of(CallbackEnded)[-1].call)
        assert kept is not None
        assert kept.record is not None
        return read(kept.record)

    async def is_released(self) -> bool:
        """A ticket is owed to a provider now, and its contracted time has begun."""
        due = await self.rig.store.next_due(frozenset({Kind.TICKET}))
        return due is not None and due <= self.rig.clock.at

    async def made(self, number: str | None = None) -> CallsMade:
        """In the last 24 hours."""
        return await self.rig.store.calls_to("phone", self.rig.clock.at - 86_400, number)


@asynccontextmanager
async def callback_rig(
    *phones: Phone,
    people: Mapping[str, Desk] | None = None,
    line: Mapping[str, Any] | None = None,
    **callback: Any,
) -> AsyncIterator[CallbackRig]:
    """Callers may ask to be called back, unless `callback` says otherwise; both desks and the requester answer, unless
    `people` do otherwise. `line` are other settings of the channel."""
    async with voice_rig(*phones, callback={"offer": True, **callback}, **(line or {})) as rig:
        everybody = {phone.dial: Desk() for phone in rig.routing.phones} | {ANA: Desk()}
        yield CallbackRig(rig, everybody | dict(people or {}))
