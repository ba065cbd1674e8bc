"""Files of a conversation: handed in through the API, downloaded from the requester's page."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from channels.web.attachment_settings import AttachmentSettings
from channels.web.settings import WebSettings
from gateway.core.attachments import UNKNOWN_TYPE
from gateway.core.ids import new_id
from gateway.core.ticket import Attachment
from tests.support.web import Site, web_site

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2000
TICKET = {"subject": "Printer", "body": "It burns."}


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with web_site(WebSettings(attachments=AttachmentSettings(count=2, size=600_000, total=700_000))) as site:
        yield site


async def stored(site: Site, content: bytes, name: str = "a.png", media_type: str = "image/png") -> Attachment:
    async def once() -> AsyncIterator[bytes]:
        yield content

    blob = await site.blobs.put(once(), 10_000_000)
    return Attachment(name, media_type, blob.size, blob.digest)


async def ticket_with(site: Site, *attachments: Attachment) -> str:
    """The token of a ticket whose second message has these."""
    ticket_id = await site.new_ticket()
    site.intake.answer(ticket_id, "Look.", attachments=attachments)
    return site.signer.sign(ticket_id)


async def download(site: Site, path: str, method: str = "GET") -> tuple[int, bytes, Any]:
    async with site.client.request(method, site.url + path, auto_decompress=False) as response:
        return response.status, await response.read(), response.headers


async def post_files(
    site: Site, ticket: object = TICKET, *files: tuple[str, bytes, str], **headers: str
) -> tuple[int, Any]:
    form = aiohttp.FormData(quote_fields=False)  # names as browsers send them
    if ticket is not None:
        form.add_field("ticket", json.dumps(ticket))
    for name, content, media_type in files:
        form.add_field("file", content, filename=name, content_type=media_type)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with site.client.post(f"{site.url}/api/v1/tickets", data=form, headers=named) as response:
        return response.status, await response.json(content_type=None)


async def test_a_file_comes_back_as_it_was(site: Site) -> None:
    token = await ticket_with(site, await stored(site, PNG))
    status, content, headers = await download(site, f"/t/{token}/attachments/2/1")
    assert (status, content) == (200, PNG)
    assert headers["Content-Length"] == str(len(PNG))


@pytest.mark.parametrize(
    ("media_type", "served", "disposition"),
    [
        ("image/png", "image/png", "inline"),
        ("image/jpeg", "image/jpeg", "inline"),
        ("image/gif", "image/gif", "inline"),
        ("image/webp", "image/webp", "inline"),
        ("text/plain", "text/plain; charset=utf-8", "inline"),
        ("application/pdf", "application/pdf", "attachment"),
        ("text/csv", "text/csv", "attachment"),
        (UNKNOWN_TYPE, UNKNOWN_TYPE, "attachment"),
        ("text/html", UNKNOWN_TYPE, "attachment"),
        ("image/svg+xml", UNKNOWN_TYPE, "attachment"),
        ("application/xhtml+xml", UNKNOWN_TYPE, "attachment"),
        ("text/javascript", UNKNOWN_TYPE, "attachment"),
        ("application/xml", UNKNOWN_TYPE, "attachment"),
    ],
)
async def test_t04_nothing_runs_from_our_origin(site: Site, media_type: str, served: str, disposition: str) -> None:
    token = await ticket_with(site, await stored(site, b"<script>alert(1)</script>", "x.html", media_type))
    _, _, headers = await download(site, f"/t/{token}/attachments/2/1")
    assert headers["Content-Type"] == served
    assert headers["Content-Disposition"].partition(";")[0] == disposition
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert headers["Cache-Control"] == "private, no-store"


async def test_t01_the_name_of_a_download_is_no_path(site: Site) -> None:
    token = await ticket_with(site, await stored(site, PNG, '../../.bash"rc\\año.png'))
    _, _, headers = await download(site, f"/t/{token}/attachments/2/1")
    assert headers["Content-Disposition"] == (
        "inline; filename=\"_.._.bash_rc_a_o.png\"; filename*=UTF-8''_.._.bash_rc_a%C3%B1o.png"
    )


async def test_t33_a_file_belongs_to_its_ticket(site: Site) -> None:
    theirs = await ticket_with(site, await stored(site, PNG))
    mine = site.signer.sign(await site.new_ticket())
    assert (await download(site, f"/t/{theirs}/attachments/2/1"))[0] == 200
    assert (await download(site, f"/t/{mine}/attachments/2/1"))[0] == 404
    assert (await download(site, f"/t/{mine}/attachments/1/1"))[0] == 404


@pytest.mark.parametrize(
    "path", ["2/2", "2/0", "1/1", "3/1", "0/0", "2/1/1", "-1/1", "2/%31%2f", "99999999999/1", "2/9999", "a/b", "2/١"]
)
async def test_t33_other_places_are_not_there(site: Site, path: str) -> None:
    token = await ticket_with(site, await stored(site, PNG))
    assert (await download(site, f"/t/{token}/attachments/{path}"))[0] == 404


async def test_t33_a_token_is_needed(site: Site) -> None:
    token = await ticket_with(site, await stored(site, PNG))
    for wrong in (token[:-1] + ("A" if token[-1] != "A" else "B"), "x" * 43, site.signer.sign(new_id())):
        assert (await download(site, f"/t/{wrong}/attachments/2/1"))[0] == 404


async def test_a_head_has_no_content(site: Site) -> None:
    token = await ticket_with(site, await stored(site, PNG))
    status, content, headers = await download(site, f"/t/{token}/attachments/2/1", "HEAD")
    assert (status, content, headers["Content-Length"]) == (200, b"", str(len(PNG)))


async def test_a_content_that_is_gone_is_not_found(site: Site) -> None:
    token = await ticket_with(site, await stored(site, PNG))
    site.blobs.contents.clear()
    assert (await download(site, f"/t/{token}/attachments/2/1"))[0] == 404


async def test_a_content_that_was_cut_short_ends_the_connection(site: Site) -> None:
    attachment = await stored(site, PNG)
    token = await ticket_with(site, attachment)
    site.blobs.contents[attachment.digest] = PNG[:-5]
    with pytest.raises(aiohttp.ClientError):
        async with asyncio.timeout(3):
            await download(site, f"/t/{token}/attachments/2/1")


async def test_a_ticket_with_files_through_the_api(site: Site) -> None:
    status, _ = await post_files(site, TICKET, ("año.png", PNG, "image/png"), ("b.txt", b"b", "text/plain"))
    assert status == 201
    (message,) = site.intake.received
    digest = hashlib.sha256(PNG).hexdigest()
    assert message.subject == "Printer"
    assert message.attachments[0] == Attachment("año.png", "image/png", len(PNG), digest)
    assert site.blobs.contents[digest] == PNG


async def test_the_same_key_and_files_again_is_the_same_request(site: Site) -> None:
    first = await post_files(site, TICKET, ("a.png", PNG, "image/png"), Idempotency_Key="k")
    again = await post_files(site, TICKET, ("a.png", PNG, "image/png"), Idempotency_Key="k")
    assert first == again
    assert first[0] == 201


async def test_the_same_key_with_another_file_is_another_request(site: Site) -> None:
    await post_files(site, TICKET, ("a.png", PNG, "image/png"), Idempotency_Key="k")
    for name, content in (("a.png", PNG + b"!"), ("b.png", PNG)):
        status, problem = await post_files(site, TICKET, (name, content, "image/png"), Idempotency_Key="k")
        assert (status, problem["type"]) == (422, "/problems#key-reused")
    assert (await site.post_json(TICKET, Idempotency_Key="k"))[0] == 422


async def test_a_file_that_is_refused_refuses_the_request(site: Site) -> None:
    status, problem = await post_files(site, TICKET, ("a.zip", bytes(600_001), "application/zip"))
    assert status == 422
    assert problem["errors"] == [
        {"pointer": "/attachments", "detail": "“a.zip” is too big: a file may have at most 0.6 MB."}
    ]
    assert site.intake.received == []


async def test_a_form_without_the_ticket_is_refused(site: Site) -> None:
    status, problem = await post_files(site, None, ("a.png", PNG, "image/png"))
    assert (status, problem["errors"][0]["pointer"]) == (422, "/ticket")


async def test_a_form_whose_ticket_is_no_json_is_refused(site: Site) -> None:
    form = aiohttp.FormData({"ticket": "subject=x"})
    form.add_field("file", PNG, filename="a.png", content_type="image/png")
    async with site.client.post(f"{site.url}/api/v1/tickets", data=form) as response:
        assert response.status == 400
