"""The metrics of calls, of calls back and of text messages, counted from their events."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from gateway.core.events import (
    CallbackAnswered,
    CallbackEnded,
    CallEnded,
    Event,
    TextDelivered,
    TextFailed,
    TextSent,
    TextsStopped,
)
from gateway.metrics.labelled import Labelled

_WAITING_BUCKETS = (5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0)
_CALLBACK_BUCKETS = (30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0)


class PhoneMetrics:
    """Over the registry of all the others."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._count(registry)
        self._time(registry)

    def _count(self, registry: CollectorRegistry) -> None:
        def counter(name: str, says: str, *labels: str) -> Labelled[Counter]:
            return Labelled(Counter(f"relevo_{name}", says, labels, registry=registry))

        self._refused = counter(
            "webhooks_refused", "Webhooks that Twilio has not signed, or not for us.", "channel", "reason"
        )
        self._calls = counter("calls", "Phone calls that are over, by what came of them.", "channel", "outcome")
        self._failovers = counter("call_failovers", "Desks dialled after the first while the caller waited.", "channel")
        self._callbacks = counter("callbacks", "Calls back that are over, by what came of them.", "channel", "outcome")
        self._callbacks_refused = counter(
            "callbacks_refused", "Calls back that were not made, by the reason.", "channel", "reason"
        )
        self._texts = counter(
            "texts",
            "Texts to requesters that were sent, delivered or not; and who wants no more (stopped).",
            "channel",
            "outcome",
        )

    def _time(self, registry: CollectorRegistry) -> None:
        self._waiting = Labelled(
            Histogram(
                "relevo_call_waiting_seconds",
                "How long callers waited: until an agent was there, nobody was left to dial, or they hung up.",
                ("channel", "outcome"),
                buckets=_WAITING_BUCKETS,
                registry=registry,
            )
        )
        self._callback_waiting = Labelled(
            Histogram(
                "relevo_callback_waiting_seconds",
                "From asking for a call back until the requester and an agent were joined.",
                ("channel",),
                buckets=_CALLBACK_BUCKETS,
                registry=registry,
            )
        )

    def webhook_refused(self, channel: str, reason: str) -> None:
        self._refused.of(channel, reason).inc()

    def observe(self, event: Event) -> None:
        """Counts what it is about."""
        match event:
            case CallEnded():
                self._call_ended(event)
            case CallbackAnswered(channel=channel, waited=waited):
                self._callback_waiting.of(channel).observe(waited)
            case CallbackEnded():
                self._callback_ended(event)
            case TextSent(channel=channel):
                self._texts.of(channel, "sent").inc()
            case TextDelivered(channel=channel):
                self._texts.of(channel, "delivered").inc()
            case TextFailed(channel=channel):
                self._texts.of(channel, "failed").inc()
            case TextsStopped(channel=channel):
                self._texts.of(channel, "stopped").inc()

    def _call_ended(self, event: CallEnded) -> None:
        self._calls.of(event.channel, event.outcome).inc()
        self._failovers.of(event.channel).inc(event.failovers)
        self._waiting.of(event.channel, event.outcome).observe(event.waiting)

    def _callback_ended(self, event: CallbackEnded) -> None:
        self._callbacks.of(event.channel, event.outcome).inc()
        if event.refusal is not None:
            self._callbacks_refused.of(event.channel, event.refusal).inc()
