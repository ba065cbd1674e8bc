"""What a program may try with the API's key, its categories and first aid, through a real listener."""

import pytest
from pydantic import SecretStr

from channels.web.settings import RateSettings, WebSettings
from tests.support.categories import PRINTER
from tests.support.web import web_site

TICKET = {"subject": "Printer", "body": "It burns."}
ONE_A_MINUTE = RateSettings(trusted=(), per_address=1)


async def test_t39_who_guesses_at_the_key_is_counted_slowed_and_refused() -> None:
    """Wrong keys were answered as quickly as they came, and nobody heard of them."""
    async with web_site(WebSettings(api_key=SecretStr("s3cret-of-the-api"), rates=ONE_A_MINUTE)) as site:
        statuses = [(await site.post_json(TICKET, Authorization=f"Bearer {n}"))[0] for n in range(11)]
        assert statuses == [401] * 10 + [429]
        assert len(site.slept) == 9
        assert site.measured.refused == ["unauthorized"] * 10 + ["flood"]


@pytest.mark.parametrize("category", ["ana@example.org", "My printer", "Printer", "ñ", "a/b", "x" * 65])
async def test_t32_a_category_that_nobody_configured_is_a_plain_name(category: str) -> None:
    """It gets into events and the log: a person's address had no business there."""
    async with web_site() as site:
        status, problem, _ = await site.post_json(TICKET | {"category": category})
        assert (status, problem["errors"][0]["pointer"]) == (422, "/category")
        assert site.intake.received == []
        assert (await site.post_json(TICKET | {"category": "it-support_2"}))[0] == 201


async def test_t36_first_aid_is_not_counted_without_end() -> None:
    settings = WebSettings.model_validate({"categories": [PRINTER], "rates": ONE_A_MINUTE})
    async with web_site(settings) as site:
        statuses = [(await site.post_form("/solved?category=printer", {}))[0] for _ in range(11)]
        assert statuses == [303] * 10 + [429]
        assert len(site.measured.helped) == 10
