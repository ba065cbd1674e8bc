"""The metrics: their names and labels, and what each event does to them."""

import asyncio
import math
import os
import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from gateway.core import events
from gateway.core.blob import Sweep
from gateway.core.handoff import HandoffState
from gateway.core.provider import HealthState
from gateway.core.spool_state import SpoolState
from gateway.metrics import Metrics, keep_fresh
from gateway.metrics.histogram import LoopHistogram
from tests.support.clock import NOW, SetClock
from tests.support.ops import FakeReads, FakeStatus, recorded

GOLDEN = {
    "relevo_intake_messages_total": ("channel", "outcome"),
    "relevo_intake_seconds": (),
    "relevo_tickets_waiting": (),
    "relevo_oldest_waiting_seconds": (),
    "relevo_handoff_seconds": ("provider",),
    "relevo_handoff_attempts_total": ("provider", "outcome"),
    "relevo_handoffs_unknown": (),
    "relevo_doubles_open": (),
    "relevo_provider_state": ("provider", "state"),
    "relevo_probe_seconds": (),
    "relevo_takeovers_total": (),
    "relevo_takeover_seconds": (),
    "relevo_takeover_bound_seconds": ("policy",),
    "relevo_contract_breaches_total": ("policy",),
    "relevo_deliveries_waiting": ("kind",),
    "relevo_quarantine_items": (),
    "relevo_duplicates_total": (),
    "relevo_ledger_unbalanced": (),
    "relevo_texts_total": ("channel", "outcome"),
    "relevo_channel_last_success_timestamp_seconds": ("channel",),
    "relevo_loop_lag_seconds": (),
    "relevo_commit_seconds": (),
    "relevo_alarms_total": ("alarm",),
    "relevo_alarm_active": ("alarm",),
    "relevo_blobs_stored": (),
    "relevo_blobs_stored_bytes": (),
    "relevo_connections_open": ("listener",),
    "relevo_connections_ended_total": ("listener", "reason"),
    "relevo_forwarded_unusable_total": (),
    "relevo_first_aid_helped_total": ("channel", "category"),
    "relevo_spooled": (),
    "relevo_spooled_oldest_seconds": (),
    "relevo_spooled_aside": (),
    "relevo_disk_free_bytes": ("under",),
    "relevo_mails_total": ("channel", "outcome"),
    "relevo_mails_sent_total": ("channel", "outcome"),
    "relevo_webhooks_refused_total": ("channel", "reason"),
    "relevo_calls_total": ("channel", "outcome"),
    "relevo_call_failovers_total": ("channel",),
    "relevo_callbacks_total": ("channel", "outcome"),
    "relevo_callbacks_refused_total": ("channel", "reason"),
    "relevo_callback_waiting_seconds": ("channel",),
    "relevo_call_waiting_seconds": ("channel", "outcome"),
    "relevo_mailbox_messages": ("channel", "folder"),
    "relevo_mailbox_missing": ("channel", "folder"),
}
"""design.md section 7, and those of the alarms, the blobs, the listeners, first aid, the spool, the disk and mail."""


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"relevo_{name}", labels)


def handed_off(state: HandoffState, *, first: bool = False, seconds: float = 0.2) -> events.HandoffChanged:
    return events.HandoffChanged(
        at=NOW,
        ticket_id="t",
        handoff_id="h",
        provider="acme",
        state=state,
        provider_reference=None,
        reason=None,
        seconds=seconds,
        attempt_seconds=0.1,
        first=first,
    )


def received() -> events.TicketReceived:
    return events.TicketReceived(
        at=NOW, ticket_id="t", channel="web", policy="default", language="es", category=None, priority="normal"
    )


def call_ended(outcome: str = "answered", *, waiting: float = 21.0, failovers: int = 1) -> events.CallEnded:
    return events.CallEnded(
        at=NOW,
        channel="phone",
        call="CA1",
        outcome=outcome,
        provider="norte" if outcome == "answered" else None,
        waiting=waiting,
        ringing=waiting - 2,
        talking=90.0,
        failovers=failovers,
        abandoned=outcome == "abandoned",
        told_of_recording=False,
        left_in=None,
    )


