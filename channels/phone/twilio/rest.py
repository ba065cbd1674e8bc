"""Twilio's REST API, as far as we need it (https://www.twilio.com/docs/usage/api): calls and messages ordered, what
came while we were away listed, recordings deleted.

An order is sent once. Twilio knows no idempotency keys for calls and messages, so what its answer leaves open is looked
for in its lists before it is ordered again. A better witness is a status callback whose address names the order.
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

from aiohttp import encode_basic_auth

from channels.phone.settings import AccountSettings
from channels.phone.twilio.outcome import Outcome, Taken, judge, judge_failure
from channels.phone.twilio.pages import NotAPage, read_one, read_page
from channels.phone.twilio.records import (
    CallRecord,
    MediaRecord,
    MessageRecord,
    RecordingRecord,
    as_call,
    as_media,
    as_message,
    as_recording,
)
from gateway.core.clock import Clock, Instant
from gateway.core.errors import Fault, RelevoError
from gateway.core.outbound import OutboundClient, OutboundError, Reply
from gateway.core.retry_after import retry_after
from gateway.core.values import dataclass

API = "api"
"""As operations are told of what is wrong with it: a part of the channel."""
VERSION = "2010-04-01"
WITHIN = 10.0
"""Seconds for one request."""
_CONNECTIONS = 4
_ANSWER_LIMIT = 1024 * 1024
"""Bytes: a page of fifty calls has about a hundred thousand."""
_PAGE_SIZE = 50
_MOST_PAGES = 1000
_FEW_PAGES = 4
_GRAIN = 1.0
"""Seconds: Twilio's times have no fractions."""
_SKEW = 30.0
"""Seconds by which Twilio's clock may differ from ours."""

R = TypeVar("R", CallRecord, RecordingRecord, MessageRecord, MediaRecord)


class ApiUnavailable(RelevoError):
    """Twilio could not be asked, or gave no usable answer; asking again later may succeed."""

    fault = Fault.PROVIDER

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Account:
    """Whose calls and messages they are."""

    account_sid: str
    auth_token: str = field(repr=False)
    api: str = "https://api.twilio.com"
    """Without a final slash."""
    allow_private: bool = False
    """`api` may be at a private address, as in tests."""

    @classmethod
    def of(cls, settings: AccountSettings) -> Self:
        """As it is configured."""
        token = settings.auth_token.get_secret_value()
        return cls(settings.account_sid, token, settings.api, settings.allow_private)

    @property
    def root(self) -> str:
        """The path that everything of the account is under."""
        return f"/{VERSION}/Accounts/{self.account_sid}"

    @property
    def authorization(self) -> Mapping[str, str]:
        """The header with our credentials: for `api` alone (T10)."""
        return {"Authorization": encode_basic_auth(self.account_sid, self.auth_token)}


