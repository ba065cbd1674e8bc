"""The tickets that a mail claims to be about, and who takes part in them."""

from collections.abc import Iterable, Mapping, Sequence

from channels.channel import BackstageStore, TicketReads
from channels.email.incoming.desks import Desks
from channels.email.incoming.facts import AUTHENTICATED, DISOWNED, NOBODY_SAYS
from channels.email.threading.claims import Claim, Strategy
from channels.email.threading.decision import Known
from channels.email.threading.tokens import Party
from gateway.core.delivery import Case
from gateway.core.ticket import Ticket
from gateway.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Claimed:
    """A ticket that there is."""

    ticket: Ticket
    case: Case


class ClaimedTickets:
    """Looks them up. Raises the store's errors."""

    def __init__(self, store: BackstageStore, reads: TicketReads) -> None:
        self._store = store
        self._reads = reads

    async def find(self, claims: Iterable[Claim]) -> dict[Claim, Claimed]:
        """Those of the claims that lead to a ticket."""
        wanted = list(claims)
        own = await self._of_own_mails(wanted)
        cases: dict[tuple[str, str], Case | None] = {}
        found: dict[Claim, Claimed] = {}
        for claim in wanted:
            key = (claim.party.desk if claim.strategy is Strategy.DESK_NUMBER else "", claim.key)
            if key not in cases:
                cases[key] = await self._case(claim, own)
            case = cases[key]
            if case is not None and case.ticket is not None:
                found[claim] = Claimed(case.ticket, case)
        return found

    async def _of_own_mails(self, claims: Sequence[Claim]) -> Mapping[str, str]:
        answered = [claim.key for claim in claims if claim.strategy is Strategy.OWN_THREAD]
        return await self._store.tickets_of_mails(answered) if answered else {}

    async def _case(self, claim: Claim, own: Mapping[str, str]) -> Case | None:
        match claim.strategy:
            case Strategy.DESK_NUMBER:
                ticket_id = await self._store.ticket_at(claim.party.desk, claim.key)
            case Strategy.OWN_THREAD:
                ticket_id = own.get(claim.key)
            case _:
                return await self._store.ticket_by_reference(claim.key)
        return await self._reads.ticket(ticket_id) if ticket_id is not None else None


def known_of(found: Mapping[Claim, Claimed], desks: Desks) -> dict[Claim, Known]:
    """Who takes part in each, in the role that is claimed: pure."""
    return {
        claim: Known(
            claimed.ticket.id,
            {claim.party: _participants(claimed, claim.party, desks)},
            _opened_authenticated(claimed.ticket),
        )
        for claim, claimed in found.items()
    }


def _participants(claimed: Claimed, party: Party, desks: Desks) -> frozenset[str]:
    if not party.desk:
        email = claimed.ticket.requester.email
        return frozenset({email.lower()} if email else ())
    has_copy = any(handoff.provider == party.desk for handoff in claimed.case.handoffs)
    return desks.senders(party.desk) if has_copy else frozenset()


def _opened_authenticated(ticket: Ticket) -> bool:
    """By a mail: whoever opens a ticket on the web may give anybody's address."""
    said = ticket.metadata.get(AUTHENTICATED, NOBODY_SAYS)
    return ticket.answer_by is not None and said not in (NOBODY_SAYS, DISOWNED)
