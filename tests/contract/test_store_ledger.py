"""Evidence, the auditor's questions, gauges and pages, over every engine."""

from dataclasses import replace

from gateway.core.delivery import Defer, Kind, Quarantine
from gateway.core.events import GatewayStopped, TicketOverdue
from gateway.core.handoff import HandoffState
from gateway.core.ids import new_id
from gateway.core.provider import HealthState, ProviderStatus, Takeover, TakeoverFigures
from gateway.core.ticket import TicketState
from gateway.store import SqlStore
from tests.support.store import Heard
from tests.support.store_work import Work, lease_of, new_ticket


def takeover(at: float = 1_050.0, to: str | None = "norte") -> Takeover:
    return Takeover(
        id=new_id(),
        policy="default",
        from_provider="acme",
        to_provider=to,
        last_good_at=at - 2,
        first_bad_at=at - 1,
        detected_at=at,
        switched_at=at,
        detection_bound=2.8,
        ticket_bound=5.0,
    )


async def test_overdue_is_announced_once(store: SqlStore, work: Work, heard: Heard) -> None:
    late, _ = await work.accept(), await work.accept(new_ticket(at=1_003.0))
    (case,) = await work.claim(at=1_001.0)
    await store.defer([Defer(lease_of(case), 1_060.0, "every provider is down")])
    assert await store.mark_overdue(1_004.9, 10) == []
    assert [ticket.id for ticket in await store.mark_overdue(1_006.0, 10)] == [late]
    assert await store.mark_overdue(1_006.0, 10) == []
    assert [event.reason for event in heard.of(TicketOverdue)] == ["every provider is down"]
    assert [ticket.id for ticket in await store.overdue(1_007.0)] == [late]


async def test_a_rescued_ticket_becomes_overdue_by_its_fresh_time(store: SqlStore, work: Work) -> None:
    ticket_id, _ = await work.handed_off("acme")
    await store.rescue("default", "acme", 1_100.0, "acme is down", 10)
    assert await store.mark_overdue(1_104.0, 10) == []
    assert [ticket.id for ticket in await store.mark_overdue(1_106.0, 10)] == [ticket_id]
    assert (await store.counts(1_102.0))["oldest_waiting_seconds"] == 2.0


async def test_the_audit_goes_page_by_page(store: SqlStore, work: Work) -> None:
    ids = [await work.accept() for _ in range(3)]
    assert await store.audit(None, 2) == ([], ids[1])
    assert await store.audit(ids[1], 2) == ([], None)
    assert await store.audit(None, 10, waiting_only=True) == ([], None)
    assert await store.audit_these(ids) == []


async def test_gauges(store: SqlStore, work: Work) -> None:
    await work.handed_off()
    for reason in ("waits", "quarantined", "unknown"):
        await work.accept()
        (case,) = await work.claim()
        if reason == "quarantined":
            await store.quarantine([Quarantine(lease_of(case), "refused", 1_002.0)])
        elif reason == "unknown":
            await work.learn(await work.begin(case, "acme"), HandoffState.UNKNOWN)
    counts = await store.counts(1_010.0)
    assert counts["tickets_waiting"] == 2
    assert counts["oldest_waiting_seconds"] == 10.0
    assert counts["handoffs_unknown"] == 1
    assert counts["quarantine_items"] == 1
    assert counts["deliveries_waiting.ticket"] == 2
    assert {f"deliveries_waiting.{kind}" for kind in Kind} <= set(counts)


async def test_pages_of_tickets_are_newest_first(store: SqlStore, work: Work) -> None:
    first, _ = await work.handed_off()
    second = await work.accept()
    assert [ticket.id for ticket in await store.tickets()] == [second, first]
    assert [ticket.id for ticket in await store.tickets(state=TicketState.WAITING)] == [second]
    assert [ticket.id for ticket in await store.tickets(before=second, limit=1)] == [first]
    found = await work.case(first)
    assert found.ticket is not None
    assert await store.ticket_by_reference(found.ticket.reference) == found
    assert await store.ticket("unheard of") is None
    assert [copy.ticket_id for copy in await store.handoffs([first, second])] == [first]


