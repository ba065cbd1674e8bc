"""The store's face: every port in asyncio's terms, each method one verb or one query."""

from collections.abc import Collection, Mapping, Sequence

import structlog

from gateway.core.calls import CallChange, CallKept, CallsMade, KeptCall
from gateway.core.clock import Clock, Instant
from gateway.core.delivery import (
    Begin,
    Case,
    ClaimRequest,
    Defer,
    Delivery,
    Finish,
    HandoffFact,
    Kind,
    Quarantine,
    Quarantined,
)
from gateway.core.events import Event, Recorded
from gateway.core.handoff import Handoff
from gateway.core.ports import Observer
from gateway.core.provider import ProviderReport, ProviderStatus, ReportResult, Takeover, TakeoverFigures
from gateway.core.raw_mail import Kept, MailRead, RawMail
from gateway.core.reference import ReservedReferences
from gateway.core.ticket import Intake, Receipt, Ticket
from gateway.store import outbox
from gateway.store.audit_trail import Line
from gateway.store.reads import balance, blobs, calls, figures, gauges, mails, pages, texts
from gateway.store.reported import foresee
from gateway.store.runner import Runner
from gateway.store.verbs.accept import accept
from gateway.store.verbs.begin import begin
from gateway.store.verbs.calls import keep_call
from gateway.store.verbs.claim import claim
from gateway.store.verbs.drain import drain
from gateway.store.verbs.ending import Adopt, Sent, adopt, defer, finish, quarantine, sent
from gateway.store.verbs.forget_calls import ForgetCalls, forget_calls
from gateway.store.verbs.keeping import (
    SavePolicies,
    SaveTakeover,
    record_audit,
    record_health,
    save_policies,
    save_takeover,
    secret,
)
from gateway.store.verbs.mails import (
    ForgetMails,
    KeepMail,
    SavePosition,
    forget_mails,
    keep_mail,
    mail_read,
    save_position,
)
from gateway.store.verbs.opt_out import OptOut, opt_out
from gateway.store.verbs.outbox import Announcement, Wake, announce, wake
from gateway.store.verbs.quarantined import ReplayMails, Verdict, discard, release, replay_mails
from gateway.store.verbs.record import record
from gateway.store.verbs.recover import recover
from gateway.store.verbs.report import report
from gateway.store.verbs.rescue import Rescue, Supersede, rescue, supersede
from gateway.store.verbs.reserve import Reserve, reserve
from gateway.store.verbs.returned import LetterReturned, letter_returned
from gateway.store.verbs.watch import MarkOverdue, mark_overdue

_log = structlog.get_logger("relevo.store")


