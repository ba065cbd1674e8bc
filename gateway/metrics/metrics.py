"""Every metric there is, what of the events each counts, and what the shells tell beside them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from gateway.core.blob import Sweep
from gateway.core.clock import Clock, Instant
from gateway.core.delivery import Kind
from gateway.core.disk import free_bytes
from gateway.core.errors import RelevoError
from gateway.core.events import (
    DuplicateReceived,
    Event,
    HandoffChanged,
    LedgerBalanced,
    LedgerUnbalanced,
    MessageReceived,
    ProviderStateChanged,
    Recorded,
    TakeoverStarted,
    TicketOverdue,
    TicketReceived,
)
from gateway.core.handoff import HandoffState
from gateway.core.ports import Reads, RoutingStatus
from gateway.core.provider import HealthState
from gateway.core.spool_state import SpoolState
from gateway.metrics.histogram import LoopHistogram
from gateway.metrics.labelled import Labelled, set_exactly
from gateway.metrics.phone import PhoneMetrics

_HANDOFF_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 30.0)
_SHORT_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_TAKEOVER_BUCKETS = (0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0, 15.0, 30.0, 60.0)

_OUTCOMES = frozenset({HandoffState.ACCEPTED, HandoffState.REFUSED, HandoffState.UNAVAILABLE, HandoffState.UNKNOWN})
_REFRESH_EVERY = 1.0

_log = structlog.get_logger("relevo.metrics")


class Metrics:
    """The Observer that counts events, and what the shells measure, over a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._worst_commit = 0.0
        self._counters()
        self._gauges()
        self._histograms()
        self._phone = PhoneMetrics(self.registry)

    def _counters(self) -> None:
        def counter(name: str, says: str, *labels: str) -> Counter:
            return Counter(f"relevo_{name}", says, labels, registry=self.registry)

        self._intakes = Labelled(
            counter("intake_messages", "Messages that came in, by what became of them.", "channel", "outcome")
        )
        self._attempts = Labelled(
            counter(
                "handoff_attempts",
                "Outcomes of hand-off attempts; an unknown one counts again as what it turns out to be.",
                "provider",
                "outcome",
            )
        )
        self._takeovers = counter("takeovers", "Times that the service of a policy moved from a failed provider.")
        self._breaches = Labelled(
            counter("contract_breaches", "Tickets that no operative provider had within the contracted time.", "policy")
        )
        self._duplicates = counter("duplicates", "Messages that came again and were answered as the first time.")
        self._first_aid = Labelled(
            counter("first_aid_helped", "Times that first aid solved it, without a ticket.", "channel", "category")
        )
        self._alarms = Labelled(counter("alarms", "Alarms raised.", "alarm"))
        self._mails_read = Labelled(counter("mails", "Raw mails read, by what became of them.", "channel", "outcome"))
        self._mails_sent = Labelled(
            counter("mails_sent", "Tries to send a mail, by their outcome.", "channel", "outcome")
        )
        self._connections_ended = Labelled(
            counter("connections_ended", "Connections that the listener ended or refused.", "listener", "reason")
        )
        self._forwarded_unusable = counter(
            "forwarded_unusable", "Requests whose X-Forwarded-For a trusted proxy wrote and nobody can make out."
        )

    def _gauges(self) -> None:
        def gauge(name: str, says: str, *labels: str) -> Gauge:
            return Gauge(f"relevo_{name}", says, labels, registry=self.registry)

        self._counted = {
            "tickets_waiting": gauge("tickets_waiting", "Tickets that no operative provider is known to have."),
            "oldest_waiting_seconds": gauge("oldest_waiting_seconds", "Age of the oldest waiting ticket."),
            "handoffs_unknown": gauge("handoffs_unknown", "Hand-offs whose outcome is unknown."),
            "doubles_open": gauge("doubles_open", "Surplus copies known and not yet withdrawn."),
            "quarantine_items": gauge("quarantine_items", "Items that a person has to look at."),
        }
        self._deliveries = Labelled(gauge("deliveries_waiting", "What is owed and not yet done.", "kind"))
        self._states = Labelled(
            gauge("provider_state", "1 for the state that the provider is in.", "provider", "state")
        )
        self._bounds = Labelled(
            gauge("takeover_bound_seconds", "The bound of one ticket's takeover, as computed beforehand.", "policy")
        )
        self._unbalanced = gauge("ledger_unbalanced", "Tickets that the auditor found astray.")
        self._last_success = Labelled(
            gauge(
                "channel_last_success_timestamp_seconds",
                "When the channel last brought a message that is on disk, or looked and found nothing new.",
                "channel",
            )
        )
        self._mailbox_messages = Labelled(
            gauge("mailbox_messages", "Mails in the mailbox, as last counted.", "channel", "folder")
        )
        self._mailbox_missing = Labelled(
            gauge("mailbox_missing", "How many of them are not in the store.", "channel", "folder")
        )
        self._connections = Labelled(gauge("connections_open", "Connections that are open.", "listener"))
        self._blobs = gauge("blobs_stored", "Contents of attachments, as of the last removal of orphans.")
        self._blobs_bytes = gauge("blobs_stored_bytes", "Their bytes.")
        self._spooled = gauge("spooled", "Requests on this machine that have not reached the store.")
        self._spooled_oldest = gauge("spooled_oldest_seconds", "Age of the oldest of them.")
        self._spooled_aside = gauge(
            "spooled_aside", "Spooled requests that the store can't take: a person has to look."
        )
        self._disk_free = Labelled(
            gauge("disk_free_bytes", "What is left of the disk under the store or the spool.", "under")
        )
        self._active = Labelled(gauge("alarm_active", "Alarms of this type that are on now.", "alarm"))

    def _histograms(self) -> None:
        def histogram(name: str, says: str, bounds: Sequence[float]) -> LoopHistogram:
            return LoopHistogram(f"relevo_{name}", says, bounds, self.registry)

        self._intake = histogram("intake_seconds", "From receiving a message to its being durable.", _SHORT_BUCKETS)
        self._handoff = Labelled(
            Histogram(
                "relevo_handoff_seconds",
                "From our durable acceptance to a provider's, for the first that had the ticket.",
                ["provider"],
                buckets=_HANDOFF_BUCKETS,
                registry=self.registry,
            )
        )
        self._probe = histogram("probe_seconds", "One probe of a provider, whatever its outcome.", _SHORT_BUCKETS)
        self._takeover = histogram(
            "takeover_seconds", "From the start of the last good probe to the switch.", _TAKEOVER_BUCKETS
        )
        self._loop_lag = histogram("loop_lag_seconds", "How late the event loop was.", _SHORT_BUCKETS)
        self._commit = histogram("commit_seconds", "One commit of the store, waiting included.", _SHORT_BUCKETS)

    def observe(self, events: Sequence[Recorded]) -> None:
        opened: dict[str, list[Event]] = {}
        for recorded in events:
            event = recorded.event
            if isinstance(event, TicketReceived):  # hundreds may share a commit: each channel's are counted at once
                opened.setdefault(event.channel, []).append(event)
            else:
                self._count(event)
        for channel, received in opened.items():
            self._received(channel, "new", received[-1], len(received))

    def _count(self, event: Event) -> None:
        match event:
            case MessageReceived(channel=channel):
                self._received(channel, "continued", event)
            case DuplicateReceived(channel=channel):
                self._received(channel, "duplicate", event)
                self._duplicates.inc()
            case HandoffChanged():
                self._handed_off(event)
            case TicketOverdue(policy=policy):
                self._breaches.of(policy).inc()
            case ProviderStateChanged(provider=provider, new=new):
                self._show_state(provider, new)
            case TakeoverStarted(seconds=seconds):
                self._takeovers.inc()
                self._takeover.observe(seconds)
            case LedgerUnbalanced(tickets=tickets):
                self._unbalanced.set(tickets)
            case LedgerBalanced():
                self._unbalanced.set(0)
            case _:
                self._phone.observe(event)

    def _received(self, channel: str, outcome: str, event: Event, times: int = 1) -> None:
        self._intakes.of(channel, outcome).inc(times)
        self._last_success.of(channel).set(event.at)

    def _handed_off(self, event: HandoffChanged) -> None:
        if event.state in _OUTCOMES:
            self._attempts.of(event.provider, event.state.value).inc()
        if event.first:
            self._handoff.of(event.provider).observe(event.seconds)

    def _show_state(self, provider: str, state: str) -> None:
        for each in HealthState:
            self._states.of(provider, each.value).set(each == state)

    def intake_seconds(self, seconds: float) -> None:
        self._intake.observe(seconds)

    def intake_refused(self, channel: str, outcome: str) -> None:
        self._intakes.of(channel, outcome).inc()

    def first_aid_helped(self, channel: str, category: str) -> None:
        self._first_aid.of(channel, category).inc()

    def commit_seconds(self, seconds: float) -> None:
        self._commit.observe(seconds)
        self._worst_commit = max(self._worst_commit, seconds)

    def worst_commit(self) -> float:
        """Seconds of the slowest commit since this was last asked."""
        worst, self._worst_commit = self._worst_commit, 0.0
        return worst

    def probe_seconds(self, seconds: float) -> None:
        self._probe.observe(seconds)

    def loop_lag_seconds(self, seconds: float) -> None:
        self._loop_lag.observe(seconds)

    def alarm(self, alarm: str, active: int, raised: bool) -> None:
        self._active.of(alarm).set(active)
        if raised:
            self._alarms.of(alarm).inc()

    def channel_succeeded(self, channel: str, at: Instant) -> None:
        self._last_success.of(channel).set(at)

    def mail_read(self, channel: str, outcome: str) -> None:
        self._mails_read.of(channel, outcome).inc()

    def mail_sent(self, channel: str, outcome: str) -> None:
        self._mails_sent.of(channel, outcome).inc()

    def webhook_refused(self, channel: str, reason: str) -> None:
        self._phone.webhook_refused(channel, reason)

    def mailbox_counted(self, channel: str, folder: str, mails: int, missing: int) -> None:
        self._mailbox_messages.of(channel, folder).set(mails)
        self._mailbox_missing.of(channel, folder).set(missing)

    def connections(self, listener: str, open: int) -> None:  # noqa: A002 (the port's word)
        self._connections.of(listener).set(open)

    def connection_ended(self, listener: str, reason: str) -> None:
        self._connections_ended.of(listener, reason).inc()

    def forwarded_unusable(self) -> None:
        self._forwarded_unusable.inc()

    def set_bounds(self, bounds: Mapping[str, float]) -> None:
        """The bound of one ticket's takeover, in seconds, of every policy in force."""
        set_exactly(self._bounds, {(policy,): seconds for policy, seconds in bounds.items()})

    def swept(self, sweep: Sweep) -> None:
        """What the last removal of orphans left."""
        self._blobs.set(sweep.kept)
        self._blobs_bytes.set(sweep.bytes_kept)

    def watch_spool(self, state: Callable[[], SpoolState], clock: Clock) -> None:
        """Show from now on what is in the spool whenever somebody looks: while the store is away above all."""

        def oldest() -> float:
            since = state().oldest_at
            return 0.0 if since is None else clock.now() - since

        self._spooled.set_function(lambda: state().requests)
        self._spooled_oldest.set_function(oldest)
        self._spooled_aside.set_function(lambda: state().set_aside)

    def watch_disk(self, under: str, folder: Path) -> None:
        """Show from now on how much room there is where `under` lies; nothing where that can't be told."""
        self._disk_free.of(under).set_function(lambda: free_bytes(folder))

    def set_counts(self, counts: Mapping[str, float]) -> None:
        """What Reads.counts says."""
        for name, gauge in self._counted.items():
            gauge.set(counts.get(name, 0))
        for kind in Kind:
            self._deliveries.of(kind.value).set(counts.get(f"deliveries_waiting.{kind.value}", 0))

    def set_states(self, states: Mapping[str, HealthState]) -> None:
        """The health of every configured provider."""
        set_exactly(
            self._states,
            {(name, each.value): each is state for name, state in states.items() for each in HealthState},
        )


async def keep_fresh(metrics: Metrics, reads: Reads, status: RoutingStatus, clock: Clock) -> None:
    """Refresh the gauges every second, for ever. A store that can't be read leaves them as they were."""
    while True:
        metrics.set_states({provider.name: provider.state for provider in status.providers()})
        try:
            metrics.set_counts(await reads.counts(clock.now()))
        except RelevoError as error:
            _log.warning("gauges not refreshed", error=str(error))
        await asyncio.sleep(_REFRESH_EVERY)
