"""What a stranger with a browser, a script or many addresses may try with the web channel, through a real listener."""

import asyncio
from dataclasses import replace

import aiohttp
import pytest

from channels.web.attachment_settings import AttachmentSettings
from channels.web.settings import RateSettings, WebSettings
from gateway.core.ids import new_id
from gateway.core.ticket import Direction, Message
from tests.support.web import Site, hidden_fields, web_site

MEBIBYTE = 1024 * 1024
FIELDS = {"subject": "Printer", "body": "It burns."}
REQUEST = (
    b"POST /api/v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 28\r\n\r\n"
    b'{"subject": "a","body": "b"}'
)
ONE_MEBIBYTE_AN_HOUR = WebSettings(rates=RateSettings(trusted=(), files_per_address=MEBIBYTE))


async def upload(site: Site, path: str, fields: dict[str, str], content: bytes, **headers: str) -> tuple[int, str]:
    form = aiohttp.FormData(fields)
    form.add_field("attachments", content, filename="a.txt", content_type="text/plain")
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    async with site.client.post(site.url + path, data=form, headers=named, allow_redirects=False) as response:
        return response.status, await response.text()


async def conversation(site: Site, bodies: list[str]) -> str:
    """The path of a ticket in which the requester has written all this."""
    ticket_id = await site.new_ticket()
    messages = tuple(
        Message(new_id(), ticket_id, number, Direction.INBOUND, "web", body, site.clock.now())
        for number, body in enumerate(bodies, start=1)
    )
    site.intake.cases[ticket_id] = replace(site.intake.cases[ticket_id], messages=messages)
    return f"/t/{site.signer.sign(ticket_id)}"


# Sent through somebody else's browser.


async def test_t36_another_site_cannot_send_a_request_through_its_visitors_to_the_api() -> None:
    """A form with files needs no permission of ours: a browser sends it anywhere."""
    async with web_site() as site:
        ticket = {"ticket": '{"subject": "a", "body": "b"}'}
        status, _ = await upload(site, "/api/v1/tickets", ticket, b"x", Sec_Fetch_Site="cross-site")
        assert status == 403
        assert site.intake.received == []
        assert site.blobs.contents == {}
        assert (await upload(site, "/api/v1/tickets", ticket, b"x"))[0] == 201


# Where an answer leads to.


