"""Tokens from a real command, and from a token service over HTTP."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from channels.email.oauth_grants import Grant, Granted, TokenUnavailable
from channels.email.oauth_settings import OAuthSettings


class TokenService:
    """Answers with what the test says, and remembers what was posted."""

    def __init__(self) -> None:
        self.answers: list[web.Response] = []
        self.posted: list[dict[str, Any]] = []
        self.port = 0

    async def answer(self, request: web.Request) -> web.Response:
        self.posted.append(dict(await request.post()))
        return self.answers.pop(0)

    def grant(self, **others: str) -> Grant:
        url = f"http://127.0.0.1:{self.port}/token"
        written = {"token_url": url, "allow_private": True, "client_id": "id", "client_secret": "s3cret", **others}
        return Grant(OAuthSettings.model_validate(written))


@pytest.fixture
async def service() -> AsyncIterator[TokenService]:
    service = TokenService()
    application = web.Application()
    application.router.add_post("/token", service.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    service.port = runner.addresses[0][1]
    yield service
    await runner.cleanup()


async def test_a_refresh_token_that_the_service_replaces_is_used_from_then_on(service: TokenService) -> None:
    service.answers = [
        web.json_response({"access_token": "one", "expires_in": 3599, "refresh_token": "second"}),
        web.json_response({"access_token": "two", "expires_in": "60"}),
    ]
    grant = service.grant(refresh_token="first", scope="mail")
    assert [await grant.fetch(), await grant.fetch()] == [Granted("one", 3599.0), Granted("two", 60.0)]
    assert [posted["refresh_token"] for posted in service.posted] == ["first", "second"]
    assert service.posted[0] == {
        "grant_type": "refresh_token",
        "refresh_token": "first",
        "client_id": "id",
        "client_secret": "s3cret",
        "scope": "mail",
    }


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (
            {"status": 400, "text": '{"error":"invalid_grant","error_description":"Token has been\\r\\nrevoked."}'},
            "answered 400: invalid_grant Token has been revoked.",
        ),
        ({"status": 502, "text": "<html>"}, "answered 502$"),
        ({"status": 302, "headers": {"Location": "http://127.0.0.1:1/"}}, "answered 302"),
        ({"status": 200, "text": '{"access_token": null}'}, "no access token in the answer"),
        ({"status": 200, "text": '{"access_token": "a\\r\\nb"}'}, "no access token in the answer"),
        ({"status": 200, "text": "x" * 100_000}, "far too long"),
    ],
    ids=["refused", "no json", "redirect", "no token", "control characters", "too long"],
)
async def test_t32_an_answer_without_a_token_says_why_and_no_secret(
    service: TokenService, answer: dict[str, Any], why: str
) -> None:
    service.answers = [web.Response(**answer)]
    with pytest.raises(TokenUnavailable, match=why) as failure:
        await service.grant().fetch()
    assert "s3cret" not in str(failure.value)


async def test_a_service_that_is_away_is_told() -> None:
    grant = Grant(
        OAuthSettings.model_validate(
            {"token_url": "http://127.0.0.1:1/", "allow_private": True, "client_id": "i", "client_secret": "s"}
        )
    )
    with pytest.raises(TokenUnavailable, match="no token: "):
        await grant.fetch()


@pytest.mark.parametrize(
    ("script", "granted"),
    [("echo abc", Granted("abc", None)), ("""echo '{"access_token":"abc","expires_in":60}'""", Granted("abc", 60.0))],
    ids=["bare", "json"],
)
async def test_a_command_prints_a_token_bare_or_as_json(script: str, granted: Granted) -> None:
    assert await Grant(OAuthSettings(token_command=("sh", "-c", script))).fetch() == granted


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("sh", "-c", "echo no key here >&2; exit 3"), "sh ended with 3: no key here"),
        (("sh", "-c", "true"), "no access token"),
        (("/nowhere/at-all",), "no token: .*No such file"),
    ],
    ids=["fails", "says nothing", "is missing"],
)
async def test_a_command_that_prints_none_is_told(command: tuple[str, ...], why: str) -> None:
    with pytest.raises(TokenUnavailable, match=why):
        await Grant(OAuthSettings(token_command=command)).fetch()
