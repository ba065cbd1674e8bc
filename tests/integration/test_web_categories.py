"""Categories with their own questions and first aid, through a real listener."""

import html
from typing import Any

import pytest

from gateway.core.ticket import Priority
from tests.support.categories import settings
from tests.support.page import Elements, assert_no_active_content
from tests.support.web import Site, hidden_fields, web_site

FIELDS = {"subject": "Jam", "body": "Paper everywhere."}
ANSWERS = {
    "answer-room": "2.14",
    "answer-model": "laser",
    "answer-pages": "2,5",
    "answer-since": "2026-11-16",
    "answer-others": "yes",
    "answer-story": "First\r\nthen",
}
KEPT = {
    "room": "2.14",
    "model": "laser",
    "pages": "2.5",
    "since": "2026-11-16",
    "others": "yes",
    "story": "First\nthen",
}


async def test_people_choose_what_it_is_about_first() -> None:
    async with web_site(settings()) as site:
        _, page, _ = await site.get("/?lang=es")
        links = {str(each["href"]) for each in Elements(page).all("a")}
        assert {"/?lang=es&category=printer", "/?lang=es&category=access", "/?lang=es&category="} <= links
        assert "Impresoras" in page
        assert not Elements(page).all("textarea")


async def test_a_category_shows_its_own_questions_and_first_aid() -> None:
    async with web_site(settings()) as site:
        _, page, _ = await site.get("/?lang=es&category=printer")
        elements = Elements(page)
        assert "¿Está encendida?" in page
        assert "ESC, OK, ESC" in page
        assert "¿En qué sala está?" in page
        assert [each["value"] for each in elements.all("option")] == ["", "laser", "plot"]
        assert "required" in elements.by_id("answer-room")
        assert elements.by_id("answer-since")["type"] == "date"
        assert elements.by_id("answer-pages")["aria-describedby"] == "answer-pages-hint"
        _, other, _ = await site.get("/?category=access")
        assert "Which room" not in other
        assert "Before you write" not in other


@pytest.mark.parametrize("category", ["", "nothing-of-ours", "%3Cscript%3E"])
async def test_something_else_is_asked_nothing_more(category: str) -> None:
    async with web_site(settings()) as site:
        _, page, _ = await site.get(f"/?category={category}")
        assert "answer-" not in page
        assert "Something else" in page
        fields = FIELDS | hidden_fields(page) | {"category": "nothing-of-ours"}
        site.clock.at += 10
        assert (await site.post_form("/", fields))[0] == 303
        assert site.intake.received[0].category is None


async def test_answers_go_to_the_ticket_and_are_shown_to_their_writer() -> None:
    async with web_site(settings()) as site:
        fields = FIELDS | ANSWERS | await site.open("/?category=printer&lang=es")
        status, _, response = await site.post_form("/?lang=es", fields)
        assert status == 303
        [message] = site.intake.received
        assert (message.category, message.priority) == ("printer", Priority.HIGH)
        assert message.metadata == KEPT
        _, page, _ = await site.get(response.headers["Location"])
    for shown in ("¿En qué sala está?", "2.14", "Láser", "16 de noviembre de 2026", "A otros también", "Sí"):
        assert shown in page
    assert "Impresoras" in page


async def test_wrong_answers_are_told_beside_their_questions_and_kept() -> None:
    wrong = ANSWERS | {"answer-room": "", "answer-model": "ink", "answer-pages": "many", "answer-since": "Monday"}
    async with web_site(settings()) as site:
        fields = FIELDS | wrong | await site.open("/?category=printer")
        status, page, _ = await site.post_form("/", fields | {"subject": ""})
        assert not site.intake.received
    elements = Elements(page)
    assert status == 422
    for name in ("subject", "answer-room", "answer-model", "answer-pages", "answer-since"):
        assert elements.by_id(name)["aria-invalid"] == "true"
        assert f'href="#{name}"' in page
    assert page.index('href="#subject"') < page.index('href="#answer-room"') < page.index('href="#answer-since"')
    assert elements.by_id("answer-pages")["value"] == "many"
    assert "checked" in elements.by_id("answer-others")


async def test_choosing_another_category_loses_nothing() -> None:
    written = FIELDS | {"body": 'Line 1\r\n\r\nLine <2> & "3"', "email": "ana@example.org"}
    async with web_site(settings()) as site:
        fields = written | ANSWERS | await site.open("/?category=printer")
        status, chooser, _ = await site.post_form("/", fields | {"step": "choose"})
        assert status == 200
        choices = [each for each in Elements(chooser).all("button") if each["name"] == "chosen"]
        assert [each["value"] for each in choices] == ["printer", "access", ""]
        kept = hidden_fields(chooser)
        assert kept["email"] == "ana@example.org"
        body = chooser.split('<textarea name="body" hidden>\n')[1].split("</textarea>")[0]
        assert body == "Line 1\r\n\r\nLine &lt;2&gt; &amp; &#34;3&#34;"
        status, page, _ = await site.post_form("/", kept | {"body": written["body"], "chosen": "access"})
        assert status == 200
        assert Elements(page).by_id("email")["value"] == "ana@example.org"
        assert "Line &lt;2&gt; &amp; &#34;3&#34;" in page
        assert not site.intake.received
        assert hidden_fields(page)["form_token"] == fields["form_token"]