class SqlStore:
    """IntakeStore, MailStore, CallStore, TextStore, DeliveryStore, TakeoverStore, LedgerStore, SpoolStore,
    QuarantineStore and Reads of `gateway.core.ports`."""

    def __init__(self, runner: Runner, clock: Clock, observers: Sequence[Observer] = ()) -> None:
        self._runner = runner
        self._clock = clock
        self._observers = list(observers)
        self.alone = True
        """No other gateway had the store open when it was started."""

    def subscribe(self, observer: Observer) -> None:
        """Tell it of every event from now on, too."""
        self._observers.append(observer)

    async def start(self) -> int:
        """Open, migrate and recover. Returns how many hand-offs the stop before cut off. Raises StartError.

        Where other gateways have the store open, what was leased is found when its lease runs out.
        """
        self.alone = await self._runner.start(self._tell)
        return (await self._runner.write(recover, [self._clock.now()]))[0] if self.alone else 0

    def why_not_ready(self) -> str | None:
        """A readiness check; the auditor writes every second, so that what is over is soon seen to be over."""
        return self._runner.refusal

    async def close(self) -> None:
        """Finish what has been asked for, within a bound."""
        await self._runner.close()

    def _tell(self, events: Sequence[Recorded]) -> None:
        for observer in self._observers:
            try:
                observer.observe(events)
            except Exception:
                _log.exception("an observer failed", observer=type(observer).__name__)

    # intake

    async def accept(self, intakes: Sequence[Intake]) -> list[Receipt]:
        return await self._runner.write(accept, intakes)

    async def report(self, reports: Sequence[ProviderReport]) -> list[ReportResult]:
        return await self._runner.write(report, reports)

    async def foresee(self, given: ProviderReport) -> ReportResult:
        return await self._runner.read(lambda connection: foresee(connection, given))

    async def drain(self, intakes: Sequence[Intake]) -> list[Receipt]:
        return await self._runner.write(drain, intakes)

    async def reserve_references(self, holder: str, at: Instant) -> ReservedReferences:
        return (await self._runner.write(reserve, [Reserve(holder, at)]))[0]

    # mails

    async def keep_mail(self, mail: RawMail) -> Kept:
        return (await self._runner.write(keep_mail, [KeepMail(mail, self._clock.now())]))[0]

    async def raw_mail(self, mail_id: str) -> RawMail | None:
        return await self._runner.read(lambda connection: mails.raw_mail(connection, mail_id))

    async def read_before(self, mail: RawMail) -> RawMail | None:
        return await self._runner.read(lambda connection: mails.read_before(connection, mail))

    async def mail_read(self, read: MailRead) -> bool:
        return (await self._runner.write(mail_read, [read]))[0]

    async def letter_returned(self, handoff_id: str, at: Instant, reason: str) -> bool:
        return (await self._runner.write(letter_returned, [LetterReturned(handoff_id, at, reason)]))[0]

    async def header_ids(self, ticket_id: str) -> list[str]:
        return await self._runner.read(lambda connection: mails.header_ids(connection, ticket_id))

    async def ticket_at(self, provider: str, provider_reference: str) -> str | None:
        return await self._runner.read(lambda connection: mails.ticket_at(connection, provider, provider_reference))

    async def tickets_of_mails(self, header_ids: Sequence[str]) -> Mapping[str, str]:
        return await self._runner.read(lambda connection: mails.tickets_of_mails(connection, header_ids))

    async def mailbox_position(self, channel: str, folder: str) -> str | None:
        return await self._runner.read(lambda connection: mails.mailbox_position(connection, channel, folder))

    async def save_mailbox_position(self, channel: str, folder: str, position: str) -> None:
        await self._runner.write(save_position, [SavePosition(channel, folder, position)])

    async def forget_mails(self, channel: str, before: Instant, limit: int) -> int:
        forgetting = ForgetMails(channel, before, limit, self._clock.now())
        return (await self._runner.write(forget_mails, [forgetting]))[0]

    # calls and text messages

    async def call(self, sid: str) -> KeptCall | None:
        return await self._runner.read(lambda connection: calls.call(connection, sid))

    async def keep_call(self, change: CallChange) -> CallKept:
        return (await self._runner.write(keep_call, [change]))[0]

    async def calls_to(self, channel: str, since: Instant, number: str | None = None) -> CallsMade:
        return await self._runner.read(lambda connection: calls.calls_to(connection, channel, since, number))

    async def forget_calls(self, channel: str, before: Instant, limit: int) -> int:
        return (await self._runner.write(forget_calls, [ForgetCalls(channel, before, limit)]))[0]

    async def open_tickets_of(self, phone: str, channels: Collection[str]) -> list[Ticket]:
        return await self._runner.read(lambda connection: texts.open_tickets_of(connection, phone, channels))

    async def opted_out(self, channel: str, phone: str) -> bool:
        return await self._runner.read(lambda connection: texts.opted_out(connection, channel, phone))

    async def opt_out(self, channel: str, phone: str, at: Instant, *, out: bool) -> bool:
        return (await self._runner.write(opt_out, [OptOut(channel, phone, at, out)]))[0]

    # delivery

    async def claim(self, requests: Sequence[ClaimRequest]) -> list[list[Case]]:
        return await self._runner.write(claim, requests)

    async def begin(self, begins: Sequence[Begin]) -> list[bool]:
        return await self._runner.write(begin, begins)

    async def record(self, facts: Sequence[HandoffFact]) -> list[bool]:
        return await self._runner.write(record, facts)

    async def defer(self, defers: Sequence[Defer]) -> list[bool]:
        return await self._runner.write(defer, defers)

    async def finish(self, finishes: Sequence[Finish]) -> list[bool]:
        return await self._runner.write(finish, finishes)

    async def quarantine(self, quarantines: Sequence[Quarantine]) -> list[bool]:
        return await self._runner.write(quarantine, quarantines)

    async def sent(self, handoff_id: str, messages_sent: int, finish: Finish) -> None:
        await self._runner.write(sent, [Sent(handoff_id, messages_sent, finish)])

    async def supersede(self, handoff_id: str, at: Instant, reason: str) -> bool:
        return (await self._runner.write(supersede, [Supersede(handoff_id, at, reason)]))[0]

    async def adopt(self, lease: Finish, handoff_id: str, at: Instant, *, read_back: bool = True) -> bool:
        return (await self._runner.write(adopt, [Adopt(lease, handoff_id, at, read_back)]))[0]

    async def next_due(self, kinds: frozenset[Kind]) -> Instant | None:
        return await self._runner.read(lambda connection: outbox.next_due(connection, kinds))

    async def announce(self, events: Sequence[Event], notices: Sequence[Delivery] = ()) -> None:
        await self._runner.write(announce, [Announcement(events, notices)])

    # takeover

    async def save_takeover(
        self, takeover: Takeover, events: Sequence[Event] = (), *, before: Takeover | None = None
    ) -> Takeover:
        return (await self._runner.write(save_takeover, [SaveTakeover(takeover, events, before)]))[0]

    async def takeover_figures(self, takeover: Takeover) -> TakeoverFigures:
        return await self._runner.read(lambda connection: figures.takeover_figures(connection, takeover))

    async def rescue(self, policy: str | None, provider: str, at: Instant, reason: str, limit: int) -> int:
        return (await self._runner.write(rescue, [Rescue(policy, provider, at, reason, limit)]))[0]

    async def wake(self, now: Instant, kinds: frozenset[Kind], limit: int, target: str | None = None) -> int:
        return (await self._runner.write(wake, [Wake(now, kinds, limit, target)]))[0]

    # the ledger and the quarantine

    async def mark_overdue(self, now: Instant, limit: int) -> list[Ticket]:
        return (await self._runner.write(mark_overdue, [MarkOverdue(now, limit)]))[0]

    async def audit(
        self, after_ticket_id: str | None, limit: int, *, waiting_only: bool = False
    ) -> tuple[list[str], str | None]:
        return await self._runner.read(
            lambda connection: balance.audit(connection, after_ticket_id, limit, waiting_only)
        )

    async def audit_mails(self, after_mail_id: str | None, limit: int) -> tuple[list[str], str | None]:
        return await self._runner.read(lambda connection: balance.audit_mails(connection, after_mail_id, limit))

    async def audit_calls(self, after_sid: str | None, limit: int) -> tuple[list[str], str | None]:
        return await self._runner.read(lambda connection: balance.audit_calls(connection, after_sid, limit))

    async def audit_these(self, ids: Sequence[str]) -> list[str]:
        return await self._runner.read(lambda connection: balance.astray(connection, ids))

    async def release(self, quarantined_id: str, at: Instant, actor: str) -> bool:
        return (await self._runner.write(release, [Verdict(quarantined_id, at, actor)]))[0]

    async def discard(self, quarantined_id: str, at: Instant, actor: str) -> bool:
        return (await self._runner.write(discard, [Verdict(quarantined_id, at, actor)]))[0]

    async def replay_mails(
        self, at: Instant, limit: int, actor: str, *, channel: str | None = None, reason: str | None = None
    ) -> int:
        return (await self._runner.write(replay_mails, [ReplayMails(at, limit, actor, channel, reason)]))[0]

    async def quarantined_mail(self, quarantined_id: str, actor: str) -> RawMail | None:
        mail = await self._runner.read(lambda connection: mails.quarantined_mail(connection, quarantined_id))
        if mail is not None:
            await self.record_audit(actor, "quarantine.mail", {"mail": mail.id})
        return mail

    # what is kept beside the tickets

    async def secret(self) -> bytes:
        return (await self._runner.write(secret, [None]))[0]

    async def record_health(self, statuses: Sequence[ProviderStatus]) -> None:
        await self._runner.write(record_health, statuses)

    async def save_policies(self, document: Mapping[str, object], digest: str) -> int:
        return (await self._runner.write(save_policies, [SavePolicies(document, digest, self._clock.now())]))[0]

    async def record_audit(self, actor: str, action: str, detail: Mapping[str, object]) -> None:
        await self._runner.write(record_audit, [Line(self._clock.now(), actor, action, detail)])

    # reads

    async def ticket(self, ticket_id: str) -> Case | None:
        return await self._runner.read(lambda connection: pages.ticket(connection, ticket_id))

    async def ticket_by_reference(self, reference: str) -> Case | None:
        return await self._runner.read(lambda connection: pages.ticket_by_reference(connection, reference))

    async def tickets(self, *, state: str | None = None, before: str | None = None, limit: int = 50) -> list[Ticket]:
        return await self._runner.read(lambda connection: pages.newest_tickets(connection, state, before, limit))

    async def handoffs(self, ticket_ids: Sequence[str]) -> list[Handoff]:
        return await self._runner.read(lambda connection: pages.handoffs(connection, ticket_ids))

    async def authenticated(self, message_ids: Sequence[str]) -> Mapping[str, str]:
        return await self._runner.read(lambda connection: mails.authenticated(connection, message_ids))

    async def overdue(self, now: Instant, limit: int = 100) -> list[Ticket]:
        return await self._runner.read(lambda connection: pages.overdue(connection, now, limit))

    async def events(self, after: int, limit: int = 100) -> list[Recorded]:
        return await self._runner.read(lambda connection: pages.events_after(connection, after, limit))

    async def quarantined(self, limit: int = 100) -> list[Quarantined]:
        return await self._runner.read(lambda connection: pages.quarantined(connection, limit))

    async def takeovers(self, *, open_only: bool = False, limit: int = 50) -> list[Takeover]:
        return await self._runner.read(lambda connection: pages.latest_takeovers(connection, open_only, limit))

    async def counts(self, now: Instant) -> Mapping[str, float]:
        return await self._runner.read(lambda connection: gauges.counts(connection, now))

    async def blobs_named(self, digests: Sequence[str]) -> set[str]:
        """Those of the digests that some message's attachment, or a raw mail, has."""
        return await self._runner.read(lambda connection: blobs.named(connection, digests))

    async def health(self) -> list[ProviderStatus]:
        return await self._runner.read(pages.health)
