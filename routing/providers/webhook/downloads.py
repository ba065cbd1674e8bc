"""The files of a ticket, for the desk that has it: fetched by signed links, with new ones for those that expired."""

from typing import Annotated

from aiohttp import web
from pydantic import AfterValidator, BaseModel, ConfigDict

from gateway.core.delivery import Case
from gateway.core.download import attachment_at, send_attachment
from gateway.core.handoff import MAY_HAVE, Handoff
from gateway.core.links import LINK_PATH, Link
from gateway.core.problems import NOT_FOUND, UNAUTHORIZED, Problem
from gateway.core.ticket import Attachment
from gateway.core.turns import Turns
from routing.providers.webhook.context import DeskContext
from routing.providers.webhook.protocol import our_reference, write_attachments
from routing.providers.webhook.signed import DeskOf, SignedRequests, parsed

LINKS_PATH = "/providers/{name}/attachments"


class DeskDownloads:
    """The routes of every desk's downloads."""

    def __init__(self, desk_of: DeskOf, context: DeskContext) -> None:
        self._desk_of = desk_of
        self._context = context
        self._signed = SignedRequests(desk_of, context.clock)
        self._turns = Turns()

    def routes(self) -> list[web.RouteDef]:
        return [web.get(LINK_PATH, self.send), web.post(LINKS_PATH, self.list)]

    async def send(self, request: web.Request) -> web.StreamResponse:
        """The content. The link itself is the proof; a desk that has lost the ticket, or was never given it, gets
        the answer of what was never there (T38)."""
        name = request.match_info["name"]
        link = self._context.links.verify(name, request.match_info["token"])
        if link is None or self._desk_of(name) is None:
            raise Problem(NOT_FOUND)
        if self._context.links.expired(link):
            raise Problem(UNAUTHORIZED, "This link has expired: POST the ticket's reference to get new ones.")
        async with self._turns.one(request):
            attachments = _linked(await self._context.reads.ticket(link.ticket_id), link)
        attachment = attachment_at(attachments, link.number)
        return await send_attachment(request, self._context.blobs, attachment, may_show=False)

    async def list(self, request: web.Request) -> web.Response:
        """Every attachment of a ticket that the desk has, each with a new link. Raises Problem."""
        desk, _, body = await self._signed.receive(request)
        wanted = parsed(_Wanted, body, "a request for links")
        async with self._turns.one(request):
            case = await self._context.reads.ticket_by_reference(wanted.reference)
        copy = _copy_at(case, desk.name)
        if case is None or copy is None:
            raise Problem(NOT_FOUND, "This provider has no such ticket.")
        listed = [
            {"message": message.id, **each}
            for message in case.messages
            for each in write_attachments(message, lambda of: self._context.links.listed(copy, of))
        ]
        return web.json_response({"attachments": listed}, headers={"Cache-Control": "no-store"})


class _Wanted(BaseModel):
    model_config = ConfigDict(strict=True, hide_input_in_errors=True)

    reference: Annotated[str, AfterValidator(our_reference)]


def _copy_at(case: Case | None, provider: str) -> Handoff | None:
    """The provider's copy, while it may have the ticket."""
    copies = case.handoffs if case else ()
    return next((each for each in copies if each.provider == provider and each.state in MAY_HAVE), None)


def _linked(case: Case | None, link: Link) -> tuple[Attachment, ...]:
    """The files beside the one that the link leads to; none where the desk may not have the ticket any more."""
    if case is None or not any(each.id == link.handoff_id and each.state in MAY_HAVE for each in case.handoffs):
        return ()
    return next((each.attachments for each in case.messages if each.number == link.message), ())
