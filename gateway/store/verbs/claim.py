"""claim: lease what is due, with all that is needed to decide about it."""

from gateway.core.delivery import HANDING_OVER, Case, ClaimRequest, Delivery, HandoffFact
from gateway.core.handoff import HandoffState
from gateway.store import leases, outbox, rules, sheets
from gateway.store.cases import load_cases
from gateway.store.transaction import Transaction


def claim(transaction: Transaction, requests: list[ClaimRequest]) -> list[list[Case]]:
    """A ticket's hand-offs still STARTED from an older lease become UNKNOWN: their worker is gone, or too late."""
    claimed: list[list[Delivery]] = []
    for request in requests:
        owed = outbox.due(transaction.connection, request.kinds, request.now, request.limit) if request.kinds else []
        claimed.append(leases.lease(transaction, owed, request.lease_until))
        _cut_off(transaction, claimed[-1], request)
    cases = iter(load_cases(transaction.connection, [each for owed in claimed for each in owed]))
    return [[next(cases) for _ in owed] for owed in claimed]


def _cut_off(transaction: Transaction, claimed: list[Delivery], request: ClaimRequest) -> None:
    again = {each.ticket_id for each in claimed if each.kind in HANDING_OVER and each.epoch > 1 and each.ticket_id}
    found = sheets.load(transaction, again)
    for sheet in found.values():
        for copy in list(sheet.copies.values()):
            if copy.state is HandoffState.STARTED:
                rules.apply(
                    sheet,
                    HandoffFact(copy.id, HandoffState.UNKNOWN, request.now, reason="the lease ran out in the middle"),
                )
    sheets.save(transaction, found.values())