def called_back(outcome: str = "reached", refusal: str | None = None) -> events.CallbackEnded:
    return events.CallbackEnded(
        at=NOW, channel="phone", call="CB1", outcome=outcome, refusal=refusal, provider=None, tries=1, talking=0.0
    )


def everything(metrics: Metrics) -> None:
    """Touch every metric, so that each has a sample."""
    metrics.observe(
        recorded(
            [
                received(),
                events.MessageReceived(at=NOW, channel="web", message_id="m"),
                events.DuplicateReceived(at=NOW, channel="web"),
                handed_off(HandoffState.ACCEPTED, first=True),
                events.TicketOverdue(at=NOW, policy="default", reason="all down"),
                events.ProviderStateChanged(at=NOW, provider="acme", old="up", new="down", reason="refused"),
                events.TakeoverStarted(
                    at=NOW, takeover_id="1", policy="default", from_provider="acme", to_provider="norte", seconds=2.0
                ),
                events.LedgerUnbalanced(at=NOW, tickets=3),
                call_ended(),
                events.CallbackAnswered(at=NOW, channel="phone", call="CB1", provider="acme", waited=70.0),
                called_back("refused", "spend"),
                events.TextSent(at=NOW, channel="texts", message_id="m"),
            ]
        )
    )
    metrics.set_bounds({"default": 2.8})
    metrics.swept(Sweep(removed=1, kept=2, bytes_kept=3))
    metrics.watch_disk("store", Path())
    metrics.set_counts({"tickets_waiting": 4, "deliveries_waiting.ticket": 4})
    metrics.alarm("takeover", 1, True)
    metrics.intake_seconds(0.01)
    metrics.probe_seconds(0.01)
    metrics.loop_lag_seconds(0.01)
    metrics.commit_seconds(0.01)
    metrics.connections("public", 3)
    metrics.connection_ended("public", "slow_head")
    metrics.first_aid_helped("web", "printer")
    metrics.mail_read("mail", "ticket")
    metrics.mail_sent("mail", "sent")
    metrics.webhook_refused("phone", "unsigned")
    metrics.mailbox_counted("mail", "INBOX", 12, 2)


def test_names_and_labels_are_those_of_the_design(metrics: Metrics) -> None:
    everything(metrics)
    found: dict[str, tuple[str, ...]] = {}
    for family in metrics.registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {tuple(label for label in sample.labels if label != "le") for sample in family.samples}
        assert len(labels) == 1, f"{name} has samples with different labels"
        (found[name],) = labels
    assert found == GOLDEN


def test_what_prometheus_reads_is_well_formed(metrics: Metrics) -> None:
    everything(metrics)
    families = {family.name for family in text_string_to_metric_families(generate_latest(metrics.registry).decode())}
    assert {name.removesuffix("_total") for name in GOLDEN} <= families


def test_calls_back_by_what_came_of_them_and_why_they_were_not_made(metrics: Metrics) -> None:
    answered = events.CallbackAnswered(at=NOW, channel="phone", call="CB1", provider="acme", waited=70.0)
    metrics.observe(
        recorded([answered, called_back(), called_back("refused", "spend"), called_back("refused", "busy")])
    )
    assert value(metrics, "callbacks_total", channel="phone", outcome="reached") == 1
    assert value(metrics, "callbacks_total", channel="phone", outcome="refused") == 2
    assert value(metrics, "callbacks_refused_total", channel="phone", reason="spend") == 1
    assert value(metrics, "callback_waiting_seconds_sum", channel="phone") == 70


def test_what_a_sweep_left(metrics: Metrics) -> None:
    metrics.swept(Sweep(removed=1, kept=2, bytes_kept=3))
    assert (value(metrics, "blobs_stored"), value(metrics, "blobs_stored_bytes")) == (2, 3)


def test_intake_by_outcome(metrics: Metrics) -> None:
    everything(metrics)
    metrics.intake_refused("web", "invalid")
    for outcome in ("new", "continued", "duplicate", "invalid"):
        assert value(metrics, "intake_messages_total", channel="web", outcome=outcome) == 1
    assert value(metrics, "duplicates_total") == 1
    assert value(metrics, "channel_last_success_timestamp_seconds", channel="web") == NOW


