"""The ops listener's routes: the table's operations, each behind its guard, and the document that describes them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import web

from gateway.web.access import require_access
from gateway.web.openapi import document
from gateway.web.operation import JSON, Operation, parse_query
from gateway.web.ops import Ops
from gateway.web.table import OPERATIONS


def ops_routes(ops: Ops, version: str) -> list[web.RouteDef]:
    """What the listener mounts. Mount it where `answer_seconds` is None: event streams have no end."""
    routes = [web.route(operation.method, operation.path, _guarded(ops, operation)) for operation in OPERATIONS]
    return [*routes, web.get("/api/openapi.json", _described(ops, version))]


def _guarded(ops: Ops, operation: Operation[Any]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        if not operation.open:
            require_access(ops, request)
        query = parse_query(request, operation.query)
        async with asyncio.timeout(operation.within):
            return await operation.handle(ops, request, query)

    return handle


def _described(ops: Ops, version: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    body = orjson.dumps(document(OPERATIONS, version))

    async def describe(request: web.Request) -> web.StreamResponse:
        require_access(ops, request)
        return web.Response(body=body, content_type=JSON, headers={"Cache-Control": "no-store"})

    return describe
