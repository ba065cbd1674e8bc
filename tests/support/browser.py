"""Chromium, as people use it, on the pages of a test; whatever goes wrong in it is remembered."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

CHROMIUM = "/usr/bin/chromium"
"""Debian's; tests/install_needs.sh installs it."""
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
_WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""


@dataclass
class Window:
    """A page with what went wrong in it."""

    page: Page
    context: BrowserContext
    wrong: list[str] = field(default_factory=list)
    """Errors of scripts, refusals of the content security policy, and dialogues."""

    async def assert_nothing_wrong(self) -> None:
        violations = await self.page.evaluate("window.violations")
        assert [*self.wrong, *violations] == []


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser itself. Where it isn't installed, the tests fail."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def window(browser: Browser, **options: Any) -> AsyncIterator[Window]:
    """A page of its own, which shares nothing with others; `options` are those of a playwright context."""
    usual = {"locale": "en", "viewport": {"width": 1024, "height": 800}, "reduced_motion": "reduce"}
    context = await browser.new_context(**(usual | options))
    try:
        context.set_default_timeout(15_000)
        await context.add_init_script(_WATCH)
        opened = Window(await context.new_page(), context)
        _listen(opened)
        yield opened
    finally:
        await context.close()


def _listen(opened: Window) -> None:
    opened.page.on("pageerror", lambda error: opened.wrong.append(str(error)))
    opened.page.on("dialog", lambda dialog: opened.wrong.append(f"a dialogue says {dialog.message}"))
    opened.page.on("console", lambda said: _remember(opened, said.text))


def _remember(opened: Window, said: str) -> None:
    # What a server answered with an error is no fault of the page's.
    if "Failed to load resource" not in said:
        opened.wrong.append(said)
