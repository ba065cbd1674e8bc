"""Twilio's webhooks through the real listener, and its REST API and media over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from typing import Any

import pytest
from aiohttp import web

from channels.phone.settings import TextSettings
from channels.phone.trial import try_out
from channels.phone.twilio.media import RECORDING_TYPES, Media, NotFetched, Wanted, recording_url
from channels.phone.twilio.outcome import Deferred, Refused, Taken, Unknown
from channels.phone.twilio.rest import Account, ApiUnavailable, NewCall, NewMessage, TwilioApi
from channels.phone.twilio.signed import CONTENT_LIMIT, Guard, Refusal
from channels.trial import Tried
from gateway.core.clock import SystemClock
from tests.support.blobs import MemoryBlobs
from tests.support.listening import Listening, listening, status
from tests.support.twilio_api import ACCOUNT_SID, AUTH_TOKEN, FakeTwilio, Served, fake_twilio, sid
from tests.support.twilio_webhooks import CALL, PUBLIC_URL, TRUST, VOICE, Post, Told, signed_form, signed_json

CLOCK = SystemClock()
MP3 = b"ID3" + bytes(5000)
MESSAGE = NewMessage("+34600111222", "+34910000000", "Hemos recibido su mensaje.")


@dataclass
class Door:
    """A route behind the guard, which takes each webhook once, as the store will."""

    listening: Listening
    told: Told
    taken: dict[str, Mapping[str, str]] = field(default_factory=dict)

    async def post(self, post: Post, headers: Mapping[str, str] | None = None) -> int:
        given = {"Host": "relevo.example", **post.headers, **(headers or {})}
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        head = f"POST {post.path} HTTP/1.1\r\n{lines}Content-Length: {len(post.body)}\r\nConnection: close\r\n\r\n"
        return status(await self.listening.raw(head.encode() + post.body))


@asynccontextmanager
async def door(proxies: str | None = None) -> AsyncIterator[Door]:
    told = Told()
    guard = Guard(TRUST, told)
    taken: dict[str, Mapping[str, str]] = {}

    async def receive(request: web.Request) -> web.Response:
        webhook = await guard.receive(request, ("CallSid", "CallStatus", "From", "To"))
        taken.setdefault(webhook.key, webhook.form)
        return web.Response(text="<Response/>", content_type="text/xml")

    trusted = [ip_network(proxies)] if proxies else []
    async with listening([web.post(VOICE, receive)], trusted_proxies=trusted) as served:
        yield Door(served, told, taken)


class TestWebhooks:
    async def test_a_signed_one_is_taken_and_an_unsigned_one_is_not(self) -> None:
        async with door() as here:
            assert await here.post(signed_form()) == 200
            body = b'{"AccountSid": "%s", "CallSid": "%s", "CallStatus": "ringing", "From": "", "To": ""}'
            assert await here.post(signed_json(body % (ACCOUNT_SID.encode(), sid("CA").encode()))) == 200
            unsigned = signed_form()
            del unsigned.headers["X-Twilio-Signature"]
            assert await here.post(unsigned) == 403
            assert await here.post(signed_form(token="not the token at all")) == 403
        assert len(here.taken) == 2
        assert [refusal for refusal, _ in here.told.refused] == [Refusal.UNSIGNED, Refusal.WRONG]

    async def test_t11_a_captured_signature_can_be_put_to_no_other_use(self) -> None:
        repeated, merged, moved = signed_form(), signed_form(), signed_form(path=f"{VOICE}?step=1")
        repeated.body += b"&From=%2B34600111222"
        merged.body = merged.body.replace(b"&CallSid=", b"CallSid")
        moved.path += "&CallStatus=ringing"
        moved.body = moved.body.replace(b"&CallStatus=ringing", b"")
        async with door() as here:
            assert [await here.post(each) for each in (repeated, merged, moved)] == [403, 403, 403]
            assert await here.post(signed_form({**CALL, "AccountSid": "AC" + "f" * 32})) == 403
        assert not here.taken

    async def test_t12_only_the_configured_address_counts_whatever_the_request_says_of_its_own(self) -> None:
        """An attacker who has a signature for another address can't make it ours by headers; a proxy that changes
        Host and scheme doesn't break what is."""
        forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
        async with door(proxies="127.0.0.0/8") as here:
            assert await here.post(signed_form(base="https://evil.example"), forged) == 403
            assert await here.post(signed_form(), {"Host": "10.0.0.7:8080", "X-Forwarded-Proto": "http"}) == 200
        assert here.told.refused == [(Refusal.OTHER_ADDRESS, "https://evil.example")]
        assert here.told.refused[0][0].looks_like_misconfiguration

    async def test_t13_a_replayed_webhook_has_the_key_that_is_known(self) -> None:
        first = signed_form()
        async with door() as here:
            codes = await asyncio.gather(*(here.post(first) for _ in range(10)))
            assert set(codes) == {200}
            assert len(here.taken) == 1
            changed = replace(first, body=first.body.replace(b"CallStatus=ringing", b"CallStatus=busy"))
            assert await here.post(changed) == 403
            await here.post(signed_form({**CALL, "CallSid": sid("CA")}))
        assert len(here.taken) == 2

    async def test_what_is_too_long_is_read_no_further(self) -> None:
        async with door() as here:
            assert await here.post(signed_form({**CALL, "Body": "x" * CONTENT_LIMIT})) == 413


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    async with fake_twilio(CLOCK) as served:
        yield served


