"""The webhook provider keeps the contract of all providers."""

import json
from collections.abc import AsyncIterator

import pytest

from tests.contract.provider_contract import ProviderContract
from tests.support.scripted_desk import Exchange, ScriptedDesk, answers, commits_and_drops, hangs
from tests.support.webhook_provider import SECRET, make_provider


async def _refuses_and_repeats(exchange: Exchange) -> None:
    given = json.dumps(exchange.request.json()["requester"], ensure_ascii=False)
    await exchange.answer(422, {"title": f"Not allowed: {given}", "detail": given})


class WebhookBench:
    """A webhook provider and a scripted desk."""

    timeout = 0.3
    search_timeout = 0.15
    secret = SECRET

    def __init__(self, desk: ScriptedDesk) -> None:
        self.desk = desk
        self.provider = make_provider(desk)

    def refuse(self) -> None:
        self.desk.otherwise = _refuses_and_repeats

    def hang(self) -> None:
        self.desk.otherwise = self.desk.health = hangs

    def fail(self) -> None:
        self.desk.otherwise = self.desk.health = answers(500, {"title": "oops"})

    def commit_and_drop(self) -> None:
        self.desk.script(commits_and_drops)

    def lose_tickets(self) -> None:
        self.desk.tickets.clear()

    def pick_up(self) -> None:
        for ticket in self.desk.tickets.values():
            ticket["state"] = "picked_up"

    async def stop(self) -> None:
        await self.desk.stop()

    def held(self) -> int:
        return len(self.desk.tickets)

    def appended(self) -> int:
        return sum(len(ticket["messages"]) for ticket in self.desk.tickets.values())


class TestWebhookProvider(ProviderContract):
    @pytest.fixture
    async def bench(self) -> AsyncIterator[WebhookBench]:
        async with ScriptedDesk() as desk:
            bench = WebhookBench(desk)
            yield bench
            await bench.provider.close()
