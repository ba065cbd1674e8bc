"""`/t/{token}`: the requester's own page, with state, conversation and a box to write again."""

import hashlib
from collections.abc import Mapping

from aiohttp import web
from pydantic import ValidationError

from channels.channel import ChannelContext
from channels.web.answers import shown_answers
from channels.web.categories import Categories
from channels.web.complaints import complaints
from channels.web.conversation import shown
from channels.web.drafts import Draft, Drafts
from channels.web.form import SHOW, STEP_FIELD
from channels.web.gate import Gate, Passage
from channels.web.pages import Pages, refuse_cross_site, see
from channels.web.progress import progress, stages
from channels.web.sending import ComesBack, Sending
from channels.web.settings import WebSettings
from channels.web.submission import reply_model
from channels.web.visit import Visit
from gateway.core.delivery import Case
from gateway.core.problems import NOT_FOUND, Problem
from gateway.core.reference import show_reference
from gateway.core.texts import mark
from gateway.core.ticket import Acceptance, DedupeKey, Direction, InboundMessage, Ticket
from gateway.core.turns import Turns

SENT = "sent"
"""`?sent=1`: the requester comes from having sent a message."""
_MOST_MESSAGES = 200
_FULL_MESSAGES = 20
"""What a requester may write in one request: so many messages, and the text of so many that are full. The page shows
it whole, and a desk that takes over is given it whole."""
_TOO_LONG = mark(
    "This conversation has become too long to go on. Please send a new request, and name this one in it: {reference}."
)


class TicketPage:
    """The requesters' pages of one web channel."""

    def __init__(
        self, settings: WebSettings, context: ChannelContext, pages: Pages, drafts: Drafts, turns: Turns
    ) -> None:
        self._context = context
        self._pages = pages
        self._drafts = drafts
        self._sending = Sending(context, drafts)
        self._categories = Categories(settings.categories)
        self._model = reply_model(settings)
        self._turns = turns
        self._most_text = _FULL_MESSAGES * settings.message_length

    async def show(self, request: web.Request) -> web.Response:
        """The page. Raises Problem, the same for a wrong token as for a ticket that is gone."""
        async with self._turns.one(request):
            case, ticket = await self._ticket(request)
            visit = self._pages.visits.of(request, ticket.language)
            return self._page(request, visit, case, ticket, Draft(), sent=SENT in request.query)

    async def back(self, request: web.Request) -> web.Response:
        """303 to the page, for whoever kept the address that a form which came back was shown at."""
        async with self._turns.one(request):
            await self._ticket(request)  # what is no token of ours never gets into a Location
        visit = self._pages.visits.of(request)
        raise see(visit, self._path(request) + visit.query())

    async def send(self, request: web.Request) -> web.Response:
        """303 back to the page once the message is on disk; else the page again, with what was written."""
        refuse_cross_site(request)
        visit = await self._visit(request)
        draft = await self._drafts.read(request, visit.language)
        async with self._turns.one(request, even_gone=True):
            case, ticket = await self._ticket(request)
        if draft.get(STEP_FIELD) == SHOW:
            return self._page(request, visit, case, ticket, draft)
        errors = {error.pointer.rpartition("/")[2]: error.detail for error in draft.errors}
        try:
            body = self._model.model_validate({"body": draft.get("body")}).body
        except ValidationError as error:
            errors["body"] = complaints(error, visit.language)[0].detail
        if errors:
            return self._page(request, visit, case, ticket, draft, status=draft.status, errors=errors)
        gate = self._gate(ticket)
        try:
            if self._is_full(case):
                raise self._too_long(ticket, visit)
            passage = await self._sending.pass_gate(gate, draft, visit.language)
            receipt = await self._sending.receive(self._message(ticket, body, draft, passage), gate, visit.language)
            if receipt.acceptance is Acceptance.FULL:
                raise self._too_long(ticket, visit)
        except ComesBack as back:
            return self._page(
                request, visit, case, ticket, draft, status=back.status, notice=back.notice, passage=back.passage
            )  # fmt: skip
        raise see(visit, f"{self._path(request)}{visit.query(**{SENT: '1'})}")

    def _message(self, ticket: Ticket, body: str, draft: Draft, passage: Passage) -> InboundMessage:
        scope = f"{self._context.name}/reply/{ticket.id}"
        return InboundMessage(
            channel=self._context.name,
            body=body,
            ticket_id=ticket.id,
            attachments=draft.files,
            most_messages=_MOST_MESSAGES,
            dedupe=DedupeKey(scope, passage.token.form_id, _fingerprint(body, draft)),
        )

    def _too_long(self, ticket: Ticket, visit: Visit) -> ComesBack:
        return ComesBack(422, visit.language(_TOO_LONG, reference=show_reference(ticket.reference)))

    async def _visit(self, request: web.Request) -> Visit:
        """Nothing of the conversation is kept: a form may take minutes to come, and finds it longer then."""
        async with self._turns.one(request):
            _, ticket = await self._ticket(request)
        return self._pages.visits.of(request, ticket.language)

    async def _ticket(self, request: web.Request) -> tuple[Case, Ticket]:
        ticket_id = self._context.signer.verify(request.match_info["token"])
        case = await self._context.reads.ticket(ticket_id) if ticket_id else None
        if case is None or case.ticket is None:
            raise Problem(NOT_FOUND)
        return case, case.ticket

    def _is_full(self, case: Case) -> bool:
        written = [len(each.body) for each in case.messages if each.direction is Direction.INBOUND]
        return len(written) >= _MOST_MESSAGES or sum(written) >= self._most_text

    def _gate(self, ticket: Ticket) -> Gate:
        return self._drafts.gate(f"reply {ticket.id}")

    def _path(self, request: web.Request) -> str:
        return f"{self._pages.base}/t/{request.match_info['token']}"

    def _page(
        self,
        request: web.Request,
        visit: Visit,
        case: Case,
        ticket: Ticket,
        draft: Draft,
        *,
        status: int = 200,
        errors: Mapping[str, str] | None = None,
        notice: str | None = None,
        passage: Passage | None = None,
        sent: bool = False,
    ) -> web.Response:
        now = self._context.clock.now()
        current = progress(ticket, case.handoffs, self._context.routing.serving(ticket.policy), now)
        category = self._categories.get(ticket.category)
        conversation = shown(case.messages)
        return self._pages.render(
            "ticket.html",
            visit,
            private=True,
            status=status,
            ticket=ticket,
            now=now,
            progress=current,
            stages=stages(current, ticket, case.handoffs),
            messages=conversation,
            left_out=len(case.messages) - len(conversation),
            inbound=Direction.INBOUND,
            spoken=self._context.spoken,
            category=category,
            details=list(shown_answers(category, ticket.metadata, visit.language)),
            path=self._path(request),
            action=f"{self._path(request)}/messages{visit.query()}",
            frame=self._drafts.frame(self._gate(ticket), draft, visit.language, passage),
            values={"body": draft.get("body")},
            errors=errors or {},
            notice=notice,
            sent=sent,
            filled=SHOW if draft.fields else None,
        )


def _fingerprint(body: str, draft: Draft) -> str:
    content = "\0".join([body, *(f"{each.name}\0{each.digest}" for each in draft.files)])
    return hashlib.sha256(content.encode()).hexdigest()
