"""The OpenAPI document agrees with the standard's rules, with the routes, and with the answers."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.core.delivery import Kind, Quarantined
from gateway.core.provider import Takeover
from gateway.web.openapi import document
from gateway.web.ops import PolicyFacts
from gateway.web.table import OPERATIONS
from tests.support.clock import NOW
from tests.support.ops import FakeReads, OpsSite, make_message, make_ticket, reference, ticket_id

DOCUMENT = document(OPERATIONS, "1.2.3")
METHODS = {"get", "post", "delete", "put", "patch"}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


async def test_it_is_served() -> None:
    async with OpsSite().running() as client:
        assert await (await client.get("/api/openapi.json")).json() == DOCUMENT


def test_the_head() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    assert DOCUMENT["info"] == {"title": "Relevo operations", "version": "1.2.3"}


def test_every_operation_is_there_once_with_its_own_id() -> None:
    found = {(method.upper(), path) for method, path, _ in operations()}
    assert found == {(each.method, each.path) for each in OPERATIONS}
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(ids)) == len(ids)
    assert {method for method, _, _ in operations()} <= METHODS


def test_every_reference_leads_somewhere() -> None:
    for pointer in references(DOCUMENT):
        node: Any = DOCUMENT
        for part in pointer.removeprefix("#/").split("/"):
            node = node[part]
        assert isinstance(node, dict)


def test_parameters_are_those_of_the_path_and_have_schemas() -> None:
    for _, path, operation in operations():
        parameters = operation.get("parameters", [])
        in_path = [each["name"] for each in parameters if each["in"] == "path"]
        assert in_path == re.findall(r"\{(\w+)\}", path)
        assert all(each["required"] for each in parameters if each["in"] == "path")
        assert all(isinstance(each["schema"], dict) for each in parameters)
        assert len({(each["in"], each["name"]) for each in parameters}) == len(parameters)


def test_every_answer_is_described_and_guarded_ones_say_so() -> None:
    for _, path, operation in operations():
        assert operation["responses"]
        for status, response in operation["responses"].items():
            assert re.fullmatch(r"[1-5]\d\d", status)
            assert response["description"]
        guarded = path not in ("/metrics", "/healthz", "/readyz")
        assert operation["security"] == ([{"token": []}] if guarded else [])
        assert ("401" in operation["responses"]) == guarded
    assert DOCUMENT["components"]["securitySchemes"] == {"token": {"type": "http", "scheme": "bearer"}}


def conforms(value: Any, schema: dict[str, Any]) -> bool:
    """As much of JSON Schema as our models use."""
    if "$ref" in schema:
        return conforms(value, DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return any(conforms(value, each) for each in schema["anyOf"])
    if "enum" in schema and value not in schema["enum"]:
        return False
    match schema.get("type"):
        case "object":
            known = schema.get("properties", {})
            extra = schema.get("additionalProperties", not known)
            return (
                isinstance(value, dict)
                and set(schema.get("required", ())) <= value.keys()
                and (value.keys() <= known.keys() or extra is not False)
                and all(conforms(each, known.get(name, {})) for name, each in value.items())
            )
        case "array":
            return isinstance(value, list) and all(conforms(each, schema.get("items", {})) for each in value)
        case "string":
            return isinstance(value, str)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "null":
            return value is None
    return True


NO_JSON = ("/metrics", "/api/v1/quarantine/{id}/mail")
TICKET = make_ticket(1, due_at=NOW - 5)
FULL = FakeReads(
    all_tickets=[TICKET],
    messages=[make_message(TICKET)],
    items=[Quarantined("q", Kind.TICKET, ticket_id(1), "r", None, "refused", 3, NOW)],
    evidence=[Takeover("k", "default", "acme", None, None, NOW, NOW, NOW, 2.8, 5.0)],
)


@pytest.mark.parametrize("path", [path for method, path, _ in operations() if method == "get" and path not in NO_JSON])
async def test_answers_conform(path: str) -> None:
    policies = [PolicyFacts("default", ("acme",), 5.0, 3.0, {"ticket": 4.9})]
    site = OpsSite(token="t", reads=FULL, policies=policies)
    async with site.running() as client, client.get(path.replace("{reference}", reference(1))) as response:
        content = DOCUMENT["paths"][path]["get"]["responses"]["200"]["content"][response.content_type]
        value = await response.json(content_type=None)
    assert conforms(value, content["schema"])
    assert not conforms(42, content["schema"])


async def test_problems_conform() -> None:
    async with OpsSite().running() as client, client.get("/api/v1/tickets?limit=x") as response:
        assert conforms(await response.json(), {"$ref": "#/components/schemas/Problem"})
