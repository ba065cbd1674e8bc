"""Calls that nobody told us of, since we were away or could keep nothing: found in Twilio's list, and made tickets of.
A call has one row whoever is first with it, so that asking twice makes nothing twice."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Protocol

import structlog

from channels.channel import ChannelContext
from channels.phone.hearing import FINAL
from channels.phone.inputs import Recorded
from channels.phone.missed import missed_call
from channels.phone.settings import VoiceSettings
from channels.phone.steps import Steps
from channels.phone.twilio.records import CallRecord, RecordingRecord
from channels.phone.watch import MESSAGE_SOURCE
from gateway.core.clock import Instant
from gateway.core.dialling import Desk

_INBOUND = "inbound"
_log = structlog.get_logger("relevo.phone")


class CallLists(Protocol):
    """What is asked for, as `TwilioApi` gives it: newest first. All raise ApiUnavailable."""

    def calls_since(self, since: Instant) -> AsyncIterator[CallRecord]: ...

    def recordings_since(self, since: Instant) -> AsyncIterator[RecordingRecord]: ...

    def recordings_of(self, sid: str) -> AsyncIterator[RecordingRecord]: ...


class MissedCalls:
    """Of one channel. `phones` are all desks' by what is dialled."""

    def __init__(
        self,
        settings: VoiceSettings,
        context: ChannelContext,
        steps: Steps,
        api: CallLists,
        phones: Callable[[], Mapping[str, Desk]],
    ) -> None:
        self._settings = settings
        self._channel = context.name
        self._clock = context.clock
        self._steps = steps
        self._api = api
        self._phones = phones

    async def take_in(self, since: Instant) -> Instant | None:
        """See `TakeIn`."""
        listed = [each async for each in self._api.calls_since(since)]
        ours = [each for each in listed if each.direction == _INBOUND and each.called in self._settings.numbers]
        unknown = [each for each in reversed(ours) if not await self._steps.knows(each.sid)]
        for call in unknown:
            if call.status in FINAL:
                await self._adopt(call, listed)
        await self._find_messages(since)
        return min((each.at for each in unknown if each.status not in FINAL), default=None)

    async def _adopt(self, record: CallRecord, listed: Sequence[CallRecord]) -> None:
        recordings = [
            each
            async for each in self._api.recordings_of(record.sid)
            if each.source == MESSAGE_SOURCE and each.status == "completed"
        ]
        legs = [each for each in listed if each.parent_sid == record.sid]
        call = missed_call(self._settings, record, legs, recordings, self._phones(), self._clock.now())
        await self._steps.adopt(call)
        _log.info("a call that was missed has its ticket", channel=self._channel, call=record.sid)

    async def _find_messages(self, since: Instant) -> None:
        """Messages left in calls that are known: in one that went on without us, nobody else tells of them."""
        now = self._clock.now()
        async for each in self._api.recordings_since(since):
            if each.source != MESSAGE_SOURCE or each.status != "completed":
                continue
            if (call := await self._steps.kept(each.call_sid)) and all(
                known.sid != each.sid for known in call.recordings
            ):
                await self._steps.settle(call.sid, Recorded(now, each.sid, each.duration or 0.0))
