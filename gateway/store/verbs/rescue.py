"""rescue and supersede: what a failed provider had and nobody had picked up is owed to another."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from gateway.core.clock import Instant
from gateway.store import rules, sheets
from gateway.store.schema import RESCUABLE, handoffs
from gateway.store.sheets import owners_of
from gateway.store.transaction import Transaction

_AT_PROVIDER = (
    select(handoffs.c.id, handoffs.c.ticket_id)
    .where(RESCUABLE, handoffs.c.provider == bindparam("provider"))
    .order_by(handoffs.c.priority.desc(), handoffs.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_OF_POLICY = _AT_PROVIDER.where(handoffs.c.policy == bindparam("policy"))


@dataclass(frozen=True, slots=True)
class Rescue:
    """Up to `limit` copies at `provider` of the policy's tickets; of any policy's where none is named."""

    policy: str | None
    provider: str
    at: Instant
    reason: str
    limit: int


@dataclass(frozen=True, slots=True)
class Supersede:
    """One copy, whose provider does not work on it."""

    handoff_id: str
    at: Instant
    reason: str


def rescue(transaction: Transaction, rescues: list[Rescue]) -> list[int]:
    """How many copies each superseded, urgent tickets first, then oldest."""
    return [_rescue(transaction, each) for each in rescues]


def supersede(transaction: Transaction, wishes: list[Supersede]) -> list[bool]:
    """False for a copy that is not live, or that somebody has picked up, or that is not the one that stays."""
    owners = owners_of(transaction.connection, {each.handoff_id for each in wishes})
    found = sheets.load(transaction, owners.values())
    results = [
        each.handoff_id in owners
        and rules.supersede(found[owners[each.handoff_id]], each.handoff_id, each.at, each.reason)
        for each in wishes
    ]
    sheets.save(transaction, found.values())
    return results


def _rescue(transaction: Transaction, wanted: Rescue) -> int:
    query = _AT_PROVIDER if wanted.policy is None else _OF_POLICY
    given = {"provider": wanted.provider, "policy": wanted.policy, "most": wanted.limit}
    copies = transaction.connection.execute(query, given).all()
    found = sheets.load(transaction, (copy.ticket_id for copy in copies))
    for copy in copies:
        rules.supersede(found[copy.ticket_id], copy.id, wanted.at, wanted.reason)
    sheets.save(transaction, found.values())
    return len(copies)
