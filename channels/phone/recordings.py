"""Messages that callers have left: fetched from Twilio, kept in the ticket, and deleted there where that is wanted."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from channels.phone.call import Call, Fetching, Recording
from channels.phone.duties import may_miss
from channels.phone.steps import Steps, further_message
from channels.phone.telling import Teller
from channels.phone.twilio.media import RECORDING_TYPES, Media, NotFetched, Wanted, recording_url
from channels.phone.twilio.rest import Account, TwilioApi
from gateway.core.clock import Clock
from gateway.core.ticket import Message
from gateway.core.values import dataclass

_BYTES_A_SECOND = 16_000
"""Of a WAV, the larger of what Twilio gives: 8,000 samples of 16 bits."""
_HEADERS = 64 * 1024
_ORDER = (Fetching.WAITING, Fetching.MISSED, Fetching.KEPT, Fetching.DELETED)
"""It only goes forward, whoever is first."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where an account's recordings are, and how they are had."""

    account: Account
    media: Media
    api: TwilioApi


class Recordings:
    """Of one channel."""

    def __init__(
        self, source: Source, steps: Steps, teller: Teller, channel: str, clock: Clock, *, longest: float, delete: bool
    ) -> None:
        """A recording lasts `longest` seconds at most; `delete` it at Twilio once it is kept."""
        self._source = source
        self._steps = steps
        self._teller = teller
        self._channel = channel
        self._clock = clock
        self._limit = _HEADERS + round(longest + 1) * _BYTES_A_SECOND
        self._delete = delete

    def is_undone(self, call: Call) -> bool:
        """Something is left to be done for one of them."""
        return any(self._duty(each) for each in call.recordings)

    async def do(self, call: Call) -> Call:
        """What can be done now for all of them; the call as it is then. Raises ApiUnavailable, and the store's
        errors."""
        for number, each in enumerate(call.recordings if call.ticket_id else (), 1):
            duty = self._duty(each)
            if duty is not None:
                call = await duty(call, each, number)
        return call

    def _duty(self, recording: Recording) -> "Callable[[Call, Recording, int], Awaitable[Call]] | None":
        if recording.fetching is Fetching.WAITING:
            return self._fetch
        return self._remove if recording.fetching is Fetching.KEPT and self._delete else None

    async def _fetch(self, call: Call, recording: Recording, number: int) -> Call:
        # Its address is made from its SID: what a webhook says of it plays no part (T09).
        url = recording_url(self._source.account, recording.sid)
        wanted = Wanted(url, self._teller.recording_name(call, number), RECORDING_TYPES, self._limit)
        try:
            attachment = await self._source.media.fetch(wanted)
        except NotFetched as error:
            if error.later and not may_miss(call, self._clock.now()):
                return call
            return await self._mark(call, recording, Fetching.MISSED, why=error.reason)
        words = self._teller.recording(call, recording.seconds)
        message = further_message(recording.sid, self._channel, words, self._clock.now())
        kept = await self._mark(call, recording, Fetching.KEPT, messages=[replace(message, attachments=(attachment,))])
        return await self._remove(kept, recording, number) if self._delete else kept

    async def _remove(self, call: Call, recording: Recording, _: int) -> Call:
        await self._source.api.delete_recording(recording.sid)
        return await self._mark(call, recording, Fetching.DELETED)

    async def _mark(
        self,
        call: Call,
        recording: Recording,
        fetching: Fetching,
        *,
        why: str | None = None,
        messages: Sequence[Message] = (),
    ) -> Call:
        def marked(each: Recording) -> Recording:
            forward = each.sid == recording.sid and _ORDER.index(fetching) > _ORDER.index(each.fetching)
            return replace(each, fetching=fetching, why=why) if forward else each

        def mark(known: Call) -> Call:
            return replace(known, recordings=tuple(marked(each) for each in known.recordings))

        return await self._steps.change(call.sid, mark, messages) or call
