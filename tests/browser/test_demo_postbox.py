"""T03 in the demo's postbox: a hostile mail in a real browser runs nothing, fetches nothing, and goes nowhere."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiosmtplib
import pytest
from playwright.async_api import Browser

from channels.email.composing import Outgoing, OutgoingFile, compose
from gateway.core.clock import SystemClock
from gateway.core.settings import Listen
from gateway.demo.postbox.app import Postbox, PostboxOptions, running
from gateway.demo.postbox.page import Surroundings
from tests.support.browser import Window, window
from tests.support.smtp_peers import Script, smtp_peer

pytestmark = pytest.mark.asyncio(loop_scope="session")
HELP, ANA = "help@example.org", "ana@example.net"
HOSTILE = "</pre></title></style><script>alert(1)</script><svg onload=alert(1)><img src=x onerror='alert(1)'>"
HOSTILE_HTML = (
    HOSTILE
    + """<p id=shown style="color:red">shown</p><meta http-equiv=refresh content="0;url=/mails/1/source">
<script>top.location = "http://127.0.0.1:9/"</script><a id=out href="javascript:alert(1)" target=_top>out</a>
<a id=away href="http://127.0.0.1:9/" target=_top>away</a>
<form action=/letters method=post><button id=send>x</button></form><img src="/static/postbox.svg">
<iframe src="javascript:alert(1)"></iframe><base href="http://127.0.0.1:9/">"""
)


@asynccontextmanager
async def postbox(script: Script | None = None) -> AsyncIterator[Postbox]:
    """Relevo's place is taken by an SMTP server of the script."""
    async with smtp_peer(script) as relevo:
        surroundings = Surroundings(HELP, {"acme": "http://127.0.0.1:9101/"})
        options = PostboxOptions(0, 0, Listen(host="127.0.0.1", port=relevo.port), surroundings)
        async with running(options, SystemClock()) as started:
            yield started


async def arrive(box: Postbox, **given: object) -> None:
    values = {"sender": HELP, "sender_name": "Help", "recipient": ANA, "subject": "Re: printer", "text": "Hello"}
    mail = Outgoing(**{**values, "message_id": "<1@x>", "date": 0.0, **given})  # type: ignore[arg-type]
    await aiosmtplib.send(
        compose(mail), sender=HELP, recipients=[ANA], hostname="127.0.0.1", port=box.smtp_port, start_tls=False
    )


def is_a_refusal(said: str) -> bool:
    """Of what the browser says, that it did not do what the mail wanted."""
    return any(words in said for words in ("Blocked script", "Blocked form", "Unsafe attempt", "Refused", "violates"))


def answered(opened: Window) -> list[str]:
    """What the browser asked for and got; what the policies forbid is never asked for."""
    urls: list[str] = []
    opened.page.on("response", lambda response: urls.append(response.url))
    return urls


async def test_t03_a_hostile_mail_is_shown_and_does_nothing(browser: Browser) -> None:
    async with postbox() as box, window(browser) as opened:
        page, got = opened.page, answered(opened)
        files = (OutgoingFile(HOSTILE, "text/html", HOSTILE.encode()),)
        await arrive(box, subject=HOSTILE, sender_name=HOSTILE, text=HOSTILE, html=HOSTILE_HTML, files=files)
        await page.goto(f"{box.url}/")
        await opened.assert_nothing_wrong()
        await page.click("td.subject a")
        frame = page.frame_locator("iframe.html")
        await frame.locator("#shown").wait_for()
        assert await frame.locator("#shown").evaluate("element => getComputedStyle(element).color") == "rgb(255, 0, 0)"
        for each in ("#out", "#away", "#send"):
            await frame.locator(each).click()
        await page.wait_for_load_state("networkidle")
        assert page.url.startswith(f"{box.url}/mails/1")
        assert [each for each in opened.wrong if not is_a_refusal(each)] == []
        assert await page.evaluate("window.violations") == []
        own = {"/", "/mails/1", "/mails/1/html", "/static/postbox.css", "/static/postbox.svg"}
        shared = {"/static/shared/demo.css", "/static/shared/live.js"}
        assert {each.removeprefix(box.url).partition("?")[0] for each in got} <= own | shared


async def test_a_file_is_saved_and_never_shown(browser: Browser) -> None:
    async with postbox() as box, window(browser) as opened:
        page = opened.page
        await arrive(box, files=(OutgoingFile("evil.html", "text/html", HOSTILE.encode()),))
        await page.goto(f"{box.url}/mails/1")
        async with page.expect_download() as download:
            await page.click(".files a")
        assert (await download.value).suggested_filename == "evil.html"
        await opened.assert_nothing_wrong()


@pytest.mark.parametrize("scripts", [True, False])
async def test_somebody_writes_and_answers_with_and_without_scripts(browser: Browser, scripts: bool) -> None:
    script = Script()
    async with postbox(script) as box, window(browser, java_script_enabled=scripts) as opened:
        page = opened.page
        await page.goto(f"{box.url}/")
        await page.fill("#subject", "printer")
        await page.fill("#text", "It burns.")
        await page.set_input_files("#files", {"name": "smoke.txt", "mimeType": "text/plain", "buffer": b"smoke"})
        await page.click(".send")
        await page.wait_for_selector(".taken")
        await arrive(box)
        await page.goto(f"{box.url}/mails/1")
        await page.fill("#text", "Still burning.")
        await page.click(".send")
        await page.wait_for_selector(".taken")
        assert [each.recipients for each in script.mails] == [(HELP,), (HELP,)]
        assert b"smoke.txt" in script.mails[0].content
        assert opened.wrong == []


async def test_a_mail_appears_in_the_list_by_itself(browser: Browser) -> None:
    async with postbox() as box, window(browser) as opened:
        await opened.page.goto(f"{box.url}/")
        await arrive(box)
        await opened.page.wait_for_selector("td.subject a")
        await opened.assert_nothing_wrong()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_fits_on_a_phone(browser: Browser, scheme: str) -> None:
    options = {"viewport": {"width": 360, "height": 740}, "color_scheme": scheme}
    async with postbox() as box, window(browser, **options) as opened:
        await arrive(box, subject="x" * 140, text="y" * 500, reply_to=f"help+{'z' * 60}@example.org")
        for path in ("/", "/mails/1"):
            await opened.page.goto(box.url + path)
            assert await opened.page.evaluate("document.documentElement.scrollWidth") == 360
        await opened.assert_nothing_wrong()
