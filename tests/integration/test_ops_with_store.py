"""Operations over the real store: an overdue ticket is seen, alarmed, counted and shown, until it has a place."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from gateway.alarms.observer import Alarms
from gateway.auditor import Auditor
from gateway.core.delivery import Begin, ClaimRequest, HandoffFact, Kind, Lease, Quarantine
from gateway.core.handoff import HandoffState
from gateway.core.ticket import Intake, Ticket
from gateway.metrics import Metrics
from gateway.store import SqlStore
from tests.support.clock import NOW, SetClock
from tests.support.kept_mails import new_mail
from tests.support.ops import FakeStatus, OpsSite
from tests.support.store import inline_store
from tests.support.tickets import make_handoff, make_message, make_ticket


@dataclass
class Operations:
    """The ops side of a gateway, over a store in memory."""

    store: SqlStore
    clock: SetClock
    metrics: Metrics
    alarms: Alarms
    auditor: Auditor
    site: OpsSite

    def metric(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"relevo_{name}", labels)

    async def received(self) -> Ticket:
        new = make_ticket(received_at=self.clock.at)
        await self.store.accept([Intake(make_message(new.id), new)])
        return new

    async def claimed(self, kind: Kind) -> list[Lease]:
        request = ClaimRequest(frozenset({kind}), 10, self.clock.at, self.clock.at + 5)
        (cases,) = await self.store.claim([request])
        return [Lease(case.delivery.id, case.delivery.epoch) for case in cases]

    async def handed_off(self, to: Ticket) -> None:
        (lease,) = await self.claimed(Kind.TICKET)
        copy = replace(make_handoff(to, "acme", HandoffState.STARTED), started_at=self.clock.at)
        assert await self.store.begin([Begin(lease, copy, self.clock.at + 5, "primary")]) == [True]
        await self.store.record([HandoffFact(copy.id, HandoffState.ACCEPTED, self.clock.at, "X1")])

    async def notices(self) -> list[object]:
        request = ClaimRequest(frozenset({Kind.NOTICE}), 10, self.clock.at, self.clock.at + 5)
        (cases,) = await self.store.claim([request])
        return [case.delivery.payload["type"] for case in cases]


@asynccontextmanager
async def operations() -> AsyncIterator[Operations]:
    clock, metrics = SetClock(NOW), Metrics()
    store = inline_store(clock)
    site = OpsSite(token="t", clock=clock, registry=metrics.registry)
    site.reads = site.quarantine = store  # type: ignore[assignment]
    alarms = Alarms(store, store, FakeStatus(), metrics, clock, ops_url="http://ops", targets=["webhook:a"])
    for observer in (metrics, alarms, site.feed):
        store.subscribe(observer)
    await store.start()
    yield Operations(store, clock, metrics, alarms, Auditor(store, clock), site)
    await store.close()


async def test_an_overdue_ticket_from_the_alarm_to_its_end() -> None:
    async with operations() as ops, ops.site.running() as client:
        late = await ops.received()
        ops.clock.at = NOW + 7
        await ops.auditor.round()
        await ops.auditor.round()
        await ops.alarms.flush()
        assert await ops.notices() == ["alarm.raised"]
        assert ops.metric("contract_breaches_total", policy="default") == 1
        assert ops.metric("alarm_active", alarm="tickets_overdue") == 1
        (shown,) = (await (await client.get("/api/v1/overdue")).json())["overdue"]
        assert (shown["reference"], shown["seconds_late"]) == (late.reference, 2.0)

        await ops.handed_off(late)
        ops.clock.at = NOW + 13
        await ops.alarms.flush()
        assert await ops.notices() == ["alarm.raised", "alarm.cleared"]
        assert ops.metric("alarm_active", alarm="tickets_overdue") == 0
        assert ops.metric("handoff_seconds_count", provider="acme") == 1
        (row,) = (await (await client.get("/api/v1/tickets")).json())["tickets"]
        assert (row["state"], row["provider"]) == ("handed_off", "acme")
        types = [each["type"] for each in await (await client.get("/api/v1/events")).json(content_type=None)]
        assert types[0] == "ticket.received"
        assert "ticket.overdue" in types
        assert ops.metric("ledger_unbalanced") == 0


async def test_quarantine_from_the_alarm_to_the_replay() -> None:
    async with operations() as ops, ops.site.running() as client:
        await ops.received()
        (lease,) = await ops.claimed(Kind.TICKET)
        await ops.store.quarantine([Quarantine(lease, "all refused", ops.clock.at)])
        await ops.alarms.flush()
        assert ops.metric("alarm_active", alarm="quarantine") == 1
        (item,) = (await (await client.get("/api/v1/quarantine")).json())["quarantine"]
        assert item["reason"] == "all refused"
        async with client.post(f"/api/v1/quarantine/{item['id']}/replay") as replayed:
            assert replayed.status == 200
        await ops.alarms.flush()
        assert ops.metric("alarm_active", alarm="quarantine") == 0
        assert len(await ops.claimed(Kind.TICKET)) == 1


async def test_a_mail_that_can_not_be_read_from_the_alarm_to_the_replay() -> None:
    async with operations() as ops, ops.site.running() as client:
        mail = new_mail(place="lmtp", content=b"Subject: \xff\r\n\r\n\x00")
        await ops.store.keep_mail(mail)
        (lease,) = await ops.claimed(Kind.MAIL)
        await ops.store.quarantine([Quarantine(lease, "too deep: 2000 levels", ops.clock.at)])
        await ops.alarms.flush()
        assert ops.metric("alarm_active", alarm="quarantine") == 1
        (item,) = (await (await client.get("/api/v1/quarantine")).json())["quarantine"]
        assert (item["kind"], item["target"], item["place"]) == ("mail", "mail", "lmtp")
        async with client.get(f"/api/v1/quarantine/{item['id']}/mail") as shown:
            assert await shown.read() == mail.content
        async with client.post("/api/v1/quarantine/replay?channel=mail&reason=deep") as replayed:
            assert await replayed.json() == {"mails": 1}
        assert len(await ops.claimed(Kind.MAIL)) == 1
        await ops.auditor.round()
        assert ops.metric("ledger_unbalanced") == 0


async def test_a_discarded_ticket_is_closed() -> None:
    async with operations() as ops, ops.site.running() as client:
        await ops.received()
        (lease,) = await ops.claimed(Kind.TICKET)
        await ops.store.quarantine([Quarantine(lease, "all refused", ops.clock.at)])
        (item,) = (await (await client.get("/api/v1/quarantine")).json())["quarantine"]
        async with client.delete(f"/api/v1/quarantine/{item['id']}") as discarded:
            assert discarded.status == 204
        (row,) = (await (await client.get("/api/v1/tickets")).json())["tickets"]
        assert row["state"] == "resolved"
        await ops.auditor.round()
        assert ops.metric("ledger_unbalanced") == 0


async def test_an_alarm_that_was_on_at_a_crash_is_on_after_it() -> None:
    async with operations() as ops:
        await ops.received()
        ops.clock.at = NOW + 60
        await ops.auditor.round()
        again = Alarms(
            ops.store, ops.store, FakeStatus(), Metrics(), ops.clock, ops_url="http://ops", targets=["webhook:a"]
        )
        await again.resume()
        await again.flush()
        assert await ops.notices() == ["alarm.raised"]