@asynccontextmanager
async def client(twilio: FakeTwilio, *, token: str = AUTH_TOKEN) -> AsyncIterator[TwilioApi]:
    api = TwilioApi(Account(ACCOUNT_SID, token, twilio.url, allow_private=True), CLOCK)
    try:
        yield api
    finally:
        await api.close()


class TestOrders:
    CALLBACK = NewCall("+34600111222", "+34910000000", f"{PUBLIC_URL}/x", status_callback=f"{PUBLIC_URL}/status")

    async def test_a_call_is_ordered_redirected_and_ended(self, twilio: FakeTwilio) -> None:
        async with client(twilio) as api:
            taken = await api.create_call(self.CALLBACK)
            assert isinstance(taken, Taken)
            assert await api.redirect_call(taken.sid, f"{PUBLIC_URL}/next") == replace(taken, status="queued")
            assert await api.end_call(taken.sid) == replace(taken, status="completed")
        assert twilio.calls[0]["url"] is None
        form = await twilio.requests[0].post()
        assert form.getall("StatusCallbackEvent") == ["initiated", "ringing", "answered", "completed"]
        assert form["TimeLimit"] == "3600"

    async def test_a_message_is_sent(self, twilio: FakeTwilio) -> None:
        async with client(twilio) as api:
            assert await api.send_message(MESSAGE) == Taken(twilio.messages[0]["sid"], "queued")
        assert twilio.messages[0]["body"] == MESSAGE.body

    @pytest.mark.parametrize("fault", ["fails_after_commit", "drops_after_commit"])
    async def test_after_an_unknown_outcome_it_is_looked_for_and_not_sent_again(
        self, twilio: FakeTwilio, fault: str
    ) -> None:
        before = CLOCK.now()
        earlier = twilio.message(before, **{"from": MESSAGE.sender, "to": MESSAGE.to}, direction="outbound-api")
        earlier["body"] = MESSAGE.body
        setattr(twilio, fault, True)
        async with client(twilio) as api:
            assert isinstance(await api.send_message(MESSAGE), Unknown)
            posts = [each for each in twilio.requests if each.method == "POST"]
            found = await api.find_message(MESSAGE, before, known={earlier["sid"]})
            assert len(posts) == 1
            assert found == Taken(twilio.messages[0]["sid"], "queued")
            assert await api.find_message(MESSAGE, before, known={earlier["sid"], found.sid}) is None
            assert await api.find_message(replace(MESSAGE, body="Otra cosa."), before) is None
            assert await api.find_message(MESSAGE, before + 3600) is None

    async def test_nothing_older_is_looked_through(self, twilio: FakeTwilio) -> None:
        for each in range(120):
            old = {"from": MESSAGE.sender, "to": MESSAGE.to, "body": MESSAGE.body, "direction": "outbound-api"}
            twilio.message(CLOCK.now() - 4000 + each, **old)
        async with client(twilio) as api:
            assert await api.find_message(MESSAGE, CLOCK.now()) is None
        assert len(twilio.requests) == 1

    async def test_what_is_not_answered_in_time_is_unknown(self, twilio: FakeTwilio) -> None:
        twilio.slow = 60
        api = TwilioApi(Account(ACCOUNT_SID, AUTH_TOKEN, twilio.url, allow_private=True), CLOCK, within=0.05)
        assert await api.send_message(MESSAGE) == Unknown("no answer within 50ms")
        await api.close()

    async def test_a_call_is_looked_for_alike(self, twilio: FakeTwilio) -> None:
        before = CLOCK.now()
        twilio.fails_after_commit = True
        async with client(twilio) as api:
            assert isinstance(await api.create_call(self.CALLBACK), Unknown)
            ordered = twilio.calls[0]["sid"]
            twilio.call(before, **{"from": self.CALLBACK.caller_id, "to": self.CALLBACK.to}, direction="outbound-dial")
            assert await api.find_call(self.CALLBACK, before) == Taken(ordered, "queued")
            assert await api.find_call(self.CALLBACK, before, known={ordered}) is None

    async def test_busy_is_obeyed_and_refused_is_final(self, twilio: FakeTwilio) -> None:
        twilio.retry_after = 7
        async with client(twilio) as api:
            assert await api.send_message(MESSAGE) == Deferred("it answered 429 (20429)", wait=7)
            twilio.retry_after = None
            twilio.refuses_with = 21211
            assert await api.send_message(MESSAGE) == Refused("it answered 400 (21211)", 400, 21211)
            twilio.refuses_with = 21610
            refused = await api.send_message(MESSAGE)
            assert isinstance(refused, Refused)
            assert refused.unsubscribed
        assert not twilio.messages

    async def test_a_wrong_token_is_our_mistake(self, twilio: FakeTwilio) -> None:
        async with client(twilio, token="an old one") as api:
            outcome = await api.send_message(MESSAGE)
        assert isinstance(outcome, Deferred)
        assert outcome.misconfigured

    async def test_where_nobody_listens_nothing_was_sent(self, twilio: FakeTwilio) -> None:
        async with fake_twilio(CLOCK) as gone:
            pass
        async with client(gone) as api:
            assert isinstance(await api.send_message(MESSAGE), Deferred)
            with pytest.raises(ApiUnavailable, match="no connection"):
                _ = [each async for each in api.calls_since(CLOCK.now())]

    async def test_a_private_address_is_not_dialled_without_permission(self, twilio: FakeTwilio) -> None:
        api = TwilioApi(Account(ACCOUNT_SID, AUTH_TOKEN, twilio.url), CLOCK)
        outcome = await api.send_message(MESSAGE)
        await api.close()
        assert isinstance(outcome, Deferred)
        assert not twilio.requests


