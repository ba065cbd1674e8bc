"""Tickets for administrators: lists without personal data, and one ticket with its conversation."""

from collections.abc import Iterable, Mapping, Sequence

from aiohttp import web
from pydantic import Field

from gateway.core.delivery import Case
from gateway.core.handoff import Handoff, holding_copy
from gateway.core.problems import NOT_FOUND, Problem
from gateway.core.reference import parse_reference
from gateway.core.ticket import Message, Ticket, TicketState
from gateway.web.operation import NoQuery, Query, answer
from gateway.web.ops import Ops
from gateway.web.shapes import (
    HandoffShape,
    MessageShape,
    OverdueList,
    OverdueRow,
    RequesterShape,
    TicketDetail,
    TicketList,
    TicketRow,
    Try,
)


class TicketsQuery(Query):
    """Which page of which tickets."""

    state: TicketState | None = Field(None, description="Only tickets in this state.")
    before: str | None = Field(None, pattern=r"^[0-9a-f]{32}$", description="`next` of the page before.")
    limit: int = Field(50, ge=1, le=200)


class OverdueQuery(Query):
    """How many."""

    limit: int = Field(100, ge=1, le=200)


async def list_tickets(ops: Ops, _request: web.Request, query: TicketsQuery) -> web.Response:
    tickets = await ops.reads.tickets(state=query.state, before=query.before, limit=query.limit)
    handoffs = await _handoffs(ops, tickets)
    rows = [TicketRow.model_validate(_row(ticket, handoffs[ticket.id])) for ticket in tickets]
    return answer(TicketList(tickets=rows, next=tickets[-1].id if len(tickets) == query.limit else None))


async def list_overdue(ops: Ops, _request: web.Request, query: OverdueQuery) -> web.Response:
    now = ops.clock.now()
    tickets = await ops.reads.overdue(now, query.limit)
    handoffs = await _handoffs(ops, tickets)
    rows = [
        OverdueRow.model_validate(
            {
                **_row(ticket, handoffs[ticket.id]),
                "seconds_late": round(now - ticket.due_at, 3),
                "tries": [Try.model_validate(handoff) for handoff in handoffs[ticket.id]],
            }
        )
        for ticket in tickets
    ]
    return answer(OverdueList(overdue=rows))


async def show_ticket(ops: Ops, request: web.Request, _query: NoQuery) -> web.Response:
    """The conversation is personal: it is shown to the bearer of a token, never just to whoever is on the machine."""
    reference = parse_reference(request.match_info["reference"])
    case = await ops.reads.ticket_by_reference(reference) if reference else None
    if case is None or case.ticket is None:
        raise Problem(NOT_FOUND, "There is no ticket with this reference.")
    withheld = ops.token is None
    authenticated = {} if withheld else await ops.reads.authenticated([each.id for each in case.messages])
    return answer(_detail(case, case.ticket, authenticated, withheld=withheld))


def _detail(case: Case, ticket: Ticket, authenticated: Mapping[str, str], *, withheld: bool) -> TicketDetail:
    return TicketDetail.model_validate(
        {
            **_row(ticket, case.handoffs),
            "hedge_at": ticket.hedge_at,
            "handoffs": [HandoffShape.model_validate(handoff) for handoff in case.handoffs],
            "messages": [
                _message(message, authenticated.get(message.id), withheld=withheld) for message in case.messages
            ],
            "withheld": withheld,
            "subject": None if withheld else ticket.subject,
            "requester": None if withheld else RequesterShape.model_validate(ticket.requester),
            "metadata": None if withheld else dict(ticket.metadata),
        }
    )


def _message(message: Message, authenticated: str | None, *, withheld: bool) -> MessageShape:
    shape = MessageShape.model_validate(message)
    if not withheld:
        return shape.model_copy(update={"authenticated": authenticated})
    nameless = [each.model_copy(update={"name": None}) for each in shape.attachments]
    return shape.model_copy(update={"body": None, "author": None, "attachments": nameless})


async def _handoffs(ops: Ops, tickets: Sequence[Ticket]) -> dict[str, list[Handoff]]:
    """Each ticket's hand-offs, in one query for all of them."""
    found: dict[str, list[Handoff]] = {ticket.id: [] for ticket in tickets}
    for handoff in await ops.reads.handoffs(list(found)) if found else ():
        found[handoff.ticket_id].append(handoff)
    return found


def _row(ticket: Ticket, handoffs: Iterable[Handoff]) -> dict[str, object]:
    return {
        "reference": ticket.reference,
        "state": ticket.state,
        "channel": ticket.channel,
        "language": ticket.language,
        "category": ticket.category,
        "priority": ticket.priority.label,
        "policy": ticket.policy,
        "provider": holding.provider if (holding := holding_copy(handoffs)) else None,
        "received_at": ticket.received_at,
        "due_at": ticket.due_at,
        "handed_off_at": ticket.handed_off_at,
        "reason": ticket.reason,
    }