def test_a_refused_message_is_no_success_of_the_channel(metrics: Metrics) -> None:
    metrics.intake_refused("web", "unavailable")
    assert value(metrics, "channel_last_success_timestamp_seconds", channel="web") is None


def test_a_mailbox_that_was_looked_into_is_a_success_though_nothing_was_new(metrics: Metrics) -> None:
    metrics.channel_succeeded("mail", NOW + 45)
    assert value(metrics, "channel_last_success_timestamp_seconds", channel="mail") == NOW + 45


def test_mails_by_what_became_of_them(metrics: Metrics) -> None:
    for outcome in ("ticket", "quarantined", "ticket"):
        metrics.mail_read("mail", outcome)
    metrics.mail_sent("mail", "deferred")
    assert value(metrics, "mails_total", channel="mail", outcome="ticket") == 2
    assert value(metrics, "mails_total", channel="mail", outcome="quarantined") == 1
    assert value(metrics, "mails_sent_total", channel="mail", outcome="deferred") == 1


def test_a_mailbox_is_compared_with_the_store(metrics: Metrics) -> None:
    metrics.mailbox_counted("mail", "INBOX", 12, 2)
    metrics.mailbox_counted("mail", "INBOX", 13, 0)
    assert value(metrics, "mailbox_messages", channel="mail", folder="INBOX") == 13
    assert value(metrics, "mailbox_missing", channel="mail", folder="INBOX") == 0


def test_handoff_seconds_are_of_the_first_provider_only(metrics: Metrics) -> None:
    metrics.observe(
        recorded([handed_off(HandoffState.ACCEPTED, first=True), handed_off(HandoffState.ACCEPTED, seconds=7200)])
    )
    assert value(metrics, "handoff_seconds_count", provider="acme") == 1
    assert value(metrics, "handoff_seconds_bucket", provider="acme", le="0.25") == 1
    assert value(metrics, "handoff_attempts_total", provider="acme", outcome="accepted") == 2


def test_a_histogram_of_the_loop_shows_what_the_librarys_own_does() -> None:
    own, librarys = CollectorRegistry(), CollectorRegistry()
    histogram = LoopHistogram("relevo_x_seconds", "X.", (0.1, 2.5), own)
    model = Histogram("relevo_x_seconds", "X.", buckets=(0.1, 2.5), registry=librarys)
    for seconds in (0.0, 0.1, 0.11, 2.5, 60.0):
        histogram.observe(seconds)
        model.observe(seconds)
    created = re.compile(rb"(_created) \S+")
    assert created.sub(rb"\1", generate_latest(own)) == created.sub(rb"\1", generate_latest(librarys))


def test_what_is_no_outcome_of_an_attempt_is_not_counted_as_one(metrics: Metrics) -> None:
    metrics.observe(recorded([handed_off(HandoffState.PICKED_UP), handed_off(HandoffState.WITHDRAWN)]))
    assert value(metrics, "handoff_attempts_total", provider="acme", outcome="picked_up") is None


def test_a_provider_is_in_one_state(metrics: Metrics) -> None:
    everything(metrics)
    states = {state: value(metrics, "provider_state", provider="acme", state=state) for state in HealthState}
    assert [state for state, is_on in states.items() if is_on] == [HealthState.DOWN]
    assert len(states) == len(HealthState)


def test_a_provider_that_left_the_configuration_leaves_the_page(metrics: Metrics) -> None:
    metrics.set_states({"acme": HealthState.UP, "norte": HealthState.UP})
    metrics.set_states({"norte": HealthState.UP})
    assert value(metrics, "provider_state", provider="acme", state="up") is None
    assert value(metrics, "provider_state", provider="norte", state="up") == 1


def test_the_ledger_is_balanced_again(metrics: Metrics) -> None:
    everything(metrics)
    assert value(metrics, "ledger_unbalanced") == 3
    metrics.observe(recorded([events.LedgerBalanced(at=NOW)]))
    assert value(metrics, "ledger_unbalanced") == 0


