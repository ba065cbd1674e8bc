"""The form and the requester's page through a real listener."""

import pytest

from channels.web.settings import WebSettings
from gateway.core.errors import StoreUnavailable
from gateway.core.ids import new_id
from gateway.core.reference import show_reference
from gateway.core.ticket import InboundMessage, Requester, TicketState
from tests.support.page import Elements, assert_no_active_content
from tests.support.web import ORGANISATION, FakeRouting, Site, hidden_fields, web_site

FIELDS = {"subject": "Printer", "body": "It burns.", "name": "Ana", "email": "ana@example.org", "phone": ""}
SCRIPT = "</textarea></title><script>alert(1)</script>"
ATTRIBUTE = '" onfocus="alert(1)" autofocus="'
DISGUISED = "'><img src=x onerror=alert(1)>{{ 7 * 7 }}"


async def page_of(site: Site, **members: object) -> tuple[str, str]:
    """A new ticket's id, and the path of its page."""
    ticket_id = await site.new_ticket(**members)
    return ticket_id, f"/t/{site.signer.sign(ticket_id)}"


@pytest.mark.parametrize(
    ("path", "accepted", "language", "heading"),
    [
        ("/", "es-ES,es;q=0.9", "es", "¿En qué podemos ayudarle?"),
        ("/", "en", "en", "How can we help you?"),
        ("/", "", "en", "How can we help you?"),
        ("/?lang=es", "en", "es", "¿En qué podemos ayudarle?"),
        ("/?lang=klingon", "es", "es", "¿En qué podemos ayudarle?"),
    ],
)
async def test_the_form_speaks_the_readers_language(path: str, accepted: str, language: str, heading: str) -> None:
    async with web_site() as site:
        status, page, response = await site.get(path, Accept_Language=accepted)
    assert status == 200
    assert f'<html lang="{language}">' in page
    assert heading in page
    assert response.headers["Cache-Control"] == "no-store"


async def test_pages_forbid_everything_they_do_not_need() -> None:
    async with web_site() as site:
        _, path = await page_of(site)
        for each in ("/", path):
            _, page, response = await site.get(each)
            policy = response.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert response.headers["Referrer-Policy"] == "no-referrer"
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert_no_active_content(page)
        assert response.headers["Cache-Control"] == "no-store"
        assert "noindex" in response.headers["X-Robots-Tag"]


async def test_the_style_sheet_may_be_kept_for_ever() -> None:
    async with web_site() as site:
        _, page, _ = await site.get("/")
        [link] = [each for each in Elements(page).all("link") if each["rel"] == "stylesheet"]
        status, _, response = await site.get(str(link["href"]))
    assert (status, response.content_type) == (200, "text/css")
    assert "immutable" in response.headers["Cache-Control"]


async def test_every_field_has_its_label() -> None:
    async with web_site() as site:
        _, page, _ = await site.get("/")
    elements = Elements(page)
    labelled = {each["for"] for each in elements.all("label")}
    shown = [each for each in elements.all("input") + elements.all("textarea") if each.get("type") != "hidden"]
    assert {each["id"] for each in shown} == labelled
    described = [step for each in shown for step in (each.get("aria-describedby") or "").split()]
    assert all(elements.by_id(step) for step in described)


async def test_a_form_sent_leads_to_the_requesters_page() -> None:
    async with web_site() as site:
        status, _, response = await site.post_form("/?lang=es", FIELDS | await site.open("/?lang=es"))
        location = response.headers["Location"]
        assert status == 303
        assert location.startswith("/t/")
        _, page, _ = await site.get(location)
        [message] = site.intake.received
        [case] = site.intake.cases.values()
    assert message.requester == Requester("Ana", "ana@example.org", None)
    assert (message.language, message.channel) == ("es", "web")
    assert case.ticket is not None
    assert show_reference(case.ticket.reference) in page
    assert '<html lang="es">' in page
    assert "Recibida" in page
    assert "It burns." in page


async def test_a_double_click_makes_one_ticket() -> None:
    async with web_site() as site:
        fields = FIELDS | await site.open("/")
        answers = [await site.post_form("/", fields) for _ in range(3)]
        assert {response.headers["Location"] for _, _, response in answers} == {answers[0][2].headers["Location"]}
        assert len(site.intake.received) == 1


async def test_a_form_sent_again_with_other_words_is_asked_about_and_then_taken() -> None:
    async with web_site() as site:
        form = FIELDS | await site.open("/")
        await site.post_form("/", form)
        status, page, _ = await site.post_form("/", form | {"body": "Something else"})
        assert status == 409
        assert "sent before" in page
        assert "Something else" in page
        status, _, _ = await site.post_form("/", form | hidden_fields(page) | {"body": "Something else"})
        assert status == 303
        assert len(site.intake.received) == 2


