"""Notices posted to a real receiver: signed, once per delivery id, within bounds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from pydantic import SecretStr

from gateway.alarms.sender import WebhookNotices
from gateway.alarms.settings import WebhookAlarmSettings
from gateway.core.clock import SystemClock
from gateway.core.delivery import Delivery, Kind
from gateway.core.errors import ProviderRefused, ProviderUnavailable
from gateway.core.retry_after import LONGEST_PAUSE
from gateway.core.signature import BadSignature, Signer

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PAYLOAD = {"type": "alarm.raised", "title": {"es": "Avería", "en": "Fault"}, "references": ["1234567894"]}


@dataclass
class Receiver:
    """Takes what is posted and answers `status`."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    posted: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    hangs: bool = False

    async def take(self, request: web.Request) -> web.Response:
        self.posted.append((dict(request.headers), await request.read()))
        if self.hangs:
            await asyncio.Event().wait()
        return web.Response(status=self.status, headers=self.headers)


@asynccontextmanager
async def sending(
    receiver: Receiver, *, allow_private: bool = True, within: float = 5.0
) -> AsyncIterator[tuple[WebhookNotices, Delivery]]:
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    async with TestServer(app) as server:
        settings = WebhookAlarmSettings(
            url=str(server.make_url("/hook")), secret=SecretStr(SECRET), allow_private=True
        ).model_copy(update={"allow_private": allow_private})  # as for a name that resolves to it
        notices = WebhookNotices([settings], SystemClock(), within=within)
        try:
            yield notices, Delivery("d1", Kind.NOTICE, 0, 0, target=settings.target, payload=PAYLOAD)
        finally:
            await notices.close()


async def test_a_notice_is_signed_and_the_same_when_it_is_sent_again() -> None:
    receiver = Receiver()
    async with sending(receiver) as (notices, delivery):
        await notices.send(delivery)
        await notices.send(delivery)
    (headers, body), (_, again) = receiver.posted
    headers = {name.lower(): value for name, value in headers.items()}
    assert Signer(SECRET, SystemClock()).verify(headers, body) == "d1"
    assert body == again
    assert headers["content-type"] == "application/json"
    with pytest.raises(BadSignature):
        Signer("another secret", SystemClock()).verify(headers, body)


@pytest.mark.parametrize("status", [400, 410, 422])
async def test_what_the_receiver_refuses_is_not_tried_again(status: int) -> None:
    async with sending(Receiver(status)) as (notices, delivery):
        with pytest.raises(ProviderRefused, match=str(status)):
            await notices.send(delivery)


@pytest.mark.parametrize("status", [301, 401, 403, 404, 429, 500, 503])
async def test_what_may_be_put_right_over_there_is_tried_again(status: int) -> None:
    receiver = Receiver(status, {"Location": "/hook", "Retry-After": "7"})
    async with sending(receiver) as (notices, delivery):
        with pytest.raises(ProviderUnavailable, match=str(status)) as raised:
            await notices.send(delivery)
    assert raised.value.retry_after == 7
    assert len(receiver.posted) == 1


@pytest.mark.parametrize(("asked", "obeyed"), [("soon", None), ("-3", None), ("9" * 5000, LONGEST_PAUSE)])
async def test_a_receiver_can_silence_a_notice_for_minutes_at_most(asked: str, obeyed: float | None) -> None:
    async with sending(Receiver(503, {"Retry-After": asked})) as (notices, delivery):
        with pytest.raises(ProviderUnavailable) as raised:
            await notices.send(delivery)
    assert raised.value.retry_after == obeyed


async def test_t28_a_private_address_needs_permission() -> None:
    receiver = Receiver()
    async with sending(receiver, allow_private=False) as (notices, delivery):
        with pytest.raises(ProviderRefused, match="not a public one"):
            await notices.send(delivery)
    assert receiver.posted == []


async def test_nobody_listens() -> None:
    url = f"http://127.0.0.1:{unused_port()}/hook"
    settings = WebhookAlarmSettings(url=url, secret=SecretStr(SECRET), allow_private=True)
    notices = WebhookNotices([settings], SystemClock())
    with pytest.raises(ProviderUnavailable, match="no connection"):
        await notices.send(Delivery("d1", Kind.NOTICE, 0, 0, target=settings.target))
    await notices.close()


async def test_a_receiver_that_hangs_is_left_in_time() -> None:
    async with sending(Receiver(hangs=True), within=0.1) as (notices, delivery):
        with pytest.raises(ProviderUnavailable, match="did not answer within"):
            await notices.send(delivery)


async def test_a_webhook_that_is_no_longer_configured() -> None:
    async with sending(Receiver()) as (notices, delivery):
        notices.configure([])
        with pytest.raises(ProviderRefused, match="no longer configured"):
            await notices.send(delivery)


@pytest.mark.parametrize("host", ["127.0.0.1", "169.254.169.254", "[::1]", "localhost"])
def test_t28_a_private_address_is_named_at_loading(host: str) -> None:
    with pytest.raises(ValueError, match="not a public address"):
        WebhookAlarmSettings(url=f"http://{host}/hook", secret=SecretStr(SECRET))


def test_a_secret_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not base64"):
        WebhookAlarmSettings(url="https://example.org", secret=SecretStr("whsec_*and-no-base64"))


async def test_t32_the_secret_is_in_nothing_that_is_sent_or_raised() -> None:
    receiver = Receiver(500)
    async with sending(receiver) as (notices, delivery):
        with pytest.raises(ProviderUnavailable) as raised:
            await notices.send(delivery)
    assert SECRET.removeprefix("whsec_") not in str(receiver.posted) + repr(raised.value)