async def test_another_language_loses_nothing_either() -> None:
    async with web_site(settings()) as site:
        fields = FIELDS | ANSWERS | await site.open("/?category=printer&lang=en")
        _, page, _ = await site.post_form("/?lang=en", fields | {"answer-room": ""})
        [switch] = [each for each in Elements(page).all("button") if each.get("lang") == "es"]
        assert (switch["form"], switch["formaction"]) == ("writing", "/?lang=es")
        status, page, _ = await site.post_form("/?lang=es", fields | {"answer-room": "", "step": "show"})
        assert status == 200
        assert "¿En qué sala está?" in page
        assert "Paper everywhere." in page
        assert "aria-invalid" not in page


async def test_first_aid_that_helped_ends_without_a_ticket() -> None:
    async with web_site(settings()) as site:
        _, page, _ = await site.get("/?category=printer&lang=en")
        [form] = [each for each in Elements(page).all("form") if each.get("id") != "writing"]
        status, _, response = await site.post_form(str(form["action"]), {})
        assert (status, response.headers["Location"]) == (303, "/solved?lang=en")
        status, page, _ = await site.get("/solved?lang=en")
        assert status == 200
        assert "Good to hear" in page
        assert site.measured.helped == ["printer"]
        assert not site.intake.received
        await site.post_form("/solved?category=unknown", {})
        assert site.measured.helped == ["printer"]


async def test_t36_another_site_cannot_count_first_aid() -> None:
    async with web_site(settings()) as site:
        status, _, _ = await site.post_form("/solved?category=printer", {}, Sec_Fetch_Site="cross-site")
        assert status == 403
        assert site.measured.helped == []


async def api(site: Site, **members: Any) -> tuple[int, Any]:
    status, answer, _ = await site.post_json({"subject": "a", "body": "b"} | members)
    return status, answer


async def test_programs_answer_the_same_questions_in_metadata() -> None:
    async with web_site(settings()) as site:
        given = {"room": " 2.14 ", "pages": "2,5", "asset": "LT-7"}
        status, _ = await api(site, category="printer", metadata=given)
        assert status == 201
        [message] = site.intake.received
        assert message.metadata == {"room": "2.14", "pages": "2.5", "asset": "LT-7", "others": "no"}
        assert message.priority is Priority.HIGH


async def test_a_program_may_say_another_priority_or_no_category() -> None:
    async with web_site(settings()) as site:
        await api(site, category="printer", metadata={"room": "1"}, priority="normal")
        await api(site)
        assert [each.priority for each in site.intake.received] == [Priority.NORMAL, Priority.NORMAL]
        assert [each.category for each in site.intake.received] == ["printer", None]


async def test_programs_are_told_what_is_wrong_and_what_is_allowed() -> None:
    async with web_site(settings()) as site:
        status, problem = await api(site, category="toaster")
        assert status == 422
        assert problem["errors"] == [
            {"pointer": "/category", "detail": "There is no such category; allowed: printer, access."}
        ]
        status, problem = await api(site, category="printer", metadata={"model": "ink"})
        assert status == 422
        assert [each["pointer"] for each in problem["errors"]] == ["/metadata/room", "/metadata/model"]
        assert "laser, plot" in problem["errors"][1]["detail"]
        assert not site.intake.received


async def test_where_no_categories_are_configured_any_is_taken() -> None:
    async with web_site() as site:
        assert (await api(site, category="toaster"))[0] == 201
        _, page, _ = await site.get("/")
        assert "What is it about" not in page


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}"])
async def test_t03_texts_of_categories_and_answers_are_shown_and_never_run(hostile: str) -> None:
    category = {
        "id": "x",
        "name": hostile,
        "help": hostile,
        "steps": [hostile],
        "fields": [
            {"id": "a", "label": hostile, "help": hostile},
            {"id": "b", "label": hostile, "type": "choice", "choices": [{"id": "c", "label": hostile}]},
        ],
    }
    async with web_site(settings(categories=[category])) as site:
        for path in ("/", "/?category=x"):
            _, page, _ = await site.get(path)
            assert_no_active_content(page)
        fields = FIELDS | {"answer-a": hostile, "answer-b": hostile} | await site.open("/?category=x")
        _, page, _ = await site.post_form("/", fields)
        assert_no_active_content(page)
        _, page, _ = await site.post_form("/", fields | {"step": "choose"})
        assert_no_active_content(page)
        _, _, response = await site.post_form("/", fields | {"answer-b": "c"})
        _, page, _ = await site.get(response.headers["Location"])
        assert_no_active_content(page)
        assert hostile == html.escape(hostile) or hostile not in page
