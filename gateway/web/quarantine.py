"""Quarantine: what nobody could deliver, and what a person does about it."""

from aiohttp import web
from pydantic import Field

from gateway.core.problems import NOT_FOUND, Problem
from gateway.web.access import actor
from gateway.web.operation import NoQuery, Query, answer
from gateway.web.ops import Ops
from gateway.web.shapes import QuarantineList, QuarantineShape, Released


class QuarantineQuery(Query):
    """How many."""

    limit: int = Field(100, ge=1, le=200)


async def list_quarantine(ops: Ops, _request: web.Request, query: QuarantineQuery) -> web.Response:
    items = await ops.reads.quarantined(query.limit)
    return answer(QuarantineList(quarantine=[QuarantineShape.model_validate(item) for item in items]))


async def replay(ops: Ops, request: web.Request, _query: NoQuery) -> web.Response:
    item = request.match_info["id"]
    if not await ops.quarantine.release(item, ops.clock.now(), actor(ops, request)):
        raise _nothing_there()
    return answer(Released(id=item))


async def discard(ops: Ops, request: web.Request, _query: NoQuery) -> web.Response:
    if not await ops.quarantine.discard(request.match_info["id"], ops.clock.now(), actor(ops, request)):
        raise _nothing_there()
    return web.Response(status=204)


def _nothing_there() -> Problem:
    return Problem(NOT_FOUND, "There is no such item in quarantine.")