async def test_the_stream_goes_on_after_a_place(store: SqlStore, work: Work, heard: Heard) -> None:
    await work.handed_off()
    await store.announce([GatewayStopped(at=1_500.0)])
    everything = await store.events(0)
    assert everything == heard.events
    assert await store.events(everything[1].seq, limit=1) == everything[2:3]
    assert everything[-1].event == GatewayStopped(at=1_500.0)


async def test_evidence_is_saved_and_changed(store: SqlStore, heard: Heard) -> None:
    first, second = takeover(), replace(takeover(at=1_070.0), from_provider="norte")
    assert await store.save_takeover(first, [GatewayStopped(at=1.0)]) == first
    await store.save_takeover(second)
    ended = replace(first, ended_at=1_090.0, met=True, rescued=3)
    assert await store.save_takeover(ended, before=first) == ended
    assert await store.takeovers() == [second, ended]
    assert await store.takeovers(open_only=True) == [second]
    assert len(heard.of(GatewayStopped)) == 1


async def test_of_two_who_see_an_outage_one_opens_the_evidence(store: SqlStore, heard: Heard) -> None:
    first = takeover()
    await store.save_takeover(first, [GatewayStopped(at=1.0)])
    assert await store.save_takeover(takeover(at=1_070.0), [GatewayStopped(at=2.0)]) == first
    assert await store.takeovers() == [first]
    assert [event.at for event in heard.of(GatewayStopped)] == [1.0]


async def test_evidence_that_another_has_changed_is_not_overwritten(store: SqlStore, heard: Heard) -> None:
    first = takeover()
    await store.save_takeover(first)
    rescued = replace(first, rescue_size=3)
    await store.save_takeover(rescued, before=first)
    ended = replace(first, ended_at=1_090.0, met=True)
    assert await store.save_takeover(ended, [GatewayStopped(at=1.0)], before=first) == rescued
    assert await store.takeovers() == [rescued]
    assert heard.of(GatewayStopped) == []


async def test_figures_of_a_takeover(store: SqlStore, work: Work) -> None:
    before, rescued_copy = await work.handed_off("acme")
    await store.rescue("default", "acme", 1_051.0, "acme is down", 10)
    (case,) = await work.claim(Kind.RESCUE, at=1_051.0)
    await work.learn(await work.begin(case, "norte", at=1_051.0), HandoffState.ACCEPTED, at=1_052.0)
    for received, accepted in ((1_053.0, 1_053.5), (1_054.0, 1_058.0)):
        await work.accept(new_ticket(at=received))
        (case,) = await work.claim(at=received)
        await work.learn(await work.begin(case, "norte", at=received), HandoffState.ACCEPTED, at=accepted)
    assert await store.takeover_figures(takeover()) == TakeoverFigures(
        first_ticket_at=1_052.0,
        last_ticket_at=1_058.0,
        rescued=1,
        rescued_at=1_052.0,
        slowest_ticket=4.0,
        doubles=1,
        doubles_withdrawn=0,
    )
    await work.learn(rescued_copy, HandoffState.WITHDRAWN, at=1_070.0)
    assert (await store.takeover_figures(takeover())).doubles_withdrawn == 1
    assert await store.takeover_figures(takeover(at=1_060.0)) == TakeoverFigures()
    assert await work.state(before) is TicketState.HANDED_OFF


async def test_the_secret_is_drawn_once(store: SqlStore) -> None:
    first = await store.secret()
    assert len(first) == 32
    assert await store.secret() == first


async def test_health_is_kept(store: SqlStore) -> None:
    down = ProviderStatus("acme", HealthState.DOWN, 1_000.0, "refused", hard=True, first_bad_at=999.0)
    await store.record_health([ProviderStatus("acme", HealthState.UP, 900.0, "")])
    await store.record_health([down])
    assert await store.health() == [down]


async def test_policies_get_a_version_when_they_change(store: SqlStore) -> None:
    assert await store.save_policies({"policies": []}, "digest a") == 1
    assert await store.save_policies({"policies": []}, "digest a") == 1
    assert await store.save_policies({"policies": [1]}, "digest b") == 2
    await store.record_audit("eva", "reload", {"digest": "digest b"})