async def test_errors_stand_beside_their_fields_and_nothing_written_is_lost() -> None:
    written = {"subject": "", "body": "A long story & more", "name": "Ana", "email": "nowhere", "phone": "?"}
    async with web_site() as site:
        status, page, _ = await site.post_form("/", written)
        assert not site.intake.received
    elements = Elements(page)
    assert status == 422
    for name in ("subject", "email", "phone"):
        assert elements.by_id(name)["aria-invalid"] == "true"
        assert f"{name}-error" in str(elements.by_id(name)["aria-describedby"])
        assert elements.by_id(f"{name}-error")["class"] == "error"
    assert elements.by_id("email")["value"] == "nowhere"
    assert "A long story &amp; more" in page
    assert 'role="alert"' in page


async def test_a_store_that_is_away_costs_nobody_their_text() -> None:
    async with web_site() as site:
        _, path = await page_of(site)
        site.intake.failure = StoreUnavailable("disk full")
        for target in ("/", f"{path}/messages"):
            opened = await site.open(target.removesuffix("/messages"))
            status, page, response = await site.post_form(target, FIELDS | opened)
            assert status == 503
            assert "Retry-After" in response.headers
            assert "It burns." in page
            assert "Nothing was sent" in page


async def test_only_a_form_is_taken_for_a_form() -> None:
    async with web_site() as site:
        headers = {"Content-Type": "application/json"}
        async with site.client.post(site.url + "/", data=b"{}", headers=headers) as response:
            assert response.status == 415


async def test_too_large_a_form_is_refused() -> None:
    async with web_site(WebSettings(body_limit=4096)) as site:
        status, page, _ = await site.post_form("/", FIELDS | {"body": "x" * 5000})
    assert status == 413
    assert "4096" in page


@pytest.mark.parametrize("path", ["/", "/t/{token}/messages"])
async def test_t36_another_site_cannot_send_our_forms(path: str) -> None:
    async with web_site() as site:
        ticket_id = await site.new_ticket()
        target = path.format(token=site.signer.sign(ticket_id))
        fields = FIELDS | await site.open(target.removesuffix("/messages"))
        status, _, _ = await site.post_form(target, fields, Sec_Fetch_Site="cross-site", Origin="https://evil.example")
        assert status == 403
        assert len(site.intake.received) == 1
        assert (await site.post_form(target, fields, Sec_Fetch_Site="same-origin", Origin="null"))[0] == 303


@pytest.mark.parametrize("hostile", [SCRIPT, ATTRIBUTE, DISGUISED])
async def test_t03_what_people_write_is_shown_and_never_run(hostile: str) -> None:
    async with web_site() as site:
        ticket_id, path = await page_of(site, subject=hostile, body=hostile, requester={"name": hostile})
        site.intake.answer(ticket_id, hostile, author=hostile)
        _, page, _ = await site.get(path)
        assert_no_active_content(page)
        spoilt = dict.fromkeys(
            [*FIELDS, "form_token", "kept", "category", "website", "sum", "answer-x", "step"], hostile
        )
        for target in ("/", f"{path}/messages"):
            _, page, _ = await site.post_form(target, spoilt)
            assert_no_active_content(page)
        _, page, _ = await site.get("/?lang=" + "%22%3E%3Cscript%3E")
        assert_no_active_content(page)
        _, page, _ = await site.get("/%3Cscript%3Ealert(1)%3C/script%3E")
        assert_no_active_content(page)


@pytest.mark.parametrize(
    ("state", "provider", "late", "words"),
    [
        (TicketState.WAITING, "acme", 0, "Received"),
        (TicketState.WAITING, "acme", 60, "Delayed"),
        (TicketState.WAITING, None, 0, "Delayed"),
        (TicketState.HANDED_OFF, "acme", 0, "With the help desk"),
        (TicketState.QUARANTINED, "acme", 0, "Delayed"),
        (TicketState.RESOLVED, "acme", 0, "Closed"),
    ],
)
async def test_the_page_says_honestly_where_the_request_stands(
    state: TicketState, provider: str | None, late: float, words: str
) -> None:
    async with web_site(routing=FakeRouting(provider)) as site:
        ticket_id, path = await page_of(site)
        site.intake.change(ticket_id, state=state)
        site.clock.at += late
        _, page, _ = await site.get(path)
    assert f'<h2 id="state">{words}</h2>' in page


async def test_the_page_says_what_a_provider_has_resolved() -> None:
    async with web_site() as site:
        ticket_id, path = await page_of(site)
        site.intake.resolve(ticket_id)
        _, page, _ = await site.get(path)
    assert '<h2 id="state">Resolved</h2>' in page


