"""Ports: what the parts need of each other, in one file. The composition root hands them in."""

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from gateway.core.blob import Blob, Sweep
from gateway.core.calls import CallChange, CallKept, CallsMade, KeptCall
from gateway.core.clock import Instant
from gateway.core.delivery import (
    Answer,
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
from gateway.core.dialling import Desk
from gateway.core.events import Event, Recorded
from gateway.core.handoff import Handoff
from gateway.core.provider import Copy, ProviderReport, ProviderStatus, ReportResult, Takeover, TakeoverFigures
from gateway.core.raw_mail import Kept, MailRead, RawMail
from gateway.core.reference import ReservedReferences
from gateway.core.ticket import InboundMessage, Intake, Message, Priority, Receipt, Terms, Ticket


class Observer(Protocol):
    """Told of every event after its commit, in order, on the event loop. Must be quick, and must not raise."""

    def observe(self, events: Sequence[Recorded]) -> None: ...


class IntakeStore(Protocol):
    """What intake needs of the store."""

    async def accept(self, intakes: Sequence[Intake]) -> list[Receipt]:
        """Make them durable, each with its event and delivery, in one commit; returns only after it.

        Raises StoreUnavailable (nothing kept), OutcomeUnknown (perhaps) or StoreFailed (stop).
        """

    async def report(self, reports: Sequence[ProviderReport]) -> list[ReportResult]:
        """Apply what providers report to their own copies only; each report id once."""

    async def foresee(self, given: ProviderReport) -> ReportResult:
        """What `report` would make of it now; nothing is kept."""


class Intaker(Protocol):
    """The one door for what comes in; channels and the providers' webhook get it."""

    async def receive(self, message: InboundMessage) -> Receipt:
        """Durable when it returns. Raises InvalidMessage (the sender's fault) and the store's errors."""

    def rows_of(self, message: InboundMessage, now: Instant) -> Intake:
        """What `receive` would make durable of it, for a channel that keeps it in a commit of its own."""

    async def report(self, report: ProviderReport) -> ReportResult:
        """A provider's report, durable when it returns."""

    async def foresee(self, report: ProviderReport) -> ReportResult:
        """What would become of it now; nothing is kept."""


NamedBlobs = Callable[[Sequence[str]], Awaitable[Collection[str]]]
"""Of these digests, those that a row names."""


class Blobs(Protocol):
    """Contents of attachments, by digest. A blob is durable before the transaction that names it; one that no row has
    come to name within a grace period is an orphan."""

    async def put(self, chunks: AsyncIterable[bytes], limit: int) -> Blob:
        """Keep what the chunks make together; durable on return. Content that is there already is there once, and
        counts as new for the grace period.

        Raises ContentTooLarge beyond `limit` bytes, StoreUnavailable, StoreFailed, and what `chunks` raises; then
        nothing of it is left.
        """

    def open(self, digest: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The content in pieces of at most `PIECE` bytes, which may be left half-way. Entering raises BlobMissing,
        StoreUnavailable, StoreFailed."""

    async def remove_orphans(self, before: Instant, named: NamedBlobs) -> Sweep:
        """Remove what was put before that instant and no row names. A put of the same content meanwhile is safe."""


class KeptBlobs(Blobs, Protocol):
    """Blobs as the composition root has them."""

    async def start(self) -> None:
        """Be ready. Raises StartError."""

    async def close(self) -> None: ...


class MailStore(Protocol):
    """Where raw mails are kept until they are read, and how far mailboxes have been received."""

    async def keep_mail(self, mail: RawMail) -> Kept:
        """Make it durable, with the duty to read it; its blob is durable already. A copy of the same channel and key
        that was kept before is a DUPLICATE. Raises StoreUnavailable, StoreFailed."""

    async def raw_mail(self, mail_id: str) -> RawMail | None:
        """As it is kept."""

    async def read_before(self, mail: RawMail) -> RawMail | None:
        """Another mail that is known by the same, and has been read; its content isn't in it."""

    async def mail_read(self, read: MailRead) -> bool:
        """False where the lease is lost, or the message is in a spool still: then nothing of it is kept, and the mail
        is to be read again."""

    async def letter_returned(self, handoff_id: str, at: Instant, reason: str) -> bool:
        """The mail by which that copy was handed over came back: its provider counts as one that refused it, and the
        ticket is owed to another. False where there is no such copy, or its provider has said a word of it."""

    async def header_ids(self, ticket_id: str) -> list[str]:
        """Message-IDs of the mails that became the requester's messages of this ticket, oldest first."""

    async def ticket_at(self, provider: str, provider_reference: str) -> str | None:
        """The id of the newest ticket whose copy has that reference there."""

    async def tickets_of_mails(self, header_ids: Sequence[str]) -> Mapping[str, str]:
        """Of those of these Message-IDs whose mails became requesters' messages, the id of the ticket, the oldest."""

    async def mailbox_position(self, channel: str, folder: str) -> str | None:
        """As it was saved last."""

    async def save_mailbox_position(self, channel: str, folder: str, position: str) -> None:
        """Durable on return."""

    async def forget_mails(self, channel: str, before: Instant, limit: int) -> int:
        """Give up the contents of up to `limit` mails that were read before that instant; that they came stays known.
        Returns how many; fewer than `limit` means no more."""


class CallStore(Protocol):
    """Where phone calls are kept, by Twilio's CallSid; of those made by us also before they have one. Text messages are
    kept alike: those that came by their MessageSid, those that go out by a key of the channel's."""

    async def call(self, sid: str) -> KeptCall | None:
        """As it is kept."""

    async def keep_call(self, change: CallChange) -> CallKept:
        """Everything of it in one commit, or nothing. Raises StoreUnavailable (nothing kept), OutcomeUnknown (perhaps),
        StoreFailed."""

    async def calls_to(self, channel: str, since: Instant, number: str | None = None) -> CallsMade:
        """What calling back (or writing, of texts) has come to since then, in all, or at that number (E.164)."""

    async def forget_calls(self, channel: str, before: Instant, limit: int) -> int:
        """Give up record and number of up to `limit` calls that are over and began before that instant; that they were
        stays known, and `calls_to` no longer counts them. Returns how many; fewer than `limit` means no more."""


class TextStore(Protocol):
    """What the store does for text messages."""

    async def open_tickets_of(self, phone: str, channels: Collection[str]) -> list[Ticket]:
        """Tickets of the requester with that number (E.164) that came by these channels, are answered by one, and are
        neither resolved nor closed, the one that was written in last first; at most 10."""

    async def opted_out(self, channel: str, phone: str) -> bool:
        """Whether that number wants no messages of this channel."""

    async def opt_out(self, channel: str, phone: str, at: Instant, *, out: bool) -> bool:
        """Keep what it wants; True where that is a change."""


class DeliveryStore(Protocol):
    """What the delivery engine needs of the store. Verbs take and return lists, in the same order.

    Decisions (begin, defer, finish, quarantine) are fenced by the lease and answer False where it is lost; facts
    (record) are recorded whoever holds the lease.
    """

    async def claim(self, requests: Sequence[ClaimRequest]) -> list[list[Case]]:
        """Lease due deliveries, urgent first, then oldest first. A claimed ticket's hand-offs still STARTED from an
        older lease become UNKNOWN."""

    async def begin(self, begins: Sequence[Begin]) -> list[bool]: ...

    async def record(self, facts: Sequence[HandoffFact]) -> list[bool]:
        """Apply facts with all that follows in the same commit: ticket state, the ticket's delivery done once a
        provider has it, a duty to reconcile after UNKNOWN, a read-back after ACCEPTED, withdrawals of surplus copies.
        True where the fact changed something."""

    async def defer(self, defers: Sequence[Defer]) -> list[bool]: ...

    async def finish(self, finishes: Sequence[Finish]) -> list[bool]: ...

    async def quarantine(self, quarantines: Sequence[Quarantine]) -> list[bool]: ...

    async def sent(self, handoff_id: str, messages_sent: int, finish: Finish) -> None:
        """A follow-up reached the provider; the delivery is done."""

    async def supersede(self, handoff_id: str, at: Instant, reason: str) -> bool:
        """Like rescue, for one copy: its provider does not work on it. True where it changed something."""

    async def adopt(self, lease: Finish, handoff_id: str, at: Instant, *, read_back: bool = True) -> bool:
        """A superseded copy is good after all (its provider is back, and no other has the ticket): it stays, and the
        ticket's delivery is done. `read_back` where it was seen there just now. Fenced."""

    async def next_due(self, kinds: frozenset[Kind]) -> Instant | None:
        """When the next delivery of these kinds is due; None where none is owed."""

    async def announce(self, events: Sequence[Event], notices: Sequence[Delivery] = ()) -> None:
        """Events that change no ticket, and alarms owed to operations."""


class TakeoverStore(Protocol):
    """What the takeover of a service needs of the store."""

    async def takeovers(self, *, open_only: bool = False, limit: int = 50) -> list[Takeover]: ...

    async def save_takeover(
        self, takeover: Takeover, events: Sequence[Event] = (), *, before: Takeover | None = None
    ) -> Takeover:
        """Keep it, with its events, if what is kept is as it was `before`: None where it is new, and none of that
        policy and provider is open. Returns what is kept now; of gateways that share a store one is first."""

    async def takeover_figures(self, takeover: Takeover) -> TakeoverFigures:
        """What happened to the policy's tickets since the switch, while it lasted."""

    async def announce(self, events: Sequence[Event], notices: Sequence[Delivery] = ()) -> None:
        """Events that change no ticket, and alarms owed to operations."""

    async def record_health(self, statuses: Sequence[ProviderStatus]) -> None:
        """The last known health of these providers."""

    async def rescue(self, policy: str | None, provider: str, at: Instant, reason: str, limit: int) -> int:
        """Supersede up to `limit` live copies at `provider` of that policy's tickets (None: of any) that nobody is
        known to have picked up and no other provider has, and queue their tickets again with a fresh contracted time,
        urgent first. Returns how many; fewer than `limit` means no more."""

    async def wake(self, now: Instant, kinds: frozenset[Kind], limit: int, target: str | None = None) -> int:
        """Make up to `limit` unleased deliveries of these kinds (to that target) due now; returns how many. Fewer than
        `limit` means no more."""


class Reads(Protocol):
    """What pages and the ops API read. Reads see committed data only and never block the writer."""

    async def ticket(self, ticket_id: str) -> Case | None:
        """Its delivery is the one that hands it over; where none is owed, a stand-in that can't be acted on."""

    async def ticket_by_reference(self, reference: str) -> Case | None: ...

    async def tickets(self, *, state: str | None = None, before: str | None = None, limit: int = 50) -> list[Ticket]:
        """Newest first; `before` is the id that the page before ended with."""

    async def handoffs(self, ticket_ids: Sequence[str]) -> list[Handoff]:
        """Every hand-off of these tickets, oldest first, in one query."""

    async def authenticated(self, message_ids: Sequence[str]) -> Mapping[str, str]:
        """What is known of the senders of those of these messages that came by mail, see MailRead."""

    async def overdue(self, now: Instant, limit: int = 100) -> list[Ticket]:
        """Waiting past their contracted time, longest first."""

    async def events(self, after: int, limit: int = 100) -> list[Recorded]: ...

    async def quarantined(self, limit: int = 100) -> list[Quarantined]: ...

    async def takeovers(self, *, open_only: bool = False, limit: int = 50) -> list[Takeover]: ...

    async def counts(self, now: Instant) -> Mapping[str, float]:
        """Gauges: tickets_waiting (none that is held), oldest_waiting_seconds, handoffs_unknown, doubles_open,
        quarantine_items, and deliveries_waiting.KIND for each kind."""


class Announcer(Protocol):
    """What those who only report to operations need of the store."""

    async def announce(self, events: Sequence[Event], notices: Sequence[Delivery] = ()) -> None:
        """Events that change no ticket, and alarms owed to operations. Raises StoreUnavailable, StoreFailed."""


class LedgerStore(Announcer, Protocol):
    """What the auditor needs to prove that the ledger balances."""

    async def mark_overdue(self, now: Instant, limit: int) -> list[Ticket]:
        """Announce TicketOverdue, once for each ticket, for up to `limit` that wait past their contracted time."""

    async def audit(
        self, after_ticket_id: str | None, limit: int, *, waiting_only: bool = False
    ) -> tuple[list[str], str | None]:
        """Look at the next `limit` (waiting) tickets in order of id, in one consistent read.

        Returns the ids of those astray: neither handed off to a live copy, nor resolved, nor in quarantine with an item
        there, nor waiting with something owed; and where to go on, None at the end.
        """

    async def audit_mails(self, after_mail_id: str | None, limit: int) -> tuple[list[str], str | None]:
        """As `audit`, over the mails that nobody has read: astray is one whose reading is neither owed nor in
        quarantine."""

    async def audit_calls(self, after_sid: str | None, limit: int) -> tuple[list[str], str | None]:
        """As `audit`, over the calls that are not over: astray is one about which nothing is owed by its channel (CALL
        or CALLBACK, with the call's key in the payload), nor in quarantine."""

    async def audit_these(self, ids: Sequence[str]) -> list[str]:
        """Those of these tickets, mails and calls that are astray, in one consistent read."""


class TicketStore(IntakeStore, Protocol):
    """What keeps that which comes in, and shows it to those who have proved a right to it."""

    def why_not_ready(self) -> str | None:
        """Why it would not take anything now; None where it would."""

    async def ticket(self, ticket_id: str) -> Case | None: ...

    async def ticket_by_reference(self, reference: str) -> Case | None: ...


class SpoolStore(TicketStore, Announcer, Protocol):
    """What the spool needs of the store that it stands in for."""

    async def drain(self, intakes: Sequence[Intake]) -> list[Receipt]:
        """Accept new tickets that were answered with yes already, each once, however often it comes.

        One whose dedupe key the store has with the same content is a DUPLICATE, and from now on its id and reference
        lead to the first; with other content it is a request of its own all the same.
        """

    async def reserve_references(self, holder: str, at: Instant) -> ReservedReferences:
        """The holder's block of references, the same every time until it is used up."""


class QuarantineStore(Protocol):
    """What a person may do with items in quarantine; all of it leaves a line in the audit."""

    async def release(self, quarantined_id: str, at: Instant, actor: str) -> bool:
        """Owe it again, due now, with its attempts forgotten. False where there is no such item."""

    async def discard(self, quarantined_id: str, at: Instant, actor: str) -> bool:
        """Take it out for good; the ticket of a discarded hand-off is closed. False where there is no such item."""

    async def replay_mails(
        self, at: Instant, limit: int, actor: str, *, channel: str | None = None, reason: str | None = None
    ) -> int:
        """Have up to `limit` mails that were put there until `at` read again, oldest first: of that channel, and with
        that text in their reason, where given. Returns how many; fewer than `limit` means no more."""

    async def quarantined_mail(self, quarantined_id: str, actor: str) -> RawMail | None:
        """The mail that could not be read, to be shown to whoever asks; None where there is no such item."""


class RecordStore(Protocol):
    """What is kept beside the tickets."""

    async def secret(self) -> bytes:
        """The gateway's own 32 random bytes, drawn once and the same for ever."""

    async def save_policies(self, document: Mapping[str, object], digest: str) -> int:
        """Keep the policies now in force; the number of their version, a new one only where the digest changed."""

    async def record_audit(self, actor: str, action: str, detail: Mapping[str, object]) -> None:
        """Who changed what; the instant is the store's clock's."""

    async def record_health(self, statuses: Sequence[ProviderStatus]) -> None:
        """The last known health of these providers."""

    async def health(self) -> list[ProviderStatus]:
        """What was recorded last: a provider that had failed before a restart has to prove itself after it."""


class DeliveryEnds(Announcer, Protocol):
    """What a channel does with a delivery that it was handed."""

    async def defer(self, defers: Sequence[Defer]) -> list[bool]: ...

    async def finish(self, finishes: Sequence[Finish]) -> list[bool]: ...

    async def quarantine(self, quarantines: Sequence[Quarantine]) -> list[bool]: ...


DeliveryHandler = Callable[[Case], Awaitable[None]]
"""Does one claimed delivery: every way out gives it back, finishes it or puts it in quarantine."""


class NoticeSender(Protocol):
    """Carries the alarms owed (deliveries of kind NOTICE) to their targets."""

    async def send(self, delivery: Delivery) -> None:
        """One attempt, within a bound. Raises ProviderUnavailable, ProviderRefused (trying again is no use)."""


class Reloader(Protocol):
    """Puts a changed configuration into force."""

    async def reload(self, actor: str) -> str:
        """The digest of what is now in force. Raises ConfigError, and then the old one stays."""


class Measurements(Protocol):
    """What the shells measure beside the events. Quick, never raises; called on the event loop; all in seconds."""

    def intake_seconds(self, seconds: float) -> None:
        """From receiving a message to its being durable."""

    def intake_refused(self, channel: str, outcome: str) -> None:
        """A message that was not taken: `conflict`, `invalid`, `unavailable`; of a form that went back to its sender:
        `stale`, `questioned`; `flood`; of a program without the key: `unauthorized`."""

    def first_aid_helped(self, channel: str, category: str) -> None:
        """Somebody said that a category's first aid solved it: no ticket."""

    def commit_seconds(self, seconds: float) -> None:
        """One commit of the store, the wait for the writer included."""

    def probe_seconds(self, seconds: float) -> None:
        """One probe of a provider, whatever its outcome."""

    def loop_lag_seconds(self, seconds: float) -> None:
        """How late the event loop was."""

    def alarm(self, alarm: str, active: int, raised: bool) -> None:
        """`active` alarms of this type are on now; `raised` where one has just begun."""


class MailMeasurements(Protocol):
    """What a mail channel tells of itself. Quick, never raises."""

    def channel_succeeded(self, channel: str, at: Instant) -> None:
        """It took something in, or looked and there was nothing new."""

    def mail_read(self, channel: str, outcome: str) -> None:
        """One raw mail was read: `ticket`, `message`, `report`, `bounce`, `duplicate`, `quarantined`, or what MailNoted
        says."""

    def mail_sent(self, channel: str, outcome: str) -> None:
        """One try to send a mail: `sent`, `deferred`, `refused`, `unknown`."""

    def mailbox_counted(self, channel: str, folder: str, mails: int, missing: int) -> None:
        """So many mails are in the folder, and so many of them are not in the store."""


class PhoneMeasurements(Protocol):
    """What a channel of calls or text messages tells of itself beside the events. Quick, never raises."""

    def webhook_refused(self, channel: str, reason: str) -> None:
        """One that Twilio has not signed, or not for us: `unsigned`, `malformed`, `other_account`, `other_address`,
        `other_key`, `wrong`."""


class ConnectionMeasurements(Protocol):
    """What a listener tells of its connections, by its name in the configuration. Quick, never raises."""

    def connections(self, listener: str, open: int) -> None:  # noqa: A002 (what they are)
        """So many are open."""

    def connection_ended(self, listener: str, reason: str) -> None:
        """One was ended, or refused, by the listener: its client kept it waiting, or others needed the room."""

    def forwarded_unusable(self) -> None:
        """A trusted proxy's X-Forwarded-For could not be made out."""


class Provider(Protocol):
    """A help desk behind its adapter. No method raises anything but the errors named."""

    name: str

    async def create(self, case: Case, handoff: Handoff) -> Answer:
        """One attempt to hand over the ticket, within the provider's `timeout` in all. Never raises."""

    async def find(self, handoff: Handoff) -> Copy | None:
        """Look for our copy by its key. One that can't be asked may be known to have it all the same: None is never
        its answer. Raises ProviderUnavailable."""

    async def read(self, handoff: Handoff) -> Copy | None:
        """Read our copy back by the provider's reference. Raises ProviderUnavailable."""

    async def append(self, handoff: Handoff, message: Message) -> str | None:
        """Add a further message, once per message id. Where nothing more is to be tried though it may not have arrived,
        why; else None. Raises ProviderUnavailable, ProviderRefused."""

    async def withdraw(self, handoff: Handoff, reason: str) -> str | None:
        """Say that somebody else has it; a copy that is gone is success. What it returns is as with `append`. Raises
        ProviderUnavailable, ProviderRefused (somebody works on it there)."""

    async def probe(self, timeout: float) -> None:
        """Is it alive? Raises ProviderUnavailable; TimeoutError after `timeout` seconds."""

    async def close(self) -> None: ...


class Routing(Protocol):
    """What intake and the pages ask of routing."""

    def terms(self, channel: str, language: str | None, category: str | None, priority: Priority) -> Terms:
        """The matching policy's promise."""

    def serving(self, policy: str) -> str | None:
        """The provider that serves the policy now; None while every one is down."""

    def desks(self, channel: str, language: str | None, category: str | None, priority: Priority) -> Sequence[Desk]:
        """Whose phones may be dialled now for such a ticket, the best first: none that is down, or closed."""


class RoutingStatus(Protocol):
    """What operations see of routing."""

    def providers(self) -> list[ProviderStatus]: ...

    def policies(self) -> Mapping[str, str | None]:
        """Each policy's serving provider."""
