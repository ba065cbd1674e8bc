"""The public pages as people use them: with the keyboard, without scripts, on a phone, in the dark."""

from itertools import pairwise
from typing import Any

import pytest
from playwright.async_api import Browser, FilePayload

from channels.web.settings import WebSettings
from gateway.core.colours import parse_colour
from gateway.core.look import OwnColours
from gateway.core.organisation import Organisation
from tests.support.browser import Window, window
from tests.support.categories import settings
from tests.support.web import Site, web_site

pytestmark = pytest.mark.asyncio(loop_scope="session")
PNG = b"\x89PNG\r\n\x1a\n"
LONG = "Muchotextosinningúnespacio" * 40
TOWN = Organisation(LONG[:100])
SUNNY = Organisation("Villanueva", OwnColours(brand=parse_colour("#ffd400")))
"""Its colour can be read on nothing light."""
CONTRASTS = """() => {
  const linear = (part) => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = parts(getComputedStyle(each).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const said = texts.currentNode.data.trim();
    if (!said || !element.checkVisibility() || element.closest(".unseen, .trap, .skip")) continue;
    const pair = [parts(getComputedStyle(element).color), ground(element)];
    const lights = pair.map(luminance).sort((a, b) => b - a);
    const ratio = (lights[0] + 0.05) / (lights[1] + 0.05);
    if (ratio < 4.5) found.push(`${said.slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return found;
}"""


async def a_long_request(site: Site) -> str:
    """The path of a request's page with everything on it, in words that don't break."""
    answers = {"room": LONG[:200], "model": "laser", "since": "2026-11-16", "story": LONG[:500]}
    ticket_id = await site.new_ticket(subject=LONG[:190], body=LONG, category="printer", metadata=answers)
    for number in range(3):
        site.intake.answer(ticket_id, LONG if number == 1 else "Short.")
    return f"/t/{site.signer.sign(ticket_id)}"


async def pages(site: Site, opened: Window) -> Any:
    """Every page there is, opened one after the other; yields its name."""
    page = opened.page
    request = await a_long_request(site)
    for path in ("/", "/?category=printer", "/?category=", "/solved", request, "/nothing-here", "/problems"):
        await page.goto(site.url + path)
        yield path
    await page.goto(f"{site.url}/?category=printer")
    await page.fill("#email", "nowhere" * 20)
    await page.click(".send")
    await page.wait_for_selector("#problems")
    yield "errors"
    await page.goto(f"{site.url}/?category=access")
    await page.fill("#subject", LONG[:150])
    await page.fill("#body", LONG)
    await page.click(".send")
    await page.wait_for_selector("#sum")
    yield "question"
    await page.click("button[value=choose]")
    await page.wait_for_selector(".cards button")
    yield "another category"


@pytest.mark.parametrize("organisation", [TOWN, SUNNY], ids=["town", "sunny"])
async def test_every_page_fits_every_screen_reads_in_both_schemes_and_keeps_to_its_policy(
    browser: Browser, organisation: Organisation
) -> None:
    async with web_site(settings(), organisation=organisation) as site, window(browser) as opened:
        async for name in pages(site, opened):
            for width in (1280, 768, 360, 320):
                await opened.page.set_viewport_size({"width": width, "height": 740})
                wide = await opened.page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, f"{name} at {width}"
            for scheme in ("light", "dark"):
                await opened.page.emulate_media(color_scheme=scheme)
                assert await opened.page.evaluate(CONTRASTS) == [], f"{name}, {scheme}"
            await opened.assert_nothing_wrong()