@dataclass(frozen=True, slots=True)
class NewCall:
    """A call to be made; what is said to whoever answers is fetched from `url`."""

    to: str
    caller_id: str
    url: str
    status_callback: str | None = None
    timeout: int = 30
    """Seconds that it rings."""
    time_limit: int = 3600
    """Seconds that it lasts, at most: a call that nobody ends costs."""

    def fields(self) -> list[tuple[str, str]]:
        fields = [("To", self.to), ("From", self.caller_id), ("Url", self.url), ("Timeout", str(self.timeout))]
        if self.status_callback is not None:
            fields.append(("StatusCallback", self.status_callback))
            fields += [("StatusCallbackEvent", event) for event in ("initiated", "ringing", "answered", "completed")]
        return [*fields, ("TimeLimit", str(self.time_limit))]


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be sent; for WhatsApp both parties begin with `whatsapp:`."""

    to: str
    sender: str
    body: str
    status_callback: str | None = None
    media: Sequence[str] = field(default_factory=tuple)
    """Addresses that Twilio fetches files from."""

    def fields(self) -> list[tuple[str, str]]:
        fields = [("To", self.to), ("From", self.sender), ("Body", self.body)]
        fields += [("MediaUrl", url) for url in self.media]
        return fields if self.status_callback is None else [*fields, ("StatusCallback", self.status_callback)]


class TwilioApi:
    """One account's. Needs a running loop."""

    def __init__(self, account: Account, clock: Clock, within: float = WITHIN) -> None:
        """Each request may take `within` seconds."""
        self._account = account
        self._within = within
        self._clock = clock
        self._client = OutboundClient(
            allow_private=account.allow_private, connections=_CONNECTIONS, limit=_ANSWER_LIMIT
        )

    async def create_call(self, call: NewCall) -> Outcome:
        """Order it, once. Never raises."""
        return await self._order("/Calls.json", call.fields())

    async def redirect_call(self, sid: str, url: str) -> Outcome:
        """Have a call that is in progress go on with what `url` answers. Never raises."""
        return await self._order(f"/Calls/{sid}.json", [("Url", url)])

    async def end_call(self, sid: str) -> Outcome:
        """Hang up. Never raises."""
        return await self._order(f"/Calls/{sid}.json", [("Status", "completed")])

    async def send_message(self, message: NewMessage) -> Outcome:
        """Order it, once. Never raises."""
        return await self._order("/Messages.json", message.fields())

    async def find_call(self, call: NewCall, since: Instant, known: Collection[str] = ()) -> Taken | None:
        """A call that was ordered at `since` or later, and is none of those `known`. None: it isn't there now, and may
        be in a minute. Raises ApiUnavailable."""
        query = {"To": call.to, "From": call.caller_id}
        async for each in self._newest("calls", "/Calls.json", query, as_call, since - _SKEW):
            if each.direction == "outbound-api" and each.sid not in known:
                return Taken(each.sid, each.status)
        return None

    async def find_message(self, message: NewMessage, since: Instant, known: Collection[str] = ()) -> Taken | None:
        """As `find_call`, by recipient, sender and words. No filter of Twilio's by date is used, since it goes by the
        date of sending, which a queued message hasn't got."""
        query = {"To": message.to, "From": message.sender}
        async for each in self._newest("messages", "/Messages.json", query, as_message, since - _SKEW):
            if each.direction != "inbound" and each.body == message.body and each.sid not in known:
                return Taken(each.sid, each.status)
        return None

    async def require_account(self) -> None:
        """Whether it takes our credentials. Raises ApiUnavailable, which says so where it doesn't."""
        reply = await self._ask("GET", f"{self._account.root}.json")
        if reply.status in (401, 403, 404):
            raise ApiUnavailable(f"it answered {reply.status}: is account_sid right, and auth_token that account's?")
        self._expect_success(reply)

    async def call(self, sid: str) -> CallRecord | None:
        """As Twilio has it now; None where it knows of none. Raises ApiUnavailable."""
        reply = await self._ask("GET", f"{self._account.root}/Calls/{sid}.json")
        if reply.status == 404:
            return None
        self._expect_success(reply)
        try:
            return self._by_our_clock(read_one(reply.body, as_call))
        except NotAPage as error:
            raise ApiUnavailable(str(error)) from error

    def legs_of(self, sid: str) -> AsyncIterator[CallRecord]:
        """What was dialled for that call, newest first. Raises ApiUnavailable."""
        return self._listed("calls", "/Calls.json", {"ParentCallSid": sid}, as_call, 0.0)

    def recordings_of(self, sid: str) -> AsyncIterator[RecordingRecord]:
        """Of that call, newest first. Raises ApiUnavailable."""
        return self._listed("recordings", "/Recordings.json", {"CallSid": sid}, as_recording, 0.0)

    def calls_since(self, since: Instant) -> AsyncIterator[CallRecord]:
        """Every leg that began then or later, newest first. Raises ApiUnavailable."""
        return self._listed("calls", "/Calls.json", {"StartTime>": self._day(since)}, as_call, since)

    def recordings_since(self, since: Instant) -> AsyncIterator[RecordingRecord]:
        """Every recording since then, newest first. Raises ApiUnavailable."""
        return self._listed("recordings", "/Recordings.json", {"DateCreated>": self._day(since)}, as_recording, since)

    def messages_since(self, since: Instant) -> AsyncIterator[MessageRecord]:
        """Every message since then, newest first. Raises ApiUnavailable."""
        return self._listed("messages", "/Messages.json", {"DateSent>": self._day(since)}, as_message, since)

    async def media_of(self, message_sid: str) -> list[MediaRecord]:
        """The files of a message, as far as Twilio has them by now. Raises ApiUnavailable."""
        path = f"/Messages/{message_sid}/Media.json"
        return [each async for page in self._pages("media_list", path, {}, as_media) for each in page]

    async def delete_recording(self, sid: str) -> None:
        """One that is gone is as good as deleted. Raises ApiUnavailable."""
        reply = await self._ask("DELETE", f"{self._account.root}/Recordings/{sid}.json")
        if reply.status != 404:
            self._expect_success(reply)

    async def close(self) -> None:
        """Close the connections; what is in flight fails."""
        await self._client.close()

    async def _order(self, path: str, fields: Sequence[tuple[str, str]]) -> Outcome:
        headers = {**self._account.authorization, "Content-Type": "application/x-www-form-urlencoded"}
        try:
            reply = await self._client.send(
                "POST",
                self._url(self._account.root + path),
                headers=headers,
                body=_encoded(fields),
                within=self._within,
            )
        except OutboundError as error:
            return judge_failure(error)
        return judge(reply, self._wall())

    async def _listed(
        self,
        name: str,
        path: str,
        query: Mapping[str, str],
        read: Callable[[Mapping[str, Any]], R],
        since: Instant,
    ) -> AsyncIterator[R]:
        """Twilio's filters know days only; the instants are compared here, by the whole seconds that it tells."""
        count = 0
        async for page in self._pages(name, path, query, read):
            if (count := count + 1) > _MOST_PAGES:
                raise ApiUnavailable(f"the list of {name} has no end")
            for each in page:
                if each.at > since - _GRAIN:
                    yield each

    async def _newest(
        self,
        name: str,
        path: str,
        query: Mapping[str, str],
        read: Callable[[Mapping[str, Any]], R],
        since: Instant,
    ) -> AsyncIterator[R]:
        """Those at the beginning of a list without a filter by date, which Twilio sorts the newest first."""
        count = 0
        async for page in self._pages(name, path, query, read):
            recent = [each for each in page if each.at >= since]
            for each in recent:
                yield each
            if not recent or (count := count + 1) == _FEW_PAGES:
                return

    async def _pages(
        self, name: str, path: str, query: Mapping[str, str], read: Callable[[Mapping[str, Any]], R]
    ) -> AsyncIterator[Sequence[R]]:
        path = self._account.root + path
        following: str | None = f"{path}?{urlencode({**query, 'PageSize': str(_PAGE_SIZE)})}"
        while following is not None:
            reply = await self._ask("GET", following)
            self._expect_success(reply)
            try:
                page = read_page(reply.body, name, path, read)
            except NotAPage as error:
                raise ApiUnavailable(str(error)) from error
            yield [self._by_our_clock(each) for each in page.items]
            following = page.following

    async def _ask(self, method: str, path: str) -> Reply:
        try:
            return await self._client.send(
                method, self._url(path), headers=self._account.authorization, within=self._within
            )
        except OutboundError as error:
            raise ApiUnavailable(str(error)) from error

    def _expect_success(self, reply: Reply) -> None:
        if not 200 <= reply.status < 300:
            pause = retry_after(reply.headers.get("Retry-After"), self._wall())
            raise ApiUnavailable(f"it answered {reply.status}", retry_after=pause)

    def _url(self, path: str) -> str:
        return f"{self._account.api}{path}"

    def _wall(self) -> Instant:
        return self._clock.now() + self._clock.drift()

    def _by_our_clock(self, record: R) -> R:
        """Twilio's clock is the wall clock, which may have been set since ours was."""
        return replace(record, at=record.at - self._clock.drift())

    def _day(self, at: Instant) -> str:
        """In GMT, as Twilio's filters take it."""
        return datetime.fromtimestamp(at + self._clock.drift(), UTC).strftime("%Y-%m-%d")


def _encoded(fields: Sequence[tuple[str, str]]) -> bytes:
    return urlencode(fields).encode()
