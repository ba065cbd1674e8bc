"""The store as intake sees it: while it is away, new tickets go into the spool, and are answered from there."""

from collections.abc import Sequence
from dataclasses import replace

from gateway.core.clock import Clock, iso
from gateway.core.delivery import Case, Delivery, Kind
from gateway.core.errors import OutcomeUnknown, StoreUnavailable
from gateway.core.ports import SpoolStore
from gateway.core.provider import ProviderReport, ReportResult
from gateway.core.reference import ReservedReferences
from gateway.core.ticket import Acceptance, Intake, Receipt, Ticket
from gateway.store.spool.blobs import SpooledBlobs
from gateway.store.spool.index import Entry
from gateway.store.spool.record import Unreadable
from gateway.store.spool.spool import Spool
from gateway.store.spool.watch import SpoolWatch

_ENOUGH = 100_000
"""References at hand with which no others are asked for."""


class SpooledStore:
    """The port IntakeStore, and the reading of single tickets, over a store and a spool.

    The store is away while the last write of anybody was refused: the auditor writes every second, the drainer twice,
    so what is over is soon seen to be over. Until then nobody waits for it.
    """

    def __init__(self, store: SpoolStore, spool: Spool, blobs: SpooledBlobs, watch: SpoolWatch, clock: Clock) -> None:
        self._store = store
        self._spool = spool
        self._blobs = blobs
        self._watch = watch
        self._clock = clock
        self._references: ReservedReferences | None = None

    async def reserve(self) -> None:
        """Have enough references for the time that the store is away. Raises StoreUnavailable."""
        if self._references is not None and len(self._references) >= _ENOUGH:
            return
        reserved = await self._store.reserve_references(self._spool.holder, self._clock.now())
        for entry in self._spool.index:
            reserved.exclude(entry.reference)
        self._references = reserved

    def why_not_ready(self) -> str | None:
        """A readiness check: a store that is away is none, as long as the spool has room."""
        refusal = self._store.why_not_ready()
        return f"{refusal}; and the spool is full" if refusal and self._spool.full else None

    def remark(self) -> str | None:
        """For readiness to tell."""
        state, refusal = self._spool.state, self._store.why_not_ready()
        said = [f"the store is away: {refusal}"] if refusal else []
        if state.oldest_at is not None:
            said.append(f"requests that wait in the spool: {state.requests}, since {iso(state.oldest_at)}")
        if state.set_aside:
            said.append(f"requests set aside for somebody to look at: {state.set_aside}")
        return "; ".join(said) or None

    async def accept(self, intakes: Sequence[Intake]) -> list[Receipt]:
        """Each on its own. A further message of a ticket is for the store alone."""
        return [await self._accept(each) for each in intakes]

    async def report(self, reports: Sequence[ProviderReport]) -> list[ReportResult]:
        for each in reports:
            await self._blobs.forward(each.attachments)
        return await self._store.report(reports)

    async def foresee(self, given: ProviderReport) -> ReportResult:
        return await self._store.foresee(given)

    async def ticket(self, ticket_id: str) -> Case | None:
        """From the spool, as long as it is there."""
        entry = self._spool.index.get(ticket_id)
        try:
            intake = await self._spool.read(entry) if entry else None
        except Unreadable as error:
            raise StoreUnavailable(f"the spool: {error}") from error
        return _case(intake, intake.ticket) if intake and intake.ticket else await self._store.ticket(ticket_id)

    async def ticket_by_reference(self, reference: str) -> Case | None:
        """What is in the spool no desk has heard of."""
        return await self._store.ticket_by_reference(reference)

    async def _accept(self, intake: Intake) -> Receipt:
        first = self._spool.index.under(intake.dedupe) if intake.dedupe else None
        if first:
            return await self._again(intake, first)
        if self._spool.index.get(intake.message.ticket_id):
            raise StoreUnavailable("its ticket has not reached the store yet")
        away = self._store.why_not_ready()
        if away and intake.ticket:
            return await self._keep(self._with_reserved_reference(intake, intake.ticket), away)
        try:
            await self._blobs.forward(intake.message.attachments)
            return (await self._store.accept([intake]))[0]
        except OutcomeUnknown as error:
            if intake.ticket is None:
                raise
            # Under the ids and the reference that the store may have it under.
            return await self._keep(intake, str(error))
        except StoreUnavailable as error:
            if intake.ticket is None:
                raise
            return await self._keep(self._with_reserved_reference(intake, intake.ticket), str(error))

    async def _again(self, intake: Intake, first: Entry) -> Receipt:
        await self._spool.durable(first)
        same = intake.dedupe and first.dedupe and intake.dedupe.fingerprint == first.dedupe.fingerprint
        return first.receipt(Acceptance.DUPLICATE if same else Acceptance.CONFLICT)

    async def _keep(self, intake: Intake, why: str) -> Receipt:
        # Meanwhile the same may have come on another connection.
        first = self._spool.index.under(intake.dedupe) if intake.dedupe else None
        if first:
            return await self._again(intake, first)
        entry = await self._spool.keep(intake)
        self._watch.kept(why)
        return entry.receipt(Acceptance.NEW)

    def _with_reserved_reference(self, intake: Intake, ticket: Ticket) -> Intake:
        reference = self._references.draw() if self._references else None
        if reference is None:
            raise StoreUnavailable("no references are reserved for the time that the store is away")
        return replace(intake, ticket=replace(ticket, reference=reference))


def _case(intake: Intake, ticket: Ticket) -> Case:
    owed = Delivery(ticket.id, Kind.TICKET, ticket.due_at, ticket.received_at, ticket.id, priority=ticket.priority)
    return Case(owed, ticket, (intake.message,))