class TestLists:
    async def test_what_was_missed_is_listed_over_all_pages(self, twilio: FakeTwilio) -> None:
        since = CLOCK.now() - 100
        old = [twilio.call(since - each) for each in (0.9 * 86400, 5)]
        for each in range(120):
            twilio.call(since + 1 + each / 2)
            twilio.recording(since + 2)
            twilio.message(since + 3, body=None)
        async with client(twilio) as api:
            calls = [each async for each in api.calls_since(since)]
            recordings = [each async for each in api.recordings_since(since)]
            messages = [each async for each in api.messages_since(since)]
        assert len({each.sid for each in calls}) == len({each.sid for each in messages}) == 120
        assert not {each["sid"] for each in old} & {each.sid for each in calls}
        assert recordings[0].duration == 7
        assert calls[0].duration == 12
        assert messages[0].body == ""
        assert len(twilio.requests) == 9

    async def test_what_came_in_the_same_second_is_listed(self, twilio: FakeTwilio) -> None:
        second = float(int(CLOCK.now()))
        came = twilio.call(second + 0.9)
        async with client(twilio) as api:
            assert [each.sid async for each in api.calls_since(second + 0.8)] == [came["sid"]]

    @pytest.mark.parametrize(
        "elsewhere",
        [
            "https://evil.example/2010-04-01/x",
            "//evil.example/",
            "/2010-04-01/Accounts/ACother/Calls.json",
            "@evil",
            f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls.json/../Keys.json",
        ],
    )
    async def test_t10_no_answer_sends_our_credentials_elsewhere(self, twilio: FakeTwilio, elsewhere: str) -> None:
        for each in range(60):
            twilio.call(CLOCK.now() + each)
        twilio.next_page = elsewhere
        async with client(twilio) as api:
            with pytest.raises(ApiUnavailable, match="elsewhere"):
                _ = [each async for each in api.calls_since(CLOCK.now() - 100)]
        assert len(twilio.requests) == 1

    async def test_busy_says_when_to_come_again(self, twilio: FakeTwilio) -> None:
        twilio.retry_after = 3
        async with client(twilio) as api:
            with pytest.raises(ApiUnavailable) as busy:
                _ = [each async for each in api.calls_since(CLOCK.now())]
        assert busy.value.retry_after == 3

    async def test_a_recording_is_deleted_once_and_gone_ever_after(self, twilio: FakeTwilio) -> None:
        made = twilio.recording(CLOCK.now())
        async with client(twilio) as api:
            await api.delete_recording(made["sid"])
            await api.delete_recording(made["sid"])
        assert not twilio.recordings


