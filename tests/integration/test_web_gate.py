"""What keeps machines out of the form, and never costs a person a word, through a real listener."""

import html
import re

import pytest

from channels.web.form_token import LIFETIME
from channels.web.question import NUMBERS
from channels.web.settings import RateSettings, WebSettings
from tests.support.page import Elements
from tests.support.web import Site, hidden_fields, web_site

FIELDS = {"subject": "Printer", "body": "It burns.", "email": "ana@example.org"}
ONE_A_MINUTE = WebSettings(rates=RateSettings(per_address=1, trusted=()))


def sum_asked(page: str) -> int:
    asked = re.search(r"How much is (\w+) plus (\w+)\?", page)
    assert asked
    return NUMBERS.index(asked[1]) + NUMBERS.index(asked[2])


def assert_came_back_whole(page: str) -> None:
    elements = Elements(page)
    assert elements.by_id("subject")["value"] == "Printer"
    assert elements.by_id("email")["value"] == "ana@example.org"
    assert ">\nIt burns.</textarea>" in page
    assert elements.by_id("problems")["role"] == "alert"


async def answered(site: Site, page: str, answer: str, path: str = "/") -> tuple[int, str]:
    site.clock.at += 10
    status, again, _ = await site.post_form(path, FIELDS | hidden_fields(page) | {"sum": answer})
    return status, again


@pytest.mark.parametrize("token", ["", "x", "A" * 52, "é", "A" * 5000])
async def test_a_form_without_our_token_comes_back_whole_and_passes_then(token: str) -> None:
    async with web_site() as site:
        status, page, _ = await site.post_form("/", FIELDS | {"form_token": token})
        assert status == 422
        assert_came_back_whole(page)
        assert "open for too long" in page
        assert not site.intake.received
        assert (await site.post_form("/", FIELDS | hidden_fields(page)))[0] == 303
        assert site.measured.refused == ["stale"]


async def test_a_form_that_was_open_for_too_long_comes_back_whole_and_passes_then() -> None:
    async with web_site() as site:
        fields = FIELDS | await site.open()
        site.clock.at += LIFETIME
        status, page, _ = await site.post_form("/", fields)
        assert status == 422
        assert_came_back_whole(page)
        assert (await site.post_form("/", FIELDS | hidden_fields(page)))[0] == 303


async def test_a_form_sent_before_it_expired_makes_no_second_ticket_after() -> None:
    async with web_site() as site:
        fields = FIELDS | await site.open()
        _, _, first = await site.post_form("/", fields)
        site.clock.at += LIFETIME
        _, page, _ = await site.post_form("/", fields)
        _, _, second = await site.post_form("/", FIELDS | hidden_fields(page))
        assert second.headers["Location"] == first.headers["Location"]
        assert len(site.intake.received) == 1


async def test_two_tabs_are_two_forms() -> None:
    async with web_site() as site:
        tabs = [FIELDS | await site.open() for _ in range(2)]
        for fields in tabs:
            assert (await site.post_form("/", fields))[0] == 303
        assert len(site.intake.received) == 2


async def test_the_trap_is_out_of_everybodys_way() -> None:
    async with web_site() as site:
        _, page, _ = await site.get("/")
    trap = Elements(page).by_id("website")
    assert (trap["tabindex"], trap["autocomplete"]) == ("-1", "off")
    assert '<div class="trap" aria-hidden="true">' in page


async def test_what_fills_in_the_trap_is_asked_a_question() -> None:
    async with web_site() as site:
        fields = FIELDS | await site.open()
        status, page, _ = await site.post_form("/", fields | {"website": "https://spam.example"})
        assert status == 422
        assert_came_back_whole(page)
        assert Elements(page).by_id("sum")
        assert not site.intake.received
        status, again = await answered(site, page, str(sum_asked(page) + 1))
        assert status == 422
        assert_came_back_whole(again)
        assert Elements(again).by_id("sum")["aria-invalid"] == "true"
        status, _ = await answered(site, again, f" {sum_asked(again)}. ")
        assert status == 303
        assert len(site.intake.received) == 1
        assert site.measured.refused == ["questioned", "questioned"]


