"""The organisation's look, the widget and the headers of the pages, through a real listener."""

import hashlib
import re
from base64 import b64encode
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from channels.web.settings import WebSettings
from gateway.core.colours import parse_colour
from gateway.core.look import OwnColours
from gateway.core.organisation import Organisation, PageLink, recognise_logo
from gateway.core.ticket import TicketState
from tests.support.categories import settings
from tests.support.page import Elements, assert_no_active_content
from tests.support.web import web_site

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
LINKS = (PageLink({"es": "Protección de datos", "en": "Privacy"}, "https://www.example.org/p?a=1&b=2"),)
TOWN = Organisation(
    "Villanueva <del> Pardillo",
    OwnColours(brand=parse_colour("#7a0019")),
    recognise_logo(SVG),
    LINKS,
    ZoneInfo("Europe/Madrid"),
    ("es", "en"),
)
SITE = "https://www.example.org"
OTHER = "https://intranet.example.org"
EMBEDDED = WebSettings.model_validate({"embed": [SITE, OTHER]})


async def test_pages_show_whose_they_are() -> None:
    async with web_site(organisation=TOWN) as site:
        path = f"/t/{site.signer.sign(await site.new_ticket(language='es'))}"
        for each in ("/", "/solved", path, "/nothing-here"):
            _, page, _ = await site.get(each)
            assert "Villanueva &lt;del&gt; Pardillo" in page
            assert_no_active_content(page)
        _, page, _ = await site.get("/")
        _, style, _ = await site.get(str(Elements(page).all("link")[0]["href"]))
        assert style.startswith(":root{color-scheme:light dark;")
        assert "--brand:#7a0019;--on-brand:#ffffff;" in style
        assert "Protección de datos" in page
        assert 'href="https://www.example.org/p?a=1&amp;b=2"' in page


async def test_t04_a_logo_can_run_nothing() -> None:
    async with web_site(organisation=TOWN) as site:
        _, page, _ = await site.get("/")
        [picture] = Elements(page).all("img")
        status, content, response = await site.get(str(picture["src"]))
    assert (status, content.encode(), response.content_type) == (200, SVG, "image/svg+xml")
    policy = response.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in response.headers["Cache-Control"]


async def test_times_are_the_organisations() -> None:
    async with web_site(organisation=TOWN) as site:
        path = f"/t/{site.signer.sign(await site.new_ticket(language='es'))}"
        _, page, _ = await site.get(path)
    assert '<time datetime="2026-11-21T22:26:40.000Z">21 nov 2026, 23:26</time>' in page
    assert "Hora de Madrid." in page


async def test_the_organisations_first_language_is_the_default() -> None:
    async with web_site(organisation=TOWN) as site:
        assert '<html lang="es">' in (await site.get("/", Accept_Language="de"))[1]
        assert '<html lang="es">' in (await site.get("/nothing", Accept_Language="de"))[1]


async def test_problem_pages_have_the_look_and_a_way_back() -> None:
    async with web_site(organisation=TOWN, public_url="https://example.org/help") as site:
        status, page, response = await site.get("/nothing", Accept_Language="en")
    assert status == 404
    assert '<a href="/help/">Back to the start</a>' in page
    assert "--brand:#7a0019" in page
    style = re.search(r"<style>(.*)</style>", page)
    assert style
    digest = b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in response.headers["Content-Security-Policy"]


async def test_an_organisation_says_it_in_its_own_words(tmp_path: Path) -> None:
    own = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "{}"\nmsgstr "{}"\n'
    (tmp_path / "es.po").write_text(own.format("How can we help you?", "¿Qué <b>necesita</b>?"), encoding="utf-8")
    (tmp_path / "en.po").write_text(own.format("There is nothing at this address.", "Nobody home."), encoding="utf-8")
    async with web_site(organisation=Organisation("X", texts=tmp_path)) as site:
        _, page, _ = await site.get("/?lang=es")
        assert "¿Qué &lt;b&gt;necesita&lt;/b&gt;?" in page
        assert "Enviar" in page
        assert "How can we help you?" in (await site.get("/?lang=en"))[1]
        assert "Nobody home." in (await site.get("/nothing?lang=en"))[1]


async def test_headers_keep_the_pages_to_themselves() -> None:
    async with web_site(EMBEDDED) as site:
        for path in ("/", "/?embed=https://evil.example", "/?embed=", "/?embed=null", "/solved"):
            _, page, response = await site.get(path)
            assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
            assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
            assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert "data-parent" not in page


async def test_no_site_may_embed_the_pages_unless_it_is_configured() -> None:
    async with web_site() as site:
        for embed in ("1", SITE):
            _, _, response = await site.get(f"/?embed={embed}")
            assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("embed", "ancestors"), [("1", f"{SITE} {OTHER}"), (SITE, SITE)])
async def test_a_configured_site_may_embed_every_page_of_a_request(embed: str, ancestors: str) -> None:
    async with web_site(EMBEDDED) as site:
        _, page, response = await site.get(f"/?embed={embed}")
        assert f"frame-ancestors {ancestors}" in response.headers["Content-Security-Policy"]
        action = str(Elements(page).by_id("writing")["action"])
        fields = {"subject": "a", "body": "b"} | await site.open(f"/?embed={embed}")
        _, _, response = await site.post_form(action, fields, Sec_Fetch_Site="same-origin")
        location = response.headers["Location"]
        _, page, response = await site.get(location)
        assert f"frame-ancestors {ancestors}" in response.headers["Content-Security-Policy"]
        assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert ("data-parent" in page) is (embed == SITE)
        assert f'href="{location.partition("?")[0]}" target="_blank" rel="noopener"' in page


async def test_the_widget_is_one_file_that_any_site_may_load() -> None:
    async with web_site(EMBEDDED, organisation=TOWN) as site:
        status, script, response = await site.get("/widget.js")
    assert (status, response.content_type) == (200, "text/javascript")
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "max-age=3600" in response.headers["Cache-Control"]
    assert '"ground":"#7a0019","ink":"#ffffff"' in script
    assert '"help":"Ayuda","close":"Cerrar"' in script
    assert not re.search(r"innerHTML|eval\(|https?://", script)


@pytest.mark.parametrize("state", [TicketState.RESOLVED, TicketState.WAITING])
async def test_a_resolved_request_can_be_opened_again_by_writing(state: TicketState) -> None:
    async with web_site(settings()) as site:
        ticket_id = await site.new_ticket()
        path = f"/t/{site.signer.sign(ticket_id)}"
        if state is TicketState.RESOLVED:
            site.intake.resolve(ticket_id)
        _, page, _ = await site.get(path)
        assert ("Send and open it again" in page) is (state is TicketState.RESOLVED)


async def test_the_address_of_a_form_that_came_back_leads_to_the_page() -> None:
    async with web_site() as site:
        path = f"/t/{site.signer.sign(await site.new_ticket())}"
        assert (await site.post_form(f"{path}/messages", {"body": ""}))[0] == 422
        status, _, response = await site.get(f"{path}/messages?lang=es")
        assert (status, response.headers["Location"]) == (303, f"{path}?lang=es")


async def test_news_can_be_looked_for_without_a_script() -> None:
    async with web_site() as site:
        path = f"/t/{site.signer.sign(await site.new_ticket())}"
        _, page, _ = await site.get(f"{path}?lang=en&sent=1")
        assert f'<a href="{path}?lang=en">Look for news</a>' in page
        assert "We have your message." in page
        assert "We have your message." not in (await site.get(f"{path}?lang=en"))[1]
