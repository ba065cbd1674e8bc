"""record: what was learned about providers' copies, with all that follows, in the same commit."""

from gateway.core.delivery import HandoffFact
from gateway.store import rules, sheets
from gateway.store.sheets import owners_of
from gateway.store.transaction import Transaction


def record(transaction: Transaction, facts: list[HandoffFact]) -> list[bool]:
    """False for a fact that changed nothing, one about an unknown copy included."""
    owners = owners_of(transaction.connection, {fact.handoff_id for fact in facts})
    found = sheets.load(transaction, owners.values())
    results = [fact.handoff_id in owners and rules.apply(found[owners[fact.handoff_id]], fact) for fact in facts]
    sheets.save(transaction, found.values())
    return results