@pytest.mark.parametrize("token", ["..%2f%2fevil.example", "%2e%2e%2f..%2f%2fevil.example", "x%3Fsent=1%23y"])
async def test_t31_nothing_but_our_own_tokens_gets_into_a_location(token: str) -> None:
    """Some proxies tidy up a Location on its way: /t/..//evil.example then leads to another site."""
    async with web_site() as site:
        raw = await site.raw(f"GET /t/{token}/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert raw.startswith(b"HTTP/1.1 404")
    assert b"evil" not in raw


# What one ticket may cost.


@pytest.mark.parametrize("bodies", [["a"] * 200, ["<" * 20_000] * 20])
async def test_t14_a_conversation_has_an_end_since_its_page_is_shown_whole(bodies: list[str]) -> None:
    """A page of 1,000 full messages had 80 MB, and held up everybody for a second, each time that it was asked for."""
    async with web_site() as site:
        path = await conversation(site, bodies)
        status, page, _ = await site.post_form(f"{path}/messages", {"body": "One more."} | await site.open(path))
        assert status == 422
        assert "This conversation has become too long" in page
        assert ">\nOne more.</textarea>" in page
        assert len(site.intake.received) == 1
        assert len(page) < 2_500_000


async def test_a_long_conversation_goes_on_below_that() -> None:
    async with web_site() as site:
        path = await conversation(site, ["a"] * 199)
        assert (await site.post_form(f"{path}/messages", {"body": "One more."} | await site.open(path)))[0] == 303


async def test_t14_a_conversation_is_counted_when_the_message_is_whole() -> None:
    """Else a thousand messages that all begin while there is room would all find it."""
    async with web_site() as site:
        path = await conversation(site, ["a"] * 199)
        content = "&".join(f"{name}={text}" for name, text in {"body": "b", **await site.open(path)}.items()).encode()
        head = (
            f"POST {path}/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        lines = [await asyncio.open_connection("127.0.0.1", site.port) for _ in range(2)]
        for _, writer in lines:
            writer.write(head.encode() + content[:1])
        for _ in range(2):
            await site.get(path)  # by now both have begun
        answers = []
        for reader, writer in lines:
            writer.write(content[1:])
            answers.append((await reader.readuntil(b"\r\n"))[:12])
            writer.close()
    # The same form twice is one message; that it was asked at all is what counts here.
    assert answers == [b"HTTP/1.1 303", b"HTTP/1.1 422"]


async def test_t14_the_store_has_the_last_word_on_how_long_a_conversation_is() -> None:
    """Those that come in the same instant all find room when they look."""
    async with web_site() as site:
        path = await conversation(site, ["a"])
        site.intake.full = True
        status, page, _ = await site.post_form(f"{path}/messages", {"body": "One more."} | await site.open(path))
    assert status == 422
    assert "This conversation has become too long" in page
    assert ">\nOne more.</textarea>" in page


# What one address may cost.


async def test_t14_an_address_that_sends_files_without_end_fills_no_disk() -> None:
    """Files are on disk before a form is taken, and stay for a day: 300 MB in four seconds, without any token."""
    async with web_site(ONE_MEBIBYTE_AN_HOUR) as site:
        for number in range(8):
            await upload(site, "/", FIELDS, bytes([number]) * (MEBIBYTE // 4))
        assert sum(map(len, site.blobs.contents.values())) == MEBIBYTE
        status, page = await upload(site, "/", FIELDS | await site.open(), b"x" * 50_000)
        assert status == 503
        assert "It burns." in page
        assert "Send your text without it, or try again in a few minutes." in page
        status, _, _ = await site.post_form("/", FIELDS | hidden_fields(page))
        assert status == 303  # the text is taken all the same
        site.clock.at += 3600
        assert (await upload(site, "/", FIELDS | await site.open(), b"x" * 1000))[0] == 303


async def test_t14_files_to_the_api_count_as_well() -> None:
    async with web_site(ONE_MEBIBYTE_AN_HOUR) as site:
        ticket = {"ticket": '{"subject": "a", "body": "b"}'}
        statuses = [(await upload(site, "/api/v1/tickets", ticket, bytes(MEBIBYTE // 2)))[0] for _ in range(3)]
        assert statuses == [201, 201, 503]


async def test_t14_a_trusted_address_may_send_files_without_end() -> None:
    settings = WebSettings(
        rates=RateSettings(files_per_address=MEBIBYTE), attachments=AttachmentSettings(size=MEBIBYTE, total=MEBIBYTE)
    )
    async with web_site(settings) as site:
        statuses = [(await upload(site, "/", FIELDS | await site.open(), bytes(MEBIBYTE)))[0] for _ in range(3)]
        assert statuses == [303] * 3


# What others may cost one.


async def test_a_flood_of_others_turns_no_program_away() -> None:
    """Of all addresses together it is said that they are slowed, and never refused."""
    release = asyncio.Event()
    busy = WebSettings(rates=RateSettings(trusted=(), per_address=1000, everybody=1))
    async with web_site(busy, delayed_until=release) as site:
        lines = [await asyncio.open_connection("127.0.0.1", site.port) for _ in range(202)]
        for _, writer in lines:
            writer.write(REQUEST)
        async with asyncio.timeout(10):
            answered = [asyncio.ensure_future(reader.readuntil(b"\r\n")) for reader, _ in lines]
            waiting = set(answered)
            while len(waiting) > 200:  # but for the first, and the one for whom no waiting is left
                _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            release.set()
            assert {(await each)[:12] for each in answered} == {b"HTTP/1.1 201"}
        for _, writer in lines:
            writer.close()
