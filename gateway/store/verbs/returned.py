"""letter_returned: what a desk was believed to have, and its mail server gave back, is owed to another."""

from gateway.core.clock import Instant
from gateway.core.values import dataclass
from gateway.store import rules, sheets
from gateway.store.sheets import owners_of
from gateway.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class LetterReturned:
    """The letter of that hand-off."""

    handoff_id: str
    at: Instant
    reason: str


def letter_returned(transaction: Transaction, letters: list[LetterReturned]) -> list[bool]:
    """False where that changes nothing: no hand-off has this id, or its desk has said a word of it."""
    owners = owners_of(transaction.connection, {each.handoff_id for each in letters})
    found = sheets.load(transaction, owners.values())
    results = [
        each.handoff_id in owners
        and rules.letter_returned(found[owners[each.handoff_id]], each.handoff_id, each.at, each.reason)
        for each in letters
    ]
    sheets.save(transaction, found.values())
    return results
