"""T03 and the widget in a real browser: what strangers write runs nowhere, and other sites get only what they may."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Browser

from channels.web.settings import WebSettings
from gateway.core.organisation import Organisation, PageLink, recognise_logo
from gateway.core.ticket import Attachment
from tests.support.browser import window
from tests.support.categories import settings
from tests.support.web import Served, web_site

pytestmark = pytest.mark.asyncio(loop_scope="session")
HOSTILE = [
    "</textarea></title></style><script>alert(1)</script><svg onload=alert(1)><img src=x onerror='alert(1)'>",
    '\'" autofocus onfocus="alert(1)" style="color:red" x=\'javascript:alert(1)${alert(1)}{{ alert(1) }}',
]
_HEIGHT_CHANGED = """before =>
  document.querySelector("body > div").shadowRoot.querySelector("iframe").offsetHeight !== before"""
LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_t03_nothing_that_strangers_write_runs_in_a_browser(
    browser: Browser, hostile: str, tmp_path: Path
) -> None:
    organisation, category = everything(hostile, tmp_path)
    async with web_site(settings(categories=[category]), organisation=organisation) as site, window(browser) as opened:
        page = opened.page
        file = Attachment(hostile, "text/plain", 3, "0" * 64)
        ticket_id = await site.new_ticket(
            subject=hostile, body=hostile, requester={"name": hostile}, category="x", metadata={"a": hostile}
        )
        site.intake.answer(ticket_id, hostile, author=hostile, attachments=(file,))
        token = site.signer.sign(ticket_id)
        for path in ("/", "/?category=x", "/?category=" + hostile, f"/t/{token}", f"/t/{token}?lang=" + hostile):
            await page.goto(site.url + path)
            await opened.assert_nothing_wrong()
        await page.goto(site.url + "/?category=x")
        for name in ("subject", "body", "answer-a", "name", "email"):
            await page.fill(f"#{name}", hostile)
        await page.set_input_files("#attachments", {"name": "x.png", "mimeType": "text/plain", "buffer": b"x"})
        await page.click(".send")
        await page.wait_for_selector("#problems")
        await opened.assert_nothing_wrong()
        await page.click("button[value=choose]")
        await page.wait_for_selector(".cards button")
        await opened.assert_nothing_wrong()
        await page.goto(f"{site.url}/" + hostile.replace("/", "%2F").replace("?", "%3F"))
        await opened.assert_nothing_wrong()


def everything(hostile: str, folder: Path) -> tuple[Organisation, dict[str, object]]:
    """An organisation and a category all of whose texts are hostile."""
    quoted = hostile.replace("\\", "\\\\").replace('"', '\\"').replace("{", "").replace("}", "")
    header = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    own = f'{header}msgid "How can we help you?"\nmsgstr "{quoted}"\n\nmsgid "Send"\nmsgstr "{quoted}"\n'
    (folder / "en.po").write_text(own, encoding="utf-8")
    texts = {"en": hostile, "es": hostile}
    links = (PageLink(texts, "https://www.example.org"),)
    organisation = Organisation(hostile, logo=recognise_logo(LOGO), links=links, texts=folder)
    choice = {"id": "c", "label": texts}
    fields = [
        {"id": "a", "label": texts, "help": texts},
        {"id": "b", "label": texts, "type": "choice", "choices": [choice]},
    ]
    return organisation, {"id": "x", "name": texts, "help": texts, "steps": [texts], "fields": fields}


async def test_t04_a_logo_opened_by_itself_runs_nothing(browser: Browser) -> None:
    async with web_site(organisation=Organisation("X", logo=recognise_logo(LOGO))) as site, window(browser) as opened:
        page = opened.page
        await page.goto(site.url + "/")
        source = await page.get_attribute("header img", "src")
        await page.goto(f"{site.url}{source}")
        assert not [said for said in opened.wrong if "dialogue" in said]


@asynccontextmanager
async def another_site() -> AsyncIterator[tuple[str, dict[str, str]]]:
    """The origin of a site with a strict policy that loads the widget; where that is, `set` says, once it is known."""
    wanted: dict[str, str] = {}

    async def home(_request: web.Request) -> web.Response:
        policy = f"default-src 'none'; script-src {wanted['relevo']}; frame-src {wanted['relevo']}"
        text = (
            '<!doctype html><html lang="es"><title>Intranet</title><body><h1>Intranet</h1>'
            f'<script src="{wanted["relevo"]}/widget.js" data-language="es" defer></script></body></html>'
        )
        headers = {"Content-Security-Policy": policy, "Cross-Origin-Embedder-Policy": "require-corp"}
        return web.Response(text=text, content_type="text/html", headers=headers)

    async with Served([web.get("/", home)]) as listener:
        # Another host than the gateway's 127.0.0.1, so that nothing takes the two for one site.
        yield listener.url.replace("127.0.0.1", "localhost"), wanted


async def test_the_widget_opens_takes_a_request_and_closes_within_another_site(browser: Browser) -> None:
    async with (
        another_site() as (origin, wanted),
        window(browser, locale="en") as opened,
        web_site(WebSettings.model_validate({"embed": [origin]})) as site,
    ):
        wanted["relevo"] = site.url
        page = opened.page
        await page.goto(origin + "/")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        frame = page.frame_locator("iframe")
        await frame.get_by_role("heading", name="¿En qué podemos ayudarle?").wait_for()
        site.clock.at += 10
        await frame.locator("#subject").fill("Sin red")
        await frame.locator("#body").fill("Desde hoy.")
        form = await page.locator("iframe").bounding_box()
        assert form is not None
        await frame.locator(".send").click()
        await frame.get_by_text("Recibida").first.wait_for()
        assert site.intake.received[0].subject == "Sin red"
        await page.wait_for_function(
            _HEIGHT_CHANGED,
            arg=form["height"],
        )
        await frame.locator("#body").press("Escape")
        await page.get_by_role("button", name="Ayuda").wait_for()
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="Cerrar").press("Escape")
        await page.get_by_role("button", name="Ayuda").wait_for()
        violations = [each for each in await page.evaluate("window.violations") if "style" not in each]
        assert [
            violations,
            [said for said in opened.wrong if "<style" not in said and "style-src" not in said],
        ] == [[], []]


async def test_a_site_that_is_not_configured_gets_no_form(browser: Browser) -> None:
    async with (
        another_site() as (origin, wanted),
        window(browser) as opened,
        web_site(WebSettings.model_validate({"embed": ["https://www.example.org"]})) as site,
    ):
        wanted["relevo"] = site.url
        page = opened.page
        await page.goto(origin + "/")
        async with page.expect_event("requestfailed", lambda request: "embed=" in request.url) as failed:
            await page.get_by_role("button", name="Ayuda").click()
        assert (await failed.value).failure == "net::ERR_BLOCKED_BY_RESPONSE"
        assert await page.frame_locator("iframe").get_by_role("heading").count() == 0
