"""From events to notices that are owed."""

import asyncio
import json

import orjson
import pytest
from pydantic import SecretStr, ValidationError
from structlog.testing import capture_logs

from gateway.alarms.notices import AlarmType
from gateway.alarms.observer import Alarms
from gateway.alarms.settings import WebhookAlarmSettings
from gateway.core import events
from gateway.core.delivery import Kind, Quarantined
from tests.support.clock import NOW, SetClock
from tests.support.ops import FakeLedger, FakeMeasurements, FakeReads, FakeStatus, make_ticket, recorded
from tests.support.virtual_time import run

NO_PROVIDER = events.NoProviderLeft(at=NOW, policy="default")


class Setting:
    """Alarms over fakes."""

    def __init__(self, *targets: str) -> None:
        self.store = FakeLedger()
        self.reads = FakeReads()
        self.measurements = FakeMeasurements()
        self.clock = SetClock()
        self.alarms = Alarms(
            self.store,
            self.reads,
            FakeStatus(),
            self.measurements,
            self.clock,
            ops_url="http://127.0.0.1:8081/",
            targets=targets,
        )


async def test_a_notice_is_owed_to_each_webhook() -> None:
    setting = Setting("webhook:a", "webhook:b")
    setting.alarms.observe(recorded([NO_PROVIDER]))
    await setting.alarms.flush()
    assert [delivery.target for delivery in setting.store.notices] == ["webhook:a", "webhook:b"]
    first, second = setting.store.notices
    assert first.id != second.id
    assert (first.kind, first.due_at, first.ticket_id) == (Kind.NOTICE, NOW, None)
    assert json.loads(orjson.dumps(first.payload)) == {
        "type": "alarm.raised",
        "alarm": "no_provider_left",
        "severity": "critical",
        "subject": "default",
        "title": {
            "es": "La política default no tiene ningún proveedor disponible",
            "en": "Policy default has no provider left",
        },
        "details": {"policy": "default"},
        "references": [],
        "at": "2026-01-01T00:00:00.000Z",
        "links": {
            "providers": "http://127.0.0.1:8081/api/v1/providers",
            "overdue": "http://127.0.0.1:8081/api/v1/overdue",
        },
    }


async def test_the_metric_follows_the_alarm() -> None:
    setting = Setting()
    setting.alarms.observe(recorded([NO_PROVIDER]))
    await setting.alarms.flush()
    assert setting.measurements.alarms == {"no_provider_left": 1}
    assert setting.measurements.raised == ["no_provider_left"]
    setting.alarms.observe(recorded([events.ProviderAvailableAgain(at=NOW, policy="default", provider="acme")]))
    await setting.alarms.flush()
    assert setting.measurements.alarms == {"no_provider_left": 0}
    assert setting.measurements.raised == ["no_provider_left"]


async def test_the_log_has_it() -> None:
    setting = Setting()
    setting.alarms.observe(recorded([NO_PROVIDER]))
    with capture_logs() as lines:
        await setting.alarms.flush()
    assert [line["event"] for line in lines] == ["alarm.raised"]


async def test_what_the_store_cannot_take_is_owed_later() -> None:
    setting = Setting("webhook:a")
    setting.store.away = True
    setting.alarms.observe(recorded([NO_PROVIDER]))
    await setting.alarms.flush()
    assert setting.store.notices == []
    setting.store.away = False
    await setting.alarms.flush()
    await setting.alarms.flush()
    assert [delivery.target for delivery in setting.store.notices] == ["webhook:a"]


async def test_a_notice_that_nobody_takes_is_not_announced_by_notices() -> None:
    setting = Setting("webhook:a")
    lost = events.DeliveryQuarantined(at=NOW, kind="notice", target="webhook:a", reason="410")
    setting.alarms.observe(recorded([lost]))
    await setting.alarms.flush()
    assert setting.store.notices == []
    assert setting.measurements.alarms == {"notice_undelivered": 1}