async def test_a_form_is_filled_in_and_sent_by_the_keyboard_alone(browser: Browser) -> None:
    async with web_site(settings()) as site, window(browser) as opened:
        page = opened.page
        await page.goto(site.url + "/")
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.className") == "skip"
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")  # the first category
        await page.wait_for_selector("#subject")
        site.clock.at += 10
        fields = {"subject": "Jam", "answer-room": "2.14", "body": "Paper.", "email": "ana@example.org"}
        focused = ""
        while focused != "Send":
            await page.keyboard.press("Tab")
            focused = await page.evaluate("document.activeElement.id || document.activeElement.textContent")
            if focused in fields:
                await page.keyboard.type(fields.pop(focused))
        assert fields == {}
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/t/*")
        [message] = site.intake.received
        assert (message.subject, message.metadata["room"], message.requester.email) == (
            "Jam",
            "2.14",
            "ana@example.org",
        )


async def test_the_enter_key_sends_the_form_and_presses_nothing_else(browser: Browser) -> None:
    async with web_site(settings()) as site, window(browser) as opened:
        page = opened.page
        await page.goto(site.url + "/?category=access")
        site.clock.at += 10
        await page.fill("#subject", "Locked out")
        await page.press("#subject", "Enter")
        await page.wait_for_selector("#problems")
        assert await page.input_value("#subject") == "Locked out"
        await page.fill("#body", "Since today.")
        await page.press("#email", "Enter")
        await page.wait_for_url("**/t/*")
        assert len(site.intake.received) == 1


async def test_what_is_wrong_is_said_first_and_leads_to_its_field(browser: Browser) -> None:
    async with web_site() as site, window(browser) as opened:
        page = opened.page
        await page.goto(site.url + "/")
        await page.click(".send")
        await page.wait_for_selector("#problems")
        assert await page.evaluate("document.activeElement.id") == "problems"
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "subject"
        assert await page.get_attribute("#subject", "aria-invalid") == "true"
        assert (await page.title()).startswith("Please check this")


@pytest.mark.parametrize("path", ["/", "/?category=printer", "ticket"])
async def test_a_screen_reader_finds_its_way(browser: Browser, path: str) -> None:
    async with web_site(settings()) as site, window(browser, locale="es") as opened:
        page = opened.page
        await page.goto(site.url + (await a_long_request(site) if path == "ticket" else path))
        assert await page.get_attribute("html", "lang") == "es"
        for role in ("banner", "main", "contentinfo", "navigation"):
            assert await page.get_by_role(role).count() == 1, role
        assert await page.get_by_role("heading", level=1).count() == 1
        levels = await page.eval_on_selector_all("h1, h2, h3", "all => all.map(each => Number(each.tagName[1]))")
        assert all(after - before <= 1 for before, after in pairwise(levels))
        fields = await page.query_selector_all("main input:not([type=hidden]), main textarea, main select")
        names = [await each.evaluate("each => each.labels.length && each.labels[0].textContent") for each in fields]
        assert all(names)
        assert await page.get_by_role("textbox", name="Deje esto").count() == 0, "the trap is nobody's"
        assert await page.get_by_role("link", name="English").get_attribute("lang") == "en"


async def test_everything_works_without_scripts(browser: Browser) -> None:
    async with web_site(settings()) as site, window(browser, java_script_enabled=False) as opened:
        page = opened.page
        await page.goto(site.url + "/")
        await page.get_by_role("link", name="Printers").click()
        site.clock.at += 10
        await page.fill("#subject", "Jam")
        await page.set_input_files("#attachments", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"Look."})
        await page.click(".send")
        await page.get_by_role("button", name="Español").click()
        assert await page.input_value("#subject") == "Jam"
        assert await page.get_by_text("a.txt").count() == 1
        await page.get_by_role("button", name="Elegir otro tema").click()
        await page.get_by_role("button", name="Contraseñas").click()
        await page.fill("#body", "Papel por todas partes.")
        await page.click(".send")
        await page.wait_for_url("**/t/*")
        [message] = site.intake.received
        assert (message.category, message.language, message.body) == ("access", "es", "Papel por todas partes.")
        assert [each.name for each in message.attachments] == ["a.txt"]
        site.clock.at += 10
        await page.fill("#body", "Ya no.")
        await page.click(".send")
        await page.get_by_text("Hemos recibido su mensaje.").wait_for()
        await page.get_by_role("link", name="Ver si hay novedades").click()
        assert await page.get_by_text("Ya no.").count() == 1


async def test_news_appears_by_itself_and_leaves_what_one_writes_alone(browser: Browser) -> None:
    async with web_site() as site, window(browser) as opened:
        page = opened.page
        ticket_id = await site.new_ticket()
        await page.clock.install()
        await page.goto(f"{site.url}/t/{site.signer.sign(ticket_id)}")
        await page.fill("#body", "Half a sen")
        site.intake.answer(ticket_id, "We are looking into it.")
        await page.clock.fast_forward(10_000)
        await page.get_by_text("We are looking into it.").wait_for()
        assert await page.inner_text("#news") == "There is news about your request."
        assert await page.input_value("#body") == "Half a sen"
        await opened.assert_nothing_wrong()


async def test_that_something_was_sent_is_not_said_again_on_reload(browser: Browser) -> None:
    async with web_site() as site, window(browser) as opened:
        path = f"/t/{site.signer.sign(await site.new_ticket())}"
        await opened.page.goto(f"{site.url}{path}?sent=1")
        assert await opened.page.get_by_text("We have your message.").count() == 1
        await opened.page.reload()
        assert await opened.page.get_by_text("We have your message.").count() == 0


async def test_an_upload_shows_how_far_it_is(browser: Browser) -> None:
    async with web_site(WebSettings()) as site, window(browser) as opened:
        page = opened.page
        await page.goto(site.url + "/")
        site.clock.at += 10
        await page.fill("#subject", "Photo")
        await page.fill("#body", "See.")
        photo = PNG + bytes(1_500_000)
        await page.set_input_files("#attachments", {"name": "photo.png", "mimeType": "image/png", "buffer": photo})
        line = await opened.context.new_cdp_session(page)
        slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 1_000_000}
        await line.send("Network.emulateNetworkConditions", slow)
        seen: list[int] = []
        await page.expose_function("told", lambda value: seen.append(value))
        await page.evaluate(
            "new MutationObserver(() => told(document.querySelector('progress').value))"
            ".observe(document.querySelector('progress'), {attributes: true})"
        )
        await page.click(".send")
        await page.get_by_text("Sending your files").wait_for()
        await page.wait_for_url("**/t/*")
        assert len(set(seen)) > 3
        assert seen == sorted(seen)
        [message] = site.intake.received
        assert [(each.name, each.size) for each in message.attachments] == [("photo.png", len(photo))]
        await opened.assert_nothing_wrong()


async def test_an_upload_that_is_refused_or_breaks_costs_nobody_their_text(browser: Browser) -> None:
    async with web_site(WebSettings()) as site, window(browser) as opened:
        page = opened.page
        await page.goto(site.url + "/")
        site.clock.at += 10
        await page.fill("#body", "See.")
        program: FilePayload = {"name": "run.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"}
        await page.set_input_files("#attachments", program)
        await page.click(".send")
        await page.get_by_text("run.exe” is of a kind").first.wait_for()
        assert await page.evaluate("document.activeElement.id") == "problems"
        assert await page.input_value("#body") == "See."
        await page.fill("#subject", "Photo")
        await page.set_input_files("#attachments", {"name": "a.png", "mimeType": "image/png", "buffer": PNG})
        await opened.context.set_offline(True)
        await page.click(".send")
        await page.get_by_text("The connection broke.").wait_for()
        assert await page.input_value("#body") == "See."
        await opened.context.set_offline(False)
        await page.click(".send")
        await page.wait_for_url("**/t/*")
        assert [each.name for each in site.intake.received[0].attachments] == ["a.png"]
