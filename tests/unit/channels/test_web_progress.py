from dataclasses import replace

import pytest

from channels.web.progress import Progress, progress, stages
from gateway.core.handoff import Handoff, HandoffState
from gateway.core.ticket import Requester, Ticket, TicketState

TICKET = Ticket("1" * 32, "1965721159", "web", "Printer", Requester(), 100.0, "default", hedge_at=101.0, due_at=105.0)


@pytest.mark.parametrize(
    ("state", "serving", "now", "expected"),
    [
        (TicketState.WAITING, "acme", 101.0, Progress.RECEIVED),
        (TicketState.WAITING, "acme", 105.1, Progress.DELAYED),
        (TicketState.WAITING, None, 101.0, Progress.DELAYED),
        (TicketState.HANDED_OFF, "acme", 101.0, Progress.HANDED_OVER),
        (TicketState.HANDED_OFF, None, 999.0, Progress.HANDED_OVER),
        (TicketState.RESOLVED, None, 999.0, Progress.RESOLVED),
        (TicketState.QUARANTINED, "acme", 101.0, Progress.DELAYED),
    ],
)
def test_progress_is_honest(state: TicketState, serving: str | None, now: float, expected: Progress) -> None:
    resolved = Handoff("h" * 32, TICKET.id, "acme", HandoffState.RESOLVED, started_at=100.0)
    assert progress(replace(TICKET, state=state), [resolved], serving, now) is expected


def test_what_nobody_had_is_closed_and_not_resolved() -> None:
    refused = Handoff("h" * 32, TICKET.id, "acme", HandoffState.REFUSED, started_at=100.0)
    assert progress(replace(TICKET, state=TicketState.RESOLVED), [refused], "acme", 101.0) is Progress.CLOSED


def test_somebody_works_on_what_was_picked_up() -> None:
    taken = Handoff("h" * 32, TICKET.id, "acme", HandoffState.PICKED_UP, started_at=100.0, picked_up_at=130.0)
    handed_off = replace(TICKET, state=TicketState.HANDED_OFF, handed_off_at=102.0)
    assert progress(handed_off, [taken], "acme", 200.0) is Progress.HANDLED
    way = stages(Progress.HANDLED, handed_off, [taken])
    assert [(stage.state, stage.at) for stage in way] == [
        ("done", 100.0),
        ("done", 102.0),
        ("current", 130.0),
        ("ahead", None),
    ]


def test_what_is_delayed_has_come_no_further_than_to_us() -> None:
    assert [stage.state for stage in stages(Progress.DELAYED, TICKET, [])] == ["current", "ahead", "ahead", "ahead"]
    assert stages(Progress.CLOSED, TICKET, []) == []