async def test_a_question_is_put_and_answered_in_the_readers_language() -> None:
    async with web_site() as site:
        fields = FIELDS | await site.open("/?lang=es")
        _, page, _ = await site.post_form("/?lang=es", fields | {"website": "x"})
        asked = re.search(r"¿Cuánto es (\w+) más (\w+)\?", html.unescape(page))
        assert asked
        spanish = "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis"
        words = [*spanish.split(), "diecisiete", "dieciocho"]
        total = words[words.index(asked[1]) + words.index(asked[2])]
        assert (await answered(site, page, total.capitalize(), "/?lang=es"))[0] == 303


async def test_what_is_sent_quicker_than_anybody_writes_is_asked_a_question() -> None:
    async with web_site() as site:
        _, page, _ = await site.get("/")
        site.clock.at += 0.5
        status, page, _ = await site.post_form("/", FIELDS | hidden_fields(page))
        assert status == 422
        answer = str(sum_asked(page))
        status, _, _ = await site.post_form("/", FIELDS | hidden_fields(page) | {"sum": answer})
        assert status == 303
        assert site.slept == [2.0], "an answer at once waits for as long as a person would have taken"


async def test_mending_a_mistake_may_be_quick() -> None:
    async with web_site() as site:
        fields = FIELDS | await site.open()
        _, page, _ = await site.post_form("/", fields | {"email": "nowhere"})
        assert (await site.post_form("/", FIELDS | hidden_fields(page)))[0] == 303


async def test_a_question_stays_while_other_mistakes_are_mended() -> None:
    async with web_site() as site:
        fields = FIELDS | await site.open()
        _, page, _ = await site.post_form("/", fields | {"website": "x"})
        answer = {"sum": str(sum_asked(page))}
        status, page, _ = await site.post_form("/", FIELDS | hidden_fields(page) | answer | {"email": "nowhere"})
        assert status == 422
        assert str(sum_asked(page)) == answer["sum"]
        assert not site.intake.received


async def test_replies_pass_the_same_gate() -> None:
    async with web_site() as site:
        path = f"/t/{site.signer.sign(await site.new_ticket())}"
        fields = {"body": "It still burns."} | await site.open(path)
        status, page, _ = await site.post_form(f"{path}/messages", fields | {"website": "x"})
        assert status == 422
        assert "It still burns." in page
        site.clock.at += 10
        reply = {"body": "It still burns.", "sum": str(sum_asked(page))} | hidden_fields(page)
        assert (await site.post_form(f"{path}/messages", reply))[0] == 303
        assert site.intake.received[-1].body == "It still burns."


async def send(site: Site) -> tuple[int, str, str | None]:
    status, page, response = await site.post_form("/", FIELDS | await site.open())
    site.clock.at -= 10  # all at once
    return status, page, response.headers.get("Retry-After")


async def test_whoever_sends_much_is_slowed_then_questioned_and_refused_only_in_a_flood() -> None:
    async with web_site(ONE_A_MINUTE) as site:
        assert (await send(site))[0] == 303
        assert site.slept == []
        assert (await send(site))[0] == 303
        assert site.slept == [2.0]
        for _ in range(8):
            status, page, _ = await send(site)
            assert status == 422
            assert_came_back_whole(page)
            assert sum_asked(page)
        status, page, retry_after = await send(site)
        assert (status, retry_after) == (429, "60")
        assert "Too many requests" in page
        site.clock.at += 600
        assert (await send(site))[0] == 303


async def test_an_answer_lets_through_who_sends_much() -> None:
    async with web_site(ONE_A_MINUTE) as site:
        for _ in range(2):
            await send(site)
        _, page, _ = await send(site)
        assert (await answered(site, page, str(sum_asked(page))))[0] == 303


async def test_trusted_addresses_are_never_hindered() -> None:
    async with web_site(WebSettings(rates=RateSettings(per_address=1, everybody=1))) as site:
        assert {(await send(site))[0] for _ in range(20)} == {303}
        assert site.slept == []


async def test_programs_are_slowed_and_refused_only_in_a_flood() -> None:
    async with web_site(ONE_A_MINUTE) as site:
        statuses = [(await site.post_json({"subject": "a", "body": "b"}))[0] for _ in range(10)]
        assert statuses == [201] * 10
        assert site.slept == [2.0] * 9
        status, problem, response = await site.post_json({"subject": "a", "body": "b"})
        assert (status, problem["type"]) == (429, "/problems#too-many-requests")
        assert response.headers["Retry-After"] == "60"
        assert site.measured.refused == ["flood"]
