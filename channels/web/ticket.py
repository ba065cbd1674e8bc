"""`/t/{token}`: the requester's own page, with state, conversation and a box to write again."""

import hashlib
from collections.abc import Mapping

from aiohttp import web
from pydantic import ValidationError

from channels.channel import ChannelContext
from channels.web.complaints import complaints
from channels.web.content import FORM, parse_form, read_content
from channels.web.form import NOT_SAVED, RETRY_AFTER, SENT_BEFORE, form_id, new_form_id
from channels.web.pages import PRIVATE_HEADERS, Pages, refuse_cross_site
from channels.web.progress import progress
from channels.web.settings import WebSettings
from channels.web.submission import reply_model
from gateway.core.delivery import Case
from gateway.core.errors import StoreFailed, StoreUnavailable
from gateway.core.problems import NOT_FOUND, Problem
from gateway.core.texts import Language
from gateway.core.ticket import Acceptance, DedupeKey, Direction, InboundMessage, Ticket


class TicketPage:
    """The requesters' pages of one web channel."""

    def __init__(self, settings: WebSettings, context: ChannelContext, pages: Pages) -> None:
        self._context = context
        self._pages = pages
        self._body_limit = settings.body_limit
        self._model = reply_model(settings)

    async def show(self, request: web.Request) -> web.Response:
        """The page. Raises Problem, the same for a wrong token as for a ticket that is gone."""
        case, ticket = await self._ticket(request)
        return self._page(request, case, ticket, self._pages.language(request, ticket.language), switch=True)

    async def send(self, request: web.Request) -> web.Response:
        """303 back to the page once the message is on disk; else the page again, with what was written."""
        refuse_cross_site(request)
        case, ticket = await self._ticket(request)
        language = self._pages.language(request, ticket.language)
        fields = parse_form(await read_content(request, FORM, self._body_limit), language)
        try:
            reply = self._model.model_validate({"body": fields.get("body", "")})
        except ValidationError as error:
            detail = complaints(error, language)[0].detail
            return self._page(request, case, ticket, language, fields, status=422, error=detail)
        fingerprint = hashlib.sha256(reply.body.encode()).hexdigest()
        message = InboundMessage(
            channel=self._context.name,
            body=reply.body,
            ticket_id=ticket.id,
            dedupe=DedupeKey(f"{self._context.name}/reply/{ticket.id}", form_id(fields), fingerprint),
        )
        try:
            receipt = await self._context.intake.receive(message)
        except (StoreUnavailable, StoreFailed):
            return self._page(request, case, ticket, language, fields, status=503, notice=language(NOT_SAVED))
        if receipt.acceptance is Acceptance.CONFLICT:
            fields["form_id"] = new_form_id()
            return self._page(request, case, ticket, language, fields, status=409, notice=language(SENT_BEFORE))
        raise web.HTTPSeeOther(self._path(request) + self._pages.links(request))

    async def _ticket(self, request: web.Request) -> tuple[Case, Ticket]:
        ticket_id = self._context.signer.verify(request.match_info["token"])
        case = await self._context.reads.ticket(ticket_id) if ticket_id else None
        if case is None or case.ticket is None:
            raise Problem(NOT_FOUND)
        return case, case.ticket

    def _path(self, request: web.Request) -> str:
        return f"{self._pages.base}/t/{request.match_info['token']}"

    def _page(
        self,
        request: web.Request,
        case: Case,
        ticket: Ticket,
        language: Language,
        fields: Mapping[str, str] | None = None,
        *,
        status: int = 200,
        error: str | None = None,
        notice: str | None = None,
        switch: bool = False,
    ) -> web.Response:
        values = fields or {}
        serving = self._context.routing.serving(ticket.policy)
        response = self._pages.render(
            "ticket.html",
            language,
            status=status,
            headers=PRIVATE_HEADERS,
            ticket=ticket,
            progress=progress(ticket, case.handoffs, serving, self._context.clock.now()),
            messages=sorted(case.messages, key=lambda message: message.number),
            inbound=Direction.INBOUND,
            action=f"{self._path(request)}/messages{self._pages.links(request)}",
            form_id=form_id(values),
            body=values.get("body", ""),
            error=error,
            notice=notice,
            switch=switch,
        )
        if status == 503:
            response.headers.update(RETRY_AFTER)
        return response
