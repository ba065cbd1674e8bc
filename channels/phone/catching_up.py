"""Calls that nobody told us of, since we were away or could keep nothing: asked for at Twilio, and made tickets of.

How far that has come is kept, so that nothing before is asked for again, and nothing after is left out. A call has one
row whoever is first with it, so that asking twice makes nothing twice.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Protocol

import structlog

from channels.channel import Backstage, ChannelContext
from channels.phone.hearing import FINAL
from channels.phone.inputs import Recorded
from channels.phone.missed import missed_call
from channels.phone.settings import VoiceSettings
from channels.phone.steps import Steps
from channels.phone.twilio.records import CallRecord, RecordingRecord
from channels.phone.twilio.rest import ApiUnavailable
from channels.phone.watch import API, MESSAGE_SOURCE
from channels.troubles import Troubles
from gateway.core.clock import Instant
from gateway.core.errors import StoreFailed, StoreUnavailable
from gateway.core.ticket import Priority

_EVERY = 300.0
"""Seconds between two looks while nothing seems to be missing: what is not told to us, we don't know of."""
_SOON = 5.0
"""Seconds after something was missed, or couldn't be asked for."""
_OVERLAP = 900.0
"""Seconds that are looked at again: Twilio's lists lag behind, and its clock may differ."""
_FOLDER = "calls"
"""The name of the position that is kept: the instant from which on the next look looks."""
_INBOUND = "inbound"
_log = structlog.get_logger("relevo.phone")


class Lists(Protocol):
    """What is asked for, as `TwilioApi` gives it: newest first. All raise ApiUnavailable."""

    def calls_since(self, since: Instant) -> AsyncIterator[CallRecord]: ...

    def recordings_since(self, since: Instant) -> AsyncIterator[RecordingRecord]: ...

    def recordings_of(self, sid: str) -> AsyncIterator[RecordingRecord]: ...


class CatchingUp:
    """Of one channel."""

    def __init__(
        self,
        settings: VoiceSettings,
        context: ChannelContext,
        backstage: Backstage,
        steps: Steps,
        api: Lists,
        troubles: Troubles,
    ) -> None:
        self._settings = settings
        self._context = context
        self._backstage = backstage
        self._steps = steps
        self._api = api
        self._troubles = troubles
        self._missed = asyncio.Event()

    def wake(self) -> None:
        """Something was missed just now."""
        self._missed.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            done = await self._try()
            await self._pause(_EVERY if done else _SOON)

    async def look(self) -> None:
        """Once. Raises ApiUnavailable, and the store's errors."""
        name, store, now = self._context.name, self._backstage.store, self._context.clock.now()
        kept = await store.mailbox_position(name, _FOLDER)
        # What was before we were there first is none of our affair.
        since = now if kept is None else float(kept)
        listed = [each async for each in self._api.calls_since(since)]
        ours = [each for each in listed if each.direction == _INBOUND and each.called in self._settings.numbers]
        open_since = now
        for call in reversed(ours):
            if await self._steps.kept(call.sid) is None and not await self._adopt(call, listed):
                open_since = min(open_since, call.at)
        await self._find_messages(since)
        await store.save_mailbox_position(name, _FOLDER, repr(max(since, open_since - _OVERLAP)))
        self._troubles.recovered(API)

    async def _adopt(self, record: CallRecord, listed: Sequence[CallRecord]) -> bool:
        """False where it is too early to say what came of it."""
        if record.status not in FINAL:
            return False
        recordings = [
            each
            async for each in self._api.recordings_of(record.sid)
            if each.source == MESSAGE_SOURCE and each.status == "completed"
        ]
        legs = [each for each in listed if each.parent_sid == record.sid]
        language = self._settings.number_languages.get(record.called, self._settings.languages[0])
        desks = self._context.routing.desks(self._context.name, language, None, Priority.NORMAL)
        now = self._context.clock.now()
        await self._steps.adopt(missed_call(self._settings, record, legs, recordings, desks, now))
        _log.info("a call that was missed has its ticket", channel=self._context.name, call=record.sid)
        return True

    async def _find_messages(self, since: Instant) -> None:
        """Messages left in calls that are known: in one that went on without us, nobody else tells of them."""
        now = self._context.clock.now()
        async for each in self._api.recordings_since(since):
            if each.source != MESSAGE_SOURCE or each.status != "completed":
                continue
            if (call := await self._steps.kept(each.call_sid)) and all(
                known.sid != each.sid for known in call.recordings
            ):
                await self._steps.settle(call.sid, Recorded(now, each.sid, each.duration or 0.0))

    async def _try(self) -> bool:
        self._missed.clear()
        try:
            await self.look()
        except ApiUnavailable as error:
            self._troubles.troubled(API, str(error))
            return False
        except StoreUnavailable as error:
            _log.warning("calls can't be caught up with", channel=self._context.name, error=str(error))
            return False
        except StoreFailed as error:
            self._backstage.failed(error)
        return True

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._missed.wait()
                await asyncio.sleep(_SOON)
