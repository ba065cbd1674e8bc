"""Files in the form and the reply box, through a real listener."""

from typing import Any

import aiohttp
import pytest

from channels.web.attachment_settings import AttachmentSettings
from channels.web.files import KEPT_FOR
from channels.web.settings import WebSettings
from gateway.core.errors import StoreUnavailable
from tests.support.page import Elements, assert_no_active_content
from tests.support.web import Site, hidden_fields, web_site

FIELDS = {"subject": "Printer", "body": "It burns."}
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 100
SMALL = WebSettings(attachments=AttachmentSettings(count=2, size=2048, total=3000))


async def post(
    site: Site, path: str, fields: dict[str, str], *files: tuple[str, bytes]
) -> tuple[int, str, "aiohttp.ClientResponse"]:
    form = aiohttp.FormData(quote_fields=False)
    for name, value in fields.items():
        form.add_field(name, value)
    for name, content in files or [("", b"")]:
        form.add_field("attachments", content, filename=name, content_type="image/png")
    headers = {"Accept": "text/html"}
    async with site.client.post(site.url + path, data=form, headers=headers, allow_redirects=False) as response:
        return response.status, await response.text(), response


def names(message: Any) -> list[str]:
    return [each.name for each in message.attachments]


async def test_what_may_be_sent_is_said_beforehand() -> None:
    async with web_site(SMALL) as site:
        _, page, _ = await site.get("/?lang=es")
    upload = Elements(page).by_id("attachments")
    assert "multiple" in upload
    assert "image/*,audio/*" in str(upload["accept"])
    assert upload["aria-describedby"] == "attachments-hint"
    assert "Como mucho 2 archivos de hasta 0,1 MB cada uno: imágenes" in page
    assert Elements(page).by_id("writing")["enctype"] == "multipart/form-data"


async def test_no_files_are_offered_where_none_are_taken() -> None:
    async with web_site(WebSettings(attachments=AttachmentSettings(count=0))) as site:
        _, page, _ = await site.get("/")
        assert 'type="file"' not in page


async def test_files_go_with_the_request_and_are_on_its_page() -> None:
    async with web_site(SMALL) as site:
        status, _, response = await post(site, "/", FIELDS | await site.open(), ("a <b>.png", PNG), ("b.png", PNG[:50]))
        assert status == 303
        [message] = site.intake.received
        assert names(message) == ["a <b>.png", "b.png"]
        path = response.headers["Location"]
        _, page, _ = await site.get(path)
        assert_no_active_content(page)
        assert "a &lt;b&gt;.png" in page
        async with site.client.get(f"{site.url}{path}/attachments/1/1") as download:
            assert await download.read() == PNG
        assert f'href="{path}/attachments/1/1"' in page


async def test_files_go_with_a_reply() -> None:
    async with web_site(SMALL) as site:
        path = f"/t/{site.signer.sign(await site.new_ticket())}"
        status, _, _ = await post(site, f"{path}/messages", {"body": "See."} | await site.open(path), ("c.png", PNG))
        assert status == 303
        assert names(site.intake.received[-1]) == ["c.png"]


async def test_files_stay_while_mistakes_are_mended() -> None:
    async with web_site(SMALL) as site:
        fields = FIELDS | await site.open()
        status, page, _ = await post(site, "/", fields | {"subject": ""}, ("first.png", PNG))
        assert status == 422
        assert "first.png" in page
        status, page, _ = await post(site, "/", FIELDS | hidden_fields(page) | {"email": "no"}, ("second.png", PNG))
        assert status == 422
        status, _, _ = await post(site, "/", FIELDS | hidden_fields(page))
        assert status == 303
        assert names(site.intake.received[0]) == ["first.png", "second.png"]


