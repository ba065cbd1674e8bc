"""The OpenAPI 3.1 document of the ops API, made from the table of operations."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.core.problems import MEDIA_TYPE
from gateway.web.events import BATCH, STREAM
from gateway.web.operation import Operation

_SCHEMAS = "#/components/schemas/"
_PATH_PARAMETER = re.compile(r"\{(\w+)\}")
_PROBLEM = {
    "type": "object",
    "description": "Problem details, RFC 9457.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri-reference"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
_TITLES = {
    401: "The token is missing or wrong",
    403: "Nobody may have it",
    404: "There is no such thing",
    422: "Something given is not allowed",
}


def document(operations: Iterable[Operation[Any]], version: str) -> dict[str, Any]:
    """The whole document, ready for JSON. `version` is that of Relevo."""
    operations = tuple(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Relevo operations", "version": version},
        "paths": paths,
        "components": {
            "schemas": {**_schemas(operations), "Problem": _PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas(operations: tuple[Operation[Any], ...]) -> Mapping[str, Any]:
    answers: dict[type[BaseModel], None] = {each.answer: None for each in operations if each.answer}
    _, schema = models_json_schema([(model, "serialization") for model in answers], ref_template=_SCHEMAS + "{model}")
    definitions: Mapping[str, Any] = schema["$defs"]
    return definitions


def _operation(operation: Operation[Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.handle.__name__,
        "summary": operation.summary,
        "security": [] if operation.open else [{"token": []}],
        "responses": _responses(operation),
    }
    parameters = [*_path_parameters(operation.path), *_query_parameters(operation)]
    return described | ({"parameters": parameters} if parameters else {})


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PATH_PARAMETER.findall(path)
    ]


def _query_parameters(operation: Operation[Any]) -> list[dict[str, Any]]:
    schema = operation.query.model_json_schema()
    definitions = schema.get("$defs", {})
    return [
        {"name": name, "in": "query", "schema": _inlined(property_schema, definitions)}
        for name, property_schema in schema.get("properties", {}).items()
    ]


def _inlined(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """The schema with its few definitions written where they are used."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions)
        return {key: _inlined(value, definitions) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_inlined(value, definitions) for value in schema]
    return schema


def _responses(operation: Operation[Any]) -> dict[str, Any]:
    statuses = set(operation.problems) | (set() if operation.open else {401, 422})
    problem = {MEDIA_TYPE: {"schema": {"$ref": _SCHEMAS + "Problem"}}}
    success: dict[str, Any] = {"description": operation.summary}
    if operation.status != 204:
        success["content"] = {media_type: _content(operation, media_type) for media_type in operation.media_types}
    return {str(operation.status): success} | {
        str(status): {"description": _TITLES[status], "content": problem} for status in sorted(statuses)
    }


def _content(operation: Operation[Any], media_type: str) -> dict[str, Any]:
    if operation.answer is None or media_type == STREAM:
        return {"schema": {"type": "string"}}
    reference = {"$ref": _SCHEMAS + operation.answer.__name__}
    return {"schema": {"type": "array", "items": reference} if media_type == BATCH else reference}
