"""The event stream as CloudEvents 1.0: a page of it, or server-sent events for as long as the client listens.

Formats: https://github.com/cloudevents/spec (JSON batch), https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
from collections.abc import Sequence

from aiohttp import web
from pydantic import Field, TypeAdapter

from gateway.core.errors import RelevoError
from gateway.core.events import Recorded
from gateway.web.operation import Query, invalid_parameter
from gateway.web.ops import Ops
from gateway.web.shapes import CloudEvent

BATCH = "application/cloudevents-batch+json"
STREAM = "text/event-stream"
_STREAM_PAGE = 200
_RECONNECT_AFTER = b"retry: 2000\n\n"
_LAST_SEQUENCE = 2**63 - 1

_batch = TypeAdapter(list[CloudEvent])


class EventsQuery(Query):
    """Where to begin, and how many."""

    after: int = Field(0, ge=0, le=_LAST_SEQUENCE, description="The id of the last event that is already known.")
    limit: int = Field(100, ge=1, le=1000, description="Of a page; a stream has no end.")


async def list_events(ops: Ops, request: web.Request, query: EventsQuery) -> web.StreamResponse:
    if STREAM in request.headers.get("Accept", ""):
        return await _stream(ops, request, _last_event_id(request, query.after))
    events = await ops.reads.events(query.after, query.limit)
    body = _batch.dump_json([_cloud_event(each, ops.source) for each in events], exclude_none=True)
    return web.Response(body=body, content_type=BATCH, headers={"Cache-Control": "no-store"})


def _last_event_id(request: web.Request, after: int) -> int:
    """Where a client that was cut off goes on: its browser says so in a header."""
    last = request.headers.get("Last-Event-ID")
    if not last:
        return after
    if last.isascii() and last.isdigit() and len(last) <= len(str(_LAST_SEQUENCE)) and int(last) <= _LAST_SEQUENCE:
        return int(last)
    raise invalid_parameter(("Last-Event-ID", "should be the id of an event"))


async def _stream(ops: Ops, request: web.Request, after: int) -> web.StreamResponse:
    with ops.feed.admission():
        response = web.StreamResponse(headers={"Content-Type": STREAM, "Cache-Control": "no-store"})
        await response.prepare(request)
        try:
            await response.write(_RECONNECT_AFTER)
            await _follow(ops, response, after)
        except TimeoutError:  # a reader too slow to keep: it may come back and go on where it was
            if request.transport is not None:
                request.transport.abort()
        except (RelevoError, ConnectionError):  # the answer has begun; all that is left is to end it
            response.force_close()
        return response


async def _follow(ops: Ops, response: web.StreamResponse, after: int) -> None:
    """Everything after `after`, then everything new. Raises TimeoutError where the reader takes nothing."""
    silent_for = 0.0
    while not ops.feed.closed:
        news = ops.feed.news
        events = await ops.reads.events(after, _STREAM_PAGE)
        if events:
            after = events[-1].seq
            await _write(ops, response, _sent(events, ops.source))
            silent_for = 0.0
            continue
        try:
            await asyncio.wait_for(news.wait(), ops.feed.pause)
        except TimeoutError:
            silent_for += ops.feed.pause
        if silent_for >= ops.feed.silence:
            await _write(ops, response, b": nothing new\n\n")
            silent_for = 0.0


async def _write(ops: Ops, response: web.StreamResponse, data: bytes) -> None:
    async with asyncio.timeout(ops.feed.patience):
        await response.write(data)


def _sent(events: Sequence[Recorded], source: str) -> bytes:
    return b"".join(
        f"id: {each.seq}\nevent: {each.event.type}\ndata: ".encode()
        + _cloud_event(each, source).model_dump_json(exclude_none=True).encode()
        + b"\n\n"
        for each in events
    )


def _cloud_event(recorded: Recorded, source: str) -> CloudEvent:
    event = recorded.event
    ticket = {"ticket_id": event.ticket_id} if event.ticket_id else {}
    return CloudEvent(
        specversion="1.0",
        id=str(recorded.seq),
        source=source,
        type=event.type,
        time=event.at,
        subject=event.reference,
        datacontenttype="application/json",
        data={**ticket, **recorded.data},
    )