def test_label_values_are_bounded(metrics: Metrics) -> None:
    for number in range(600):
        metrics.intake_refused(f"channel-{number}", "invalid")
    children = {sample.labels["channel"] for family in metrics.registry.collect() for sample in family.samples
                if sample.name == "relevo_intake_messages_total"}  # fmt: skip
    assert len(children) == 501
    assert value(metrics, "intake_messages_total", channel="other", outcome="other") == 100


def test_the_worst_commit_is_told_once(metrics: Metrics) -> None:
    metrics.commit_seconds(0.3)
    metrics.commit_seconds(0.1)
    assert metrics.worst_commit() == 0.3
    assert metrics.worst_commit() == 0


def test_each_has_a_registry_of_its_own() -> None:
    assert isinstance(Metrics().registry, CollectorRegistry)
    assert Metrics().registry is not Metrics().registry


async def test_gauges_are_kept_fresh_and_survive_a_store_that_is_away(metrics: Metrics) -> None:
    reads = FakeReads(gauges={"tickets_waiting": 7, "deliveries_waiting.notice": 2})
    status = FakeStatus()
    refresher = asyncio.create_task(keep_fresh(metrics, reads, status, SetClock()))
    await asyncio.sleep(0)
    assert value(metrics, "tickets_waiting") == 7
    assert value(metrics, "deliveries_waiting", kind="notice") == 2
    assert value(metrics, "provider_state", provider="norte", state="up") == 1
    refresher.cancel()

    reads.away = True
    refresher = asyncio.create_task(keep_fresh(metrics, reads, status, SetClock()))
    await asyncio.sleep(0)
    assert not refresher.done()
    assert value(metrics, "tickets_waiting") == 7
    refresher.cancel()


def test_the_spool_is_looked_at_whenever_somebody_asks(metrics: Metrics) -> None:
    clock, state = SetClock(), SpoolState(0, None, 0)
    metrics.watch_spool(lambda: state, clock)
    assert (value(metrics, "spooled"), value(metrics, "spooled_oldest_seconds")) == (0, 0)
    state = SpoolState(3, clock.now() - 60, 1)
    assert (value(metrics, "spooled"), value(metrics, "spooled_oldest_seconds")) == (3, 60)
    assert value(metrics, "spooled_aside") == 1


def test_the_room_on_the_disk_is_looked_at_whenever_somebody_asks(metrics: Metrics, tmp_path: Path) -> None:
    disk = os.statvfs(tmp_path)
    metrics.watch_disk("store", tmp_path)
    assert value(metrics, "disk_free_bytes", under="store") == pytest.approx(disk.f_bavail * disk.f_frsize, rel=0.1)
    metrics.watch_disk("spool", tmp_path / "away")
    assert math.isnan(value(metrics, "disk_free_bytes", under="spool") or 0)


def test_texts_are_counted_by_what_becomes_of_them(metrics: Metrics) -> None:
    metrics.observe(
        recorded(
            [
                events.TextSent(at=NOW, channel="texts", message_id="m"),
                events.TextSent(at=NOW, channel="texts", message_id="n"),
                events.TextDelivered(at=NOW, channel="texts", message_id="m"),
                events.TextFailed(at=NOW, channel="texts", message_id="n", code=30003),
                events.TextsStopped(at=NOW, channel="texts"),
                events.TextsWanted(at=NOW, channel="texts"),
            ]
        )
    )
    outcomes = ("sent", "delivered", "failed", "stopped", "wanted")
    counted = [value(metrics, "texts_total", channel="texts", outcome=each) for each in outcomes]
    assert counted == [2, 1, 1, 1, None]


def test_calls_are_counted_by_what_came_of_them(metrics: Metrics) -> None:
    metrics.observe(recorded([call_ended(), call_ended("abandoned", waiting=8.0, failovers=0), call_ended()]))
    assert value(metrics, "calls_total", channel="phone", outcome="answered") == 2
    assert value(metrics, "calls_total", channel="phone", outcome="abandoned") == 1
    assert value(metrics, "call_failovers_total", channel="phone") == 2
    assert value(metrics, "call_waiting_seconds_sum", channel="phone", outcome="answered") == 42
    assert value(metrics, "call_waiting_seconds_sum", channel="phone", outcome="abandoned") == 8
