"""The JSON API through a real listener."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from channels.web.settings import WebSettings
from gateway.core.clock import iso
from gateway.core.errors import InvalidMessage, StoreFailed, StoreUnavailable
from gateway.core.ticket import Priority, Requester
from gateway.listener import Limits
from tests.support.web import Site, web_site

VALID = {"subject": "Printer", "body": "It burns."}
WHOLE = {
    "subject": "No puedo entrar",
    "body": "Línea 1\r\n\tLínea 2",
    "requester": {"name": "Ana Ñúñez", "email": "ana@example.org", "phone": "+34 600 123 456"},
    "language": "es-ES",
    "category": "access",
    "priority": "urgent",
    "metadata": {"office": "Norte 3", "empty": ""},
}


async def test_a_request_is_received_whole_and_answered_with_its_reference() -> None:
    async with web_site() as site:
        status, answer, response = await site.post_json(WHOLE)
        [message] = site.intake.received
        [(ticket_id, case)] = site.intake.cases.items()
    assert status == 201
    assert message.subject == "No puedo entrar"
    assert message.body == "Línea 1\n\tLínea 2"
    assert message.requester == Requester("Ana Ñúñez", "ana@example.org", "+34 600 123 456")
    assert (message.language, message.category, message.priority) == ("es-ES", "access", Priority.URGENT)
    assert (message.channel, message.metadata, message.dedupe) == ("web", WHOLE["metadata"], None)
    assert case.ticket is not None
    assert answer == {
        "reference": case.ticket.reference,
        "status_url": f"https://help.example.org/t/{site.signer.sign(ticket_id)}",
        "received_at": iso(case.ticket.received_at),
    }
    assert response.headers["Location"] == answer["status_url"]
    assert "aiohttp" not in response.headers["Server"]


async def test_the_same_key_and_content_get_the_same_answer() -> None:
    async with web_site() as site:
        _, first, once = await site.post_json(VALID, Idempotency_Key="one")
        status, second, again = await site.post_json(dict(reversed(VALID.items())), Idempotency_Key="one")
        assert (status, second) == (201, first)
        assert len(site.intake.received) == 1
    assert "Idempotent-Replayed" not in once.headers
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_the_same_key_with_other_content_is_refused() -> None:
    async with web_site() as site:
        await site.post_json(VALID, Idempotency_Key="one")
        status, problem, response = await site.post_json(VALID | {"body": "Other"}, Idempotency_Key="one")
    assert (status, problem["type"]) == (422, "/problems#key-reused")
    assert response.content_type == "application/problem+json"


@pytest.mark.parametrize("key", ["", "x" * 256, "with space", "ñ"])
async def test_a_key_out_of_bounds_is_refused(key: str) -> None:
    async with web_site() as site:
        status, problem, _ = await site.post_json(VALID, Idempotency_Key=key)
        assert (status, problem["type"]) == (400, "/problems#bad-request")
        assert not site.intake.received


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"subject": None}, "/subject"),
        ({"subject": " \t "}, "/subject"),
        ({"subject": 7}, "/subject"),
        ({"subject": "x" * 201}, "/subject"),
        ({"body": ""}, "/body"),
        ({"body": "x" * 20_001}, "/body"),
        ({"body": "form\ffeed"}, "/body"),
        ({"body": "lone\rreturn"}, "/body"),
        ({"requester": {"email": "no address"}}, "/requester/email"),
        ({"requester": {"email": "a@b"}}, "/requester/email"),
        ({"requester": {"email": "Ana <a@b.es>"}}, "/requester/email"),
        ({"requester": {"email": "a@b.es,c@d.es"}}, "/requester/email"),
        ({"requester": {"phone": "call me"}}, "/requester/phone"),
        ({"requester": {"phone": "+"}}, "/requester/phone"),
        ({"requester": {"fax": "1"}}, "/requester/fax"),
        ({"requester": []}, "/requester"),
        ({"language": "Spanish please"}, "/language"),
        ({"priority": "now"}, "/priority"),
        ({"priority": 1}, "/priority"),
        ({"category": "a\nb"}, "/category"),
        ({"metadata": {"a": 1}}, "/metadata/a"),
        ({"metadata": {"a": {"b": "c"}}}, "/metadata/a"),
        ({"metadata": {"": "x"}}, "/metadata/"),
        ({"metadata": {f"k{n}": "x" for n in range(33)}}, "/metadata"),
        ({"x/y~z": 1}, "/x~1y~0z"),
    ],
)
async def test_what_is_wrong_is_told_with_its_place(change: dict[str, Any], pointer: str) -> None:
    async with web_site() as site:
        status, problem, response = await site.post_json(VALID | change)
        assert not site.intake.received
    assert status == 422
    assert problem["type"] == "/problems#invalid-content"
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert response.content_type == "application/problem+json"


@pytest.mark.parametrize(
    "email", ["ana@example.org", "a.b+c@sub.example.co", "ñandú@correo.example.es", "o'neil@example.org"]
)
async def test_email_addresses_that_exist_are_taken(email: str) -> None:
    async with web_site() as site:
        assert (await site.post_json(VALID | {"requester": {"email": email}}))[0] == 201


async def test_errors_speak_the_language_of_the_client() -> None:
    async with web_site() as site:
        _, problem, response = await site.post_json({"subject": "x"}, Accept_Language="es-MX,en;q=0.5")
    assert problem["title"] == "Contenido no válido"
    assert problem["errors"] == [{"pointer": "/body", "detail": "Es obligatorio."}]
    assert response.headers["Content-Language"] == "es"


async def test_malformed_json_is_told_with_line_and_column() -> None:
    async with web_site() as site:
        status, problem, _ = await site.post_json(b'{"subject": "x",\n oops}')
    assert (status, problem["detail"]) == (400, "The content is not valid JSON: see line 2, column 2.")


async def test_another_content_type_is_refused() -> None:
    async with web_site() as site:
        status, problem, _ = await site.post_json(VALID, Content_Type="text/plain")
    assert (status, problem["type"]) == (415, "/problems#unsupported-type")


async def test_other_methods_are_refused_with_what_is_allowed() -> None:
    async with web_site() as site, site.client.delete(f"{site.url}/api/v1/tickets") as response:
        assert (response.status, response.headers["Allow"]) == (405, "POST")
        assert (await response.json(content_type=None))["type"] == "/problems#method-not-allowed"


@pytest.mark.parametrize("chunked", [False, True])
async def test_too_large_a_body_is_refused(chunked: bool) -> None:
    content = json.dumps(VALID | {"body": "x" * 5000}).encode()

    async def pieces() -> Any:
        yield content

    async with web_site(WebSettings(body_limit=4096)) as site:
        data = pieces() if chunked else content
        headers = {"Content-Type": "application/json"}
        async with site.client.post(f"{site.url}/api/v1/tickets", data=data, headers=headers) as response:
            assert response.status == 413
            assert "4096" in (await response.json(content_type=None))["detail"]


@pytest.mark.parametrize("failure", [StoreUnavailable("disk full at /var/x"), StoreFailed("fsync: EIO at /var/x")])
async def test_a_store_that_cannot_keep_it_is_said_and_nothing_else(failure: Exception) -> None:
    async with web_site() as site:
        site.intake.failure = failure
        status, problem, response = await site.post_json(VALID)
    assert (status, problem["type"]) == (503, "/problems#unavailable")
    assert int(response.headers["Retry-After"]) > 0
    assert "/var/x" not in json.dumps(problem)


async def test_what_intake_refuses_is_told() -> None:
    async with web_site() as site:
        site.intake.failure = InvalidMessage("This ticket is closed.")
        status, problem, _ = await site.post_json(VALID)
    assert (status, problem["detail"]) == (422, "This ticket is closed.")


async def test_t32_an_unexpected_error_shows_a_number_that_is_in_the_log_and_nothing_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with web_site() as site:
        site.intake.failure = RuntimeError("canary-secret")
        status, problem, _ = await site.post_json(VALID)
    assert (status, problem["type"]) == (500, "/problems#internal-error")
    assert "canary-secret" not in json.dumps(problem)
    number = problem["instance"].removeprefix("urn:uuid:")
    assert number in problem["detail"]
    assert number in capsys.readouterr().out


async def test_an_answer_that_takes_too_long_ends_in_503() -> None:
    async with web_site(limits=Limits(answer_seconds=0.05)) as site:
        site.intake.hangs = True
        status, problem, _ = await site.post_json(VALID)
    assert (status, problem["type"]) == (503, "/problems#no-answer-in-time")


async def test_the_api_key_is_demanded_where_one_is_set() -> None:
    async with web_site(WebSettings(api_key=SecretStr("s3cret-of-the-api"))) as site:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "s3cret-of-the-api"}):
            status, problem, response = await site.post_json(VALID, **headers)
            assert (status, problem["type"]) == (401, "/problems#unauthorized")
            assert response.headers["WWW-Authenticate"] == "Bearer"
        assert (await site.post_json(VALID, Authorization="Bearer s3cret-of-the-api"))[0] == 201


@pytest.mark.parametrize("field", ["subject", "name", "category"])
@pytest.mark.parametrize("poison", ["\r\nBcc: victim@example.org", "a\nb", "a\rb", "a\x00b", "a\x85b", "a\u2028b"])
async def test_t23_lines_cannot_be_injected_into_one_line_fields(field: str, poison: str) -> None:
    value = f"x{poison}"
    change = {"requester": {"name": value}} if field == "name" else {field: value}
    async with web_site() as site:
        status, problem, _ = await site.post_json(VALID | change)
        assert not site.intake.received
    assert (status, problem["errors"][0]["pointer"].rpartition("/")[2]) == (422, field)


async def test_t22_headers_of_ours_from_outside_change_nothing() -> None:
    async with web_site() as site:
        status, answer, _ = await site.post_json(
            VALID,
            X_Relevo_Ticket="1" * 32,
            X_Relevo_Channel="voice",
            X_Forwarded_Host="evil.example",
            Host="evil.example",
        )
        [message] = site.intake.received
    assert status == 201
    assert (message.channel, message.ticket_id) == ("web", None)
    assert answer["status_url"].startswith("https://help.example.org/t/")


async def test_t18_a_compressed_body_is_refused_unopened() -> None:
    async with web_site() as site:
        status, problem, response = await site.post_json(b"\x1f\x8b not even gzip", Content_Encoding="gzip")
    assert (status, problem["type"]) == (415, "/problems#unsupported-encoding")
    assert response.headers["Accept-Encoding"] == "identity"


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
MEMBERS = st.sampled_from(
    ["subject", "body", "requester", "language", "category", "priority", "metadata", "email", "other"]
)
BODIES = st.dictionaries(MEMBERS, JSON_VALUES).map(lambda body: json.dumps(body).encode()) | st.binary()
ONE_LINE = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cn", "Zl", "Zp", "Zs")), min_size=1, max_size=50
)
TICKETS = st.fixed_dictionaries(
    {"subject": ONE_LINE, "body": ONE_LINE},
    optional={
        "requester": st.fixed_dictionaries({}, optional={"name": ONE_LINE, "phone": st.just("+34 600 123 456")}),
        "language": st.sampled_from(["es", "en-GB", "zh-Hant-TW"]),
        "category": st.from_regex(r"[a-z0-9_-]{1,64}", fullmatch=True),
        "priority": st.sampled_from([priority.label for priority in Priority]),
        "metadata": st.dictionaries(ONE_LINE, ONE_LINE, max_size=5),
    },
)


def run_with_site(use: Any) -> None:
    async def run() -> None:
        async with web_site() as site:
            await use(site)

    asyncio.run(run())


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(BODIES, min_size=1, max_size=20))
def test_no_body_whatever_gets_a_5xx(bodies: list[bytes]) -> None:
    async def use(site: Site) -> None:
        for body in bodies:
            status, answer, _ = await site.post_json(body)
            assert status in (201, 400, 422), (status, answer, body)

    run_with_site(use)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(TICKETS, min_size=1, max_size=20))
def test_every_valid_request_arrives_as_it_was_sent(tickets: list[dict[str, Any]]) -> None:
    async def use(site: Site) -> None:
        for sent in tickets:
            status, answer, _ = await site.post_json(sent)
            assert status == 201, answer
            message = site.intake.received[-1]
            assert (message.subject, message.body) == (sent["subject"], sent["body"])
            assert (message.language, message.category) == (sent.get("language"), sent.get("category"))
            assert message.priority.label == sent.get("priority", "normal")
            assert message.metadata == sent.get("metadata", {})
            assert message.requester.name == sent.get("requester", {}).get("name")

    run_with_site(use)