async def test_a_start_shows_every_alarm_and_raises_what_is_on() -> None:
    setting = Setting("webhook:a")
    setting.clock.at = NOW + 60
    ticket = make_ticket(1)
    setting.reads.all_tickets = [ticket]
    await setting.alarms.resume()
    assert set(setting.measurements.alarms) == set(AlarmType)
    await setting.alarms.flush()
    (notice,) = setting.store.notices
    assert notice.payload["references"] == [ticket.reference]


def test_run_says_what_it_hears_in_bunches_and_what_is_over_by_a_reload() -> None:
    setting = Setting("webhook:a")

    async def heard() -> None:
        running = asyncio.create_task(setting.alarms.run())
        await asyncio.sleep(10.2)
        setting.alarms.observe(recorded([NO_PROVIDER]))
        setting.alarms.observe(recorded([events.NoProviderLeft(at=NOW, policy="old")]))
        await asyncio.sleep(0.1)
        assert [notice.payload["subject"] for notice in setting.store.notices] == ["default", "old"]
        await asyncio.sleep(3)
        running.cancel()
        await asyncio.wait([running])

    run(heard())
    last = setting.store.notices[-1].payload
    assert (len(setting.store.notices), last["type"], last["subject"]) == (3, "alarm.cleared", "old")


def test_a_ticket_that_ceased_to_be_overdue_without_an_event_is_let_go() -> None:
    setting = Setting("webhook:a")
    late, still = make_ticket(1), make_ticket(2)
    setting.reads.all_tickets = [late, still]
    setting.clock.at = NOW + 60

    async def adopted() -> None:
        await setting.alarms.resume()
        running = asyncio.create_task(setting.alarms.run())
        await asyncio.sleep(3)
        setting.reads.all_tickets = [still]
        await asyncio.sleep(3)
        assert len(setting.store.notices) == 1
        setting.reads.all_tickets = []
        await asyncio.sleep(3)
        running.cancel()
        await asyncio.wait([running])

    run(adopted())
    assert [notice.payload["type"] for notice in setting.store.notices] == ["alarm.raised", "alarm.cleared"]


def test_a_mail_that_left_quarantine_is_no_alarm_any_more() -> None:
    setting = Setting("webhook:a")
    mails = [Quarantined(each, Kind.MAIL, None, None, "mail", "unreadable", 1, NOW) for each in ("q1", "q2")]
    setting.reads.items = list(mails)

    async def settled() -> None:
        await setting.alarms.resume()
        running = asyncio.create_task(setting.alarms.run())
        await asyncio.sleep(3)
        setting.reads.items = mails[1:]
        setting.alarms.observe(recorded([events.DeliveryReleased(at=NOW, kind="mail")]))
        await asyncio.sleep(3)
        assert len(setting.store.notices) == 1
        setting.reads.items = []
        await asyncio.sleep(3)
        running.cancel()
        await asyncio.wait([running])

    run(settled())
    assert [notice.payload["type"] for notice in setting.store.notices] == ["alarm.raised", "alarm.cleared"]


def test_settings_name_a_stable_target_and_hide_the_secret() -> None:
    settings = WebhookAlarmSettings(url="https://example.org/hook", secret=SecretStr("canary-2f9c71d04be8"))
    assert (
        settings.target
        == WebhookAlarmSettings(url="https://example.org/hook", secret=SecretStr("another-2f9c71d04be8")).target
    )
    assert (
        settings.target
        != WebhookAlarmSettings(url="https://example.org/2", secret=SecretStr("canary-2f9c71d04be8")).target
    )
    assert "canary" not in repr(settings) + settings.target


@pytest.mark.parametrize("url", ["ftp://example.org/", "example.org", "https://", "https:///x", "http://a b/"])
def test_settings_refuse_what_is_no_url(url: str) -> None:
    with pytest.raises(ValidationError):
        WebhookAlarmSettings(url=url, secret=SecretStr("another-2f9c71d04be8"))
