"""Every operation of the ops listener, in one table: the routes and the document are made from it."""

from typing import Any

from gateway.web import events, health, quarantine, service, shapes, tickets
from gateway.web.operation import AnyQuery, NoQuery, Operation

_TEXT = ("text/plain", "application/openmetrics-text")

OPERATIONS: tuple[Operation[Any], ...] = (
    Operation("GET", "/metrics", "Metrics", health.metrics, AnyQuery, media_types=_TEXT, open=True),
    Operation("GET", "/healthz", "Is the process alive?", health.alive, AnyQuery, shapes.Alive, open=True),
    Operation("GET", "/readyz", "Can it keep its promises now?", health.ready, AnyQuery, shapes.Readiness, open=True),
    Operation(
        "POST",
        "/-/reload",
        "Put the changed configuration into force",
        service.reload,
        NoQuery,
        shapes.Reloaded,
        within=None,
    ),
    Operation(
        "GET", "/api/v1/tickets", "Tickets, newest first", tickets.list_tickets, tickets.TicketsQuery, shapes.TicketList
    ),
    Operation(
        "GET",
        "/api/v1/tickets/{reference}",
        "One ticket with its hand-offs and its conversation",
        tickets.show_ticket,
        NoQuery,
        shapes.TicketDetail,
        problems=(404,),
    ),
    Operation(
        "GET",
        "/api/v1/overdue",
        "Tickets past their contracted time, and why",
        tickets.list_overdue,
        tickets.OverdueQuery,
        shapes.OverdueList,
    ),
    Operation(
        "GET",
        "/api/v1/events",
        "The event stream, by page or as server-sent events",
        events.list_events,
        events.EventsQuery,
        shapes.CloudEvent,
        media_types=(events.BATCH, events.STREAM),
        within=None,
    ),
    Operation("GET", "/api/v1/providers", "Providers' health", service.list_providers, NoQuery, shapes.ProviderList),
    Operation("GET", "/api/v1/policies", "Policies in force", service.list_policies, NoQuery, shapes.PolicyList),
    Operation(
        "GET",
        "/api/v1/takeovers",
        "The evidence of takeovers",
        service.list_takeovers,
        service.TakeoversQuery,
        shapes.TakeoverList,
    ),
    Operation(
        "GET",
        "/api/v1/quarantine",
        "What nobody could deliver",
        quarantine.list_quarantine,
        quarantine.QuarantineQuery,
        shapes.QuarantineList,
    ),
    Operation(
        "POST",
        "/api/v1/quarantine/{id}/replay",
        "Send an item on its way again",
        quarantine.replay,
        NoQuery,
        shapes.Released,
        problems=(404,),
    ),
    Operation(
        "POST",
        "/api/v1/quarantine/replay",
        "Have mails that could not be read, read again",
        quarantine.replay_mails,
        quarantine.ReplayQuery,
        shapes.Replayed,
        within=None,
    ),
    Operation(
        "GET",
        "/api/v1/quarantine/{id}/mail",
        "A mail that could not be read, as it came",
        quarantine.show_mail,
        NoQuery,
        media_types=(quarantine.MAIL,),
        problems=(403, 404),
        within=None,
    ),
    Operation(
        "DELETE",
        "/api/v1/quarantine/{id}",
        "Take an item out for good",
        quarantine.discard,
        NoQuery,
        status=204,
        problems=(404,),
    ),
)
