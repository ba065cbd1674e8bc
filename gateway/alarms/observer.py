"""The Observer that turns events into alarms: a log line, a metric, and a notice owed to each webhook.

A notice is a delivery like any other, so it survives a crash and is tried until it is taken.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import structlog

from gateway.alarms.notices import AlarmType, Change, Notice, Severity
from gateway.alarms.rules import Rules, item_of
from gateway.alarms.titles import titles
from gateway.core.clock import Clock, iso
from gateway.core.delivery import Delivery, Kind
from gateway.core.errors import StoreUnavailable
from gateway.core.events import Recorded
from gateway.core.ids import new_id
from gateway.core.ports import Announcer, Measurements, Reads, RoutingStatus
from gateway.core.ticket import Priority

_EVERY = 1.0
_GATHER = 0.05
_MOST_OVERDUE = 5000
_MOST_QUARANTINED = 5000

_log = structlog.get_logger("relevo.alarms")


class Alarms:
    """Watches events; `run` says what is to be said. `targets` are the webhooks that notices are owed to."""

    def __init__(
        self,
        store: Announcer,
        reads: Reads,
        status: RoutingStatus,
        measurements: Measurements,
        clock: Clock,
        *,
        ops_url: str,
        targets: Sequence[str] = (),
    ) -> None:
        self._store = store
        self._reads = reads
        self._status = status
        self._measurements = measurements
        self._clock = clock
        self._ops_url = ops_url.rstrip("/")
        self._rules = Rules()
        self._owed: list[Delivery] = []
        self._heard = asyncio.Event()
        self.configure(targets)

    def configure(self, targets: Sequence[str]) -> None:
        """The webhooks that alarms go to from now on."""
        self._targets = tuple(targets)

    def observe(self, events: Sequence[Recorded]) -> None:
        for recorded in events:
            self._rules.observe(recorded.event)
        self._heard.set()

    async def resume(self) -> None:
        """Find what is on at a start. Call it before anything else is observed."""
        now = self._clock.now()
        self._rules.resume(
            await self._reads.overdue(now, _MOST_OVERDUE),
            await self._reads.quarantined(_MOST_QUARANTINED),
            await self._reads.takeovers(open_only=True),
            now,
        )
        for alarm in AlarmType:
            self._measurements.alarm(alarm, self._rules.active(alarm), False)

    async def run(self) -> None:
        """Say what there is to say, for ever: soon after it is heard, since alarms come in bunches."""
        loop = asyncio.get_running_loop()
        tidied_at = loop.time()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_EVERY):
                    await self._heard.wait()
            self._heard.clear()
            await asyncio.sleep(_GATHER)
            await self.flush()
            if loop.time() - tidied_at >= _EVERY:
                tidied_at = loop.time()
                await self._tidy()

    async def _tidy(self) -> None:
        """Let go of what no event will clear: what isn't configured, late or in quarantine any longer."""
        providers = {provider.name for provider in self._status.providers()}
        self._rules.forget_others(providers, self._status.policies().keys(), self._clock.now())
        with suppress(StoreUnavailable):
            await self._tidy_overdue()
            await self._tidy_quarantine()

    async def _tidy_overdue(self) -> None:
        held = self._rules.overdue()
        if held:
            late = await self._reads.overdue(self._clock.now(), _MOST_OVERDUE)
            if len(late) < _MOST_OVERDUE:
                self._rules.not_overdue(held - {ticket.id for ticket in late}, self._clock.now())

    async def _tidy_quarantine(self) -> None:
        held = self._rules.quarantined()
        if held:
            found = await self._reads.quarantined(_MOST_QUARANTINED)
            if len(found) < _MOST_QUARANTINED:
                self._rules.not_quarantined(held - set(map(item_of, found)), self._clock.now())

    async def flush(self) -> None:
        """Say what there is to say now. What the store can't take is kept and owed with the next flush."""
        now = self._clock.now()
        for notice in self._rules.notices(now):
            self._measurements.alarm(notice.alarm, self._rules.active(notice.alarm), notice.change is Change.RAISED)
            content = self._content(notice)
            _write(notice, content)
            if notice.alarm is not AlarmType.NOTICE_UNDELIVERED:  # it would owe itself for ever
                self._owed.extend(_delivery(target, content, now) for target in self._targets)
        if not self._owed:
            return
        try:
            await self._store.announce([], self._owed)
        except StoreUnavailable as error:
            _log.warning("notices not yet owed", notices=len(self._owed), error=str(error))
        else:
            self._owed = []

    def _content(self, notice: Notice) -> dict[str, object]:
        """What is posted: ready for JSON, in both languages, without personal data."""
        return {
            "type": notice.change.value,
            "alarm": notice.alarm.value,
            "severity": notice.severity.value,
            "subject": notice.subject,
            "title": titles(notice),
            "details": dict(notice.details),
            "references": list(notice.references),
            "at": iso(notice.at),
            "links": {name: self._ops_url + path for name, path in _LINKS[notice.alarm].items()},
        }


_OVERDUE = {"overdue": "/api/v1/overdue"}
_PROVIDERS = {"providers": "/api/v1/providers"}
_TICKETS = {"tickets": "/api/v1/tickets"}
_METRICS = {"metrics": "/metrics"}
_QUARANTINE = {"quarantine": "/api/v1/quarantine"}
_LINKS: dict[AlarmType, dict[str, str]] = {
    AlarmType.TICKETS_OVERDUE: _OVERDUE,
    AlarmType.NO_PROVIDER_LEFT: _PROVIDERS | _OVERDUE,
    AlarmType.PROVIDER_DOWN: _PROVIDERS,
    AlarmType.PROVIDER_MISCONFIGURED: _PROVIDERS,
    AlarmType.TAKEOVER: {"takeovers": "/api/v1/takeovers"} | _PROVIDERS,
    AlarmType.LEDGER_UNBALANCED: _TICKETS,
    AlarmType.QUARANTINE: _QUARANTINE,
    AlarmType.NOTICE_UNDELIVERED: _QUARANTINE,
    AlarmType.ASSUMPTION_BROKEN: _METRICS,
    AlarmType.CONFIGURATION_REJECTED: {"policies": "/api/v1/policies"},
    AlarmType.REQUESTS_SPOOLED: {"readiness": "/readyz"} | _METRICS,
    AlarmType.CHANNEL_TROUBLED: _METRICS,
    AlarmType.MAIL_BOUNCED: _TICKETS,
    AlarmType.MAIL_SKIPPED: _METRICS,
}


def _write(notice: Notice, content: dict[str, object]) -> None:
    say = _log.error if notice.severity is Severity.CRITICAL and notice.change is not Change.CLEARED else _log.warning
    facts = {key: content[key] for key in ("alarm", "severity", "subject", "details", "references") if content[key]}
    say(notice.change.value, **facts)


def _delivery(target: str, content: dict[str, object], now: float) -> Delivery:
    return Delivery(
        new_id(), Kind.NOTICE, due_at=now, created_at=now, target=target, priority=Priority.URGENT, payload=content
    )
