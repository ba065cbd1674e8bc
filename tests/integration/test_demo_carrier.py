"""What stands in for Twilio in the demo is what the channel asks for: the channel's own client reads it."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from channels.phone.twilio.media import RECORDING_TYPES, Media, Wanted, recording_url
from channels.phone.twilio.outcome import Refused, Taken
from channels.phone.twilio.rest import Account, ApiUnavailable, NewCall, TwilioApi
from gateway.core.clock import SystemClock
from gateway.demo.caller.pace import at_once
from gateway.demo.carrier.app import Carrier
from gateway.demo.carrier.listener import Listener
from gateway.demo.carrier.orders import Orders
from tests.support.blobs import MemoryBlobs
from tests.support.eventually import eventually
from tests.support.twilio_webhooks import TRUST
from tests.support.twiml_gateway import twiml_gateway

SID, TOKEN = TRUST.account_sid, TRUST.auth_token
RECORDING = "RE" + "0" * 32
AGENT, CALLER_ID = "+34910000001", "+34910000000"


@pytest.fixture
async def url() -> AsyncIterator[str]:
    orders = Orders(SID, TOKEN, SystemClock(), at_once)
    async with TestServer(Carrier(SID, TOKEN, orders).app()) as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.fixture
async def api(url: str) -> AsyncIterator[TwilioApi]:
    client = TwilioApi(Account(SID, TOKEN, url, allow_private=True), SystemClock())
    yield client
    await client.close()


async def test_nothing_was_missed_and_recordings_can_be_deleted(api: TwilioApi) -> None:
    await api.require_account()
    assert [each async for each in api.calls_since(0.0)] == []
    assert [each async for each in api.recordings_since(0.0)] == []
    assert [each async for each in api.messages_since(0.0)] == []
    assert await api.call("CA" + "0" * 32) is None
    await api.delete_recording(RECORDING)


async def test_a_recording_is_some_silence(url: str) -> None:
    account = Account(SID, TOKEN, url, allow_private=True)
    media = Media(account, MemoryBlobs(SystemClock()))
    wanted = Wanted(recording_url(account, RECORDING), "message.mp3", RECORDING_TYPES, 1_000_000)
    assert (await media.fetch(wanted)).size > 1000
    await media.close()


async def test_a_call_that_is_ordered_is_played_listed_and_told(api: TwilioApi, url: str) -> None:
    document = f'<Say>Un momento.</Say><Dial action="/over"><Number>{CALLER_ID}</Number></Dial>'
    async with twiml_gateway({"agent": document, "over": "<Hangup/>"}) as gateway, aiohttp.ClientSession() as session:
        order = NewCall(AGENT, CALLER_ID, f"{gateway.url}/agent", f"{gateway.url}/status")
        listener = Listener(session, url, SID, TOKEN)
        await listener.come()
        taken = await api.create_call(order)
        assert isinstance(taken, Taken)
        assert (await api.find_call(order, 0.0)) is not None
        assert (await api.find_call(NewCall(CALLER_ID, CALLER_ID, ""), 0.0)) is None

        async def unfinished() -> str | None:
            record = await api.call(taken.sid)
            return None if record is not None and record.status == "completed" else str(record)

        await eventually(unfinished, within=10.0)
        record = await api.call(taken.sid)
        assert record is not None
        assert (record.duration or 0) > 20
        words = [str(line.words) for line in await listener.news()]
        assert f"dials {AGENT}" in words
        assert f"dials {CALLER_ID}" in words
        assert await listener.news() == []
        assert [form["CallStatus"] for form in gateway.forms("status")][-1] == "completed"


async def test_what_is_no_call_is_refused(api: TwilioApi) -> None:
    assert isinstance(await api.end_call("CA" + "0" * 32), Refused)


async def test_others_are_told_nothing(url: str) -> None:
    stranger = TwilioApi(Account(SID, "another-token-it-is", url, allow_private=True), SystemClock())
    with pytest.raises(ApiUnavailable, match="401"):
        [each async for each in stranger.calls_since(0.0)]
    await stranger.close()
    async with aiohttp.ClientSession() as session:
        assert await Listener(session, url, SID, "another-token-it-is").news() == []
        assert await Listener(session, "http://127.0.0.1:9", SID, TOKEN).news() == []