class TestMedia:
    @asynccontextmanager
    async def media(self, twilio: FakeTwilio, *stores: str) -> AsyncIterator[tuple[Media, Account, MemoryBlobs]]:
        account = Account(ACCOUNT_SID, AUTH_TOKEN, twilio.url, allow_private=True)
        blobs = MemoryBlobs(CLOCK)
        media = Media(account, blobs, stores)
        try:
            yield media, account, blobs
        finally:
            await media.close()

    async def test_a_recording_comes_into_the_blobs(self, twilio: FakeTwilio) -> None:
        async with self.media(twilio) as (media, account, blobs):
            url = recording_url(account, sid("RE"))
            twilio.files[url.removeprefix(twilio.url)] = Served(MP3)
            attachment = await media.fetch(Wanted(url, "mensaje.mp3", RECORDING_TYPES, 10_000))
        assert blobs.contents[attachment.digest] == MP3
        assert (attachment.media_type, attachment.name) == ("audio/mpeg", "mensaje.mp3")

    async def test_t09_a_webhooks_address_leads_to_twilio_or_nowhere(self, twilio: FakeTwilio) -> None:
        root = f"/2010-04-01/Accounts/{ACCOUNT_SID}"
        async with fake_twilio(CLOCK) as inner, self.media(twilio) as (media, _, blobs):
            inner.files["/secret"] = Served(b"key", "audio/mpeg")
            for address in (
                f"{inner.url}/secret",
                f"{inner.url}{root}/Recordings/x",
                f"{twilio.url}/2010-04-01/Accounts/ACother/Recordings/x",
                f"{twilio.url}{root}/../ACother/x",
                f"{twilio.url}{root}/%2e%2e/ACother/x",
                f"{twilio.url}@{inner.url.removeprefix('http://')}{root}/x",
                f"{twilio.url.replace('127.0.0.1', 'localhost')}{root}/x",
                "file:///etc/passwd",
                "http://169.254.169.254/latest/meta-data/",
                "http://[::1",
                "",
            ):
                with pytest.raises(NotFetched) as refused:
                    await media.fetch(Wanted(address, "x", RECORDING_TYPES, 10_000))
                assert not refused.value.later
            assert not inner.requests
            assert not twilio.requests
            assert not blobs.contents

    async def test_t10_credentials_stay_with_the_api_when_a_store_has_the_file(self, twilio: FakeTwilio) -> None:
        path = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{sid('MM')}/Media/{sid('ME')}"
        async with fake_twilio(CLOCK) as store, self.media(twilio, f"{store.url}/media/") as (media, _, blobs):
            store.files["/media/1"] = Served(b"\x89PNG\r\n\x1a\n" + bytes(10), "image/png")
            twilio.files[path] = Served(location=f"{store.url}/media/1")
            attachment = await media.fetch(Wanted(twilio.url + path, "foto.png", {"image/png"}, 1000))
            assert attachment.media_type == "image/png"
            assert "Authorization" in twilio.requests[0].headers
            assert "Authorization" not in store.requests[0].headers
            assert AUTH_TOKEN not in str(store.requests[0].headers)
            assert blobs.contents

    async def test_t09_a_redirect_leads_to_twilios_stores_or_nowhere(self, twilio: FakeTwilio) -> None:
        path = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/MM1/Media/ME1"
        async with fake_twilio(CLOCK) as store, self.media(twilio, f"{store.url}/media/") as (media, _, _blobs):
            store.files["/other/1"] = store.files["/media/1"] = Served(MP3)
            store.files["/media/2"] = Served(location=f"{store.url}/media/1")
            for location in (
                "/media/1",
                f"{store.url}/other/1",
                f"{store.url}/media/../other/1",
                "",
                "//evil.example/",
            ):
                twilio.files[path] = Served(location=location)
                with pytest.raises(NotFetched, match="isn't a store"):
                    await media.fetch(Wanted(twilio.url + path, "x", RECORDING_TYPES, 10_000))
            assert not store.requests
            twilio.files[path] = Served(location=f"{store.url}/media/2")
            with pytest.raises(NotFetched, match="second time"):
                await media.fetch(Wanted(twilio.url + path, "x", RECORDING_TYPES, 10_000))

    async def test_what_is_too_large_of_another_type_or_not_there_yet_is_not_kept(self, twilio: FakeTwilio) -> None:
        async with self.media(twilio) as (media, account, blobs):
            url = recording_url(account, sid("RE"))
            wanted = Wanted(url, "x", RECORDING_TYPES, 1000)
            path = url.removeprefix(twilio.url)
            for served, reason, later in (
                (Served(MP3), "more than 1000", False),
                (Served(b"<html>", "text/html"), "type", False),
                (Served(b"", status=503), "503", True),
                (None, "404", True),
            ):
                twilio.files = {} if served is None else {path: served}
                with pytest.raises(NotFetched, match=reason) as refused:
                    await media.fetch(wanted)
                assert refused.value.later is later
            assert not blobs.contents


class TestTrial:
    @staticmethod
    async def tried(**account: Any) -> list[Tried]:
        settings = {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "numbers": ["+34910000000"], **account}
        told: list[Tried] = []
        went_well = await try_out(TextSettings.model_validate(settings), CLOCK, told.append)
        assert went_well == all(each.why is None for each in told)
        return told

    async def test_an_account_that_is_ours(self, twilio: FakeTwilio) -> None:
        part = f"api: {twilio.url.removeprefix('http://')}"
        assert await self.tried(api=twilio.url, allow_private=True) == [Tried(part, "account")]

    async def test_a_wrong_token(self, twilio: FakeTwilio) -> None:
        (told,) = await self.tried(api=twilio.url, allow_private=True, auth_token="another token, and a long one")
        assert told.why == "it answered 401: is account_sid right, and auth_token that account's?"

    async def test_nobody_there(self) -> None:
        (told,) = await self.tried(api="http://127.0.0.1:9", allow_private=True)
        assert told.why is not None
        assert told.why.startswith("no connection")

    async def test_a_private_address_that_is_not_permitted(self, twilio: FakeTwilio) -> None:
        (told,) = await self.tried(api=twilio.url)
        assert told.why == "its address is not a public one, and only those are permitted"