async def test_a_kept_file_may_be_removed() -> None:
    async with web_site(SMALL) as site:
        fields = FIELDS | await site.open()
        _, page, _ = await post(site, "/", fields | {"subject": ""}, ("first.png", PNG), ("second.png", PNG))
        assert Elements(page).by_id("drop-0")["type"] == "checkbox"
        assert (await post(site, "/", FIELDS | hidden_fields(page) | {"drop-0": "1"}))[0] == 303
        assert names(site.intake.received[0]) == ["second.png"]


@pytest.mark.parametrize("kept", ["x", "A" * 200, "é", ""])
async def test_only_what_was_sent_with_a_form_can_be_kept(kept: str) -> None:
    async with web_site(SMALL) as site:
        assert (await post(site, "/", FIELDS | await site.open() | {"kept": kept}))[0] == 303
        assert site.intake.received[0].attachments == ()


async def test_a_file_can_not_be_named_by_its_digest_alone() -> None:
    async with web_site(SMALL) as site:
        fields = FIELDS | await site.open()
        _, page, _ = await post(site, "/", fields | {"subject": ""}, ("first.png", PNG))
        kept = hidden_fields(page)["kept"]
        for place in range(0, len(kept), 7):
            changed = kept[:place] + ("A" if kept[place] != "A" else "B") + kept[place + 1 :]
            await post(site, "/", FIELDS | await site.open() | {"kept": changed})
        assert [each.attachments for each in site.intake.received] == [()] * len(site.intake.received)


async def test_files_that_were_kept_for_too_long_are_asked_for_again() -> None:
    async with web_site(SMALL) as site:
        fields = FIELDS | await site.open()
        _, page, _ = await post(site, "/", fields | {"subject": ""}, ("first.png", PNG))
        site.clock.at += KEPT_FOR + 1
        status, page, _ = await post(site, "/", FIELDS | hidden_fields(page))
        assert status == 422
        assert "Please choose them once more" in page
        assert not site.intake.received
        assert (await post(site, "/", FIELDS | hidden_fields(page), ("first.png", PNG)))[0] == 303


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([("big.png", PNG * 5)], "“big.png” is too big"),
        ([("a.png", PNG), ("b.png", PNG), ("c.png", PNG)], "“c.png” is one file too many"),
    ],
)
async def test_files_out_of_bounds_cost_nobody_their_text(files: list[tuple[str, bytes]], words: str) -> None:
    async with web_site(SMALL) as site:
        status, page, _ = await post(site, "/", FIELDS | await site.open(), *files)
        assert status == 422
        assert words in page
        assert ">\nIt burns.</textarea>" in page
        assert Elements(page).by_id("attachments")["aria-invalid"] == "true"
        assert not site.intake.received


async def test_kept_and_new_files_together_stay_within_bounds() -> None:
    async with web_site(SMALL) as site:
        fields = FIELDS | await site.open()
        _, page, _ = await post(site, "/", fields | {"subject": ""}, ("a.png", PNG), ("b.png", PNG))
        status, page, _ = await post(site, "/", FIELDS | hidden_fields(page), ("c.png", PNG))
        assert status == 422
        assert "at most 2 files" in page
        assert (await post(site, "/", FIELDS | hidden_fields(page) | {"drop-1": "1"}))[0] == 303
        assert names(site.intake.received[0]) == ["a.png", "c.png"]


async def test_files_that_can_not_be_kept_now_cost_nobody_their_text() -> None:
    async with web_site(SMALL) as site:
        site.blobs.failure = StoreUnavailable("disk full")
        status, page, response = await post(site, "/", FIELDS | await site.open(), ("a.png", PNG))
        assert status == 503
        assert "Retry-After" in response.headers
        assert ">\nIt burns.</textarea>" in page


async def test_the_same_text_with_other_files_is_asked_about() -> None:
    async with web_site(SMALL) as site:
        fields = FIELDS | await site.open()
        assert (await post(site, "/", fields, ("a.png", PNG)))[0] == 303
        assert (await post(site, "/", fields, ("a.png", PNG)))[0] == 303
        assert (await post(site, "/", fields, ("b.png", PNG + b"x")))[0] == 409
        assert len(site.intake.received) == 1