async def test_the_page_never_says_which_provider_serves() -> None:
    async with web_site() as site:
        ticket_id, path = await page_of(site)
        site.intake.answer(ticket_id, "We look into it.", provider="acme-desk", author="Eve of acme-desk")
        site.intake.change(ticket_id, state=TicketState.HANDED_OFF, reason="acme-desk took it")
        _, page, _ = await site.get(path)
    assert "We look into it." in page
    assert "acme" not in page
    assert ORGANISATION in page


async def test_the_page_speaks_the_tickets_language_unless_told_otherwise() -> None:
    async with web_site() as site:
        _, path = await page_of(site, language="es-ES")
        assert '<html lang="es">' in (await site.get(path, Accept_Language="en"))[1]
        assert '<html lang="en">' in (await site.get(path + "?lang=en", Accept_Language="es"))[1]


async def test_a_reply_joins_the_conversation_once() -> None:
    async with web_site() as site:
        ticket_id, path = await page_of(site)
        fields = {"body": "It still\r\nburns."} | await site.open(path)
        for _ in range(2):
            status, _, response = await site.post_form(f"{path}/messages?lang=es", fields)
            assert (status, response.headers["Location"]) == (303, f"{path}?lang=es&sent=1")
        _, page, _ = await site.get(path)
        [_, reply] = site.intake.received
    assert (reply.ticket_id, reply.body) == (ticket_id, "It still\nburns.")
    assert page.count("It still\nburns.") == 1


async def test_what_tells_of_a_phone_call_is_not_said_to_be_the_requesters_words() -> None:
    async with web_site() as site:
        ticket_id, path = await page_of(site)
        account = InboundMessage(channel="phone", body="The caller hung up after 3 seconds.", ticket_id=ticket_id)
        await site.intake.receive(account)
        _, page, _ = await site.get(path, Accept_Language="es")
    written, told = page.split('<p class="who">')[1:]
    assert "<span>Usted</span>" in written
    assert "<span>Llamada telefónica</span>" in told
    assert "The caller hung up" in told


async def test_an_empty_reply_is_refused_beside_the_box() -> None:
    async with web_site() as site:
        _, path = await page_of(site)
        status, page, _ = await site.post_form(f"{path}/messages", {"body": "  "})
        assert len(site.intake.received) == 1
    assert status == 422
    assert Elements(page).by_id("body")["aria-invalid"] == "true"


async def test_t31_a_wrong_token_and_an_unknown_ticket_get_the_same_404() -> None:
    async with web_site() as site:
        _, path = await page_of(site)
        unknown = f"/t/{site.signer.sign(new_id())}"
        forged = path[:-1] + ("A" if path[-1] != "A" else "B")
        pages = []
        for target in (unknown, forged, "/t/1965721159", "/t/" + "A" * 43, "/t/%00", "/t/" + "%F0%9F%98%80"):
            status, page, _ = await site.get(target)
            assert status == 404
            assert (await site.post_form(f"{target}/messages", {"body": "x"}))[0] == 404
            pages.append(page)
        assert len(set(pages)) == 1
        assert len(site.intake.received) == 1


async def test_t33_a_token_opens_its_own_ticket_only() -> None:
    async with web_site() as site:
        mine, my_path = await page_of(site, subject="Mine")
        other, _ = await page_of(site, subject="Theirs")
        _, page, _ = await site.get(my_path)
        assert "Theirs" not in page
        await site.post_form(f"{my_path}/messages", {"body": "x", "ticket_id": other} | await site.open(my_path))
        assert site.intake.received[-1].ticket_id == mine


async def test_t33_a_form_is_good_for_its_own_ticket_only() -> None:
    async with web_site() as site:
        mine, theirs = [(await page_of(site))[1] for _ in range(2)]
        fields = {"body": "x"} | await site.open(mine)
        assert (await site.post_form(f"{mine}/messages", fields))[0] == 303
        status, page, _ = await site.post_form(f"{theirs}/messages", fields)
        assert status == 422
        assert ">\nx</textarea>" in page
        assert (await site.post_form(f"{theirs}/messages", fields | hidden_fields(page)))[0] == 303
        assert len({message.ticket_id for message in site.intake.received[2:]}) == 2


async def test_links_stay_below_the_public_address() -> None:
    async with web_site(public_url="https://example.org/relevo") as site:
        _, page, _ = await site.get("/")
        [form] = Elements(page).all("form")
        assert form["action"] == "/relevo/"
        _, _, response = await site.post_form("/", FIELDS | await site.open("/"))
        assert response.headers["Location"].startswith("/relevo/t/")


async def test_the_first_offered_language_is_the_default() -> None:
    async with web_site(languages=("es", "en")) as site:
        assert '<html lang="es">' in (await site.get("/", Accept_Language="de"))[1]
