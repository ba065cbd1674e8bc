"""Quarantine: what nobody could deliver, or read, and what a person does about it."""

from aiohttp import web
from pydantic import Field

from gateway.core.attachments import content_disposition
from gateway.core.download import send_attachment
from gateway.core.problems import NOT_FOUND, Problem, ProblemType
from gateway.core.ticket import Attachment
from gateway.web.access import actor
from gateway.web.operation import NoQuery, Query, answer
from gateway.web.ops import Ops
from gateway.web.shapes import QuarantineList, QuarantineShape, Released, Replayed

MAIL = "message/rfc822"
_BATCH = 500
"""Mails released in one commit."""
_WITHHELD = ProblemType(
    "withheld",
    403,
    "Personal data is withheld",
    "A mail is personal data: it is handed out only where a token protects it (gateway.ops.token).",
)


class QuarantineQuery(Query):
    """How many."""

    limit: int = Field(100, ge=1, le=200)


class ReplayQuery(Query):
    """Which mails; all of them unless something is given."""

    channel: str | None = Field(None, max_length=200)
    reason: str | None = Field(None, max_length=200)
    """What their reason has in it, in whichever case."""


async def list_quarantine(ops: Ops, _request: web.Request, query: QuarantineQuery) -> web.Response:
    items = await ops.reads.quarantined(query.limit)
    return answer(QuarantineList(quarantine=[QuarantineShape.model_validate(item) for item in items]))


async def replay(ops: Ops, request: web.Request, _query: NoQuery) -> web.Response:
    item = request.match_info["id"]
    if not await ops.quarantine.release(item, ops.clock.now(), actor(ops, request)):
        raise _nothing_there()
    return answer(Released(id=item))


async def replay_mails(ops: Ops, request: web.Request, query: ReplayQuery) -> web.Response:
    """Those that are there now: one that fails again meanwhile waits for the next replay."""
    began, mails, batch = ops.clock.now(), 0, _BATCH
    while batch == _BATCH:
        batch = await ops.quarantine.replay_mails(
            began, _BATCH, actor(ops, request), channel=query.channel, reason=query.reason
        )
        mails += batch
    return answer(Replayed(mails=mails))


async def show_mail(ops: Ops, request: web.Request, _query: NoQuery) -> web.StreamResponse:
    """As a file, never as a page."""
    if ops.token is None:
        raise Problem(_WITHHELD)
    mail = await ops.quarantine.quarantined_mail(request.match_info["id"], actor(ops, request))
    if mail is None:
        raise _nothing_there()
    name = f"{mail.id}.eml"
    if mail.content is None:
        whole = Attachment(name, MAIL, mail.size, mail.digest or "")
        return await send_attachment(request, ops.blobs, whole, may_show=False)
    headers = {"Content-Disposition": content_disposition(name, inline=False), "Cache-Control": "private, no-store"}
    return web.Response(body=mail.content, content_type=MAIL, headers=headers)


async def discard(ops: Ops, request: web.Request, _query: NoQuery) -> web.Response:
    if not await ops.quarantine.discard(request.match_info["id"], ops.clock.now(), actor(ops, request)):
        raise _nothing_there()
    return web.Response(status=204)


def _nothing_there() -> Problem:
    return Problem(NOT_FOUND, "There is no such item in quarantine.")
