"""Providers that can't be asked about a ticket, such as desks that are reached by mail: nothing is concluded from
silence, nothing is sent twice in vain, and what they say by themselves counts."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from gateway.core.delivery import Kind
from gateway.core.events import HandoffConfirmed, HandoffKept, MessageDoubtful
from gateway.core.handoff import Handoff, HandoffState
from gateway.core.post import Deferred, Outcome, Purpose, Refused, Sent, Unknown
from gateway.core.provider import ProviderReport, ReportType
from gateway.core.ticket import TicketState
from routing.delivery.engine import Engine
from routing.delivery.fleet import Fleet, LiveProvider, Route
from routing.delivery.followups import LOOKED_FOR, FollowUps
from routing.delivery.lanes import Lane
from routing.health.monitor import Monitor
from routing.policy.settings import PolicySettings
from routing.providers.context import ProviderContext
from routing.providers.email.adapter import EmailProvider
from routing.providers.email.settings import EmailDeskSettings
from routing.settings import AskableSettings, ProviderSettings
from tests.support.fake_desk import FakeDesk, Mood
from tests.support.mail_desk import LINKS, desk_settings
from tests.support.outbox import Outbox
from tests.support.scripted_post import ScriptedPost
from tests.support.simulation import UNHURRIED, Simulation
from tests.support.tickets import make_case, make_handoff, make_message, make_ticket
from tests.support.virtual_time import EPOCH, VirtualClock, run

TICKET = make_ticket(received_at=EPOCH)
COPY = make_handoff(TICKET, "sur", HandoffState.ACCEPTED, answered_at=EPOCH)
UNKNOWN = replace(COPY, state=HandoffState.UNKNOWN, started_at=EPOCH, answered_at=None)
OTHER = make_handoff(TICKET, "norte", HandoffState.ACCEPTED, answered_at=EPOCH - 1, provider_reference="NORTE-1")


def follow_up(
    kind: Kind, *copies: Handoff, posted: Outcome | None = None, created_at: float = EPOCH, **policy: object
) -> tuple[Outbox, ScriptedPost]:
    """Do one, about the first of the copies."""
    case = make_case(*copies, ticket=TICKET, kind=kind)
    message = make_message(TICKET.id, 2)
    delivery = replace(case.delivery, handoff_id=copies[0].id, message_id=message.id, created_at=created_at)
    case = replace(case, delivery=delivery, messages=(*case.messages, message))
    post = ScriptedPost([posted or Sent("queued")])

    async def do() -> Outbox:
        clock, settings, fleet, outbox = VirtualClock(), desk_settings(), Fleet(VirtualClock()), Outbox()
        desk = _by_mail("sur", settings, post)
        monitor = Monitor(desk, settings.health, clock, lambda _: None)
        rules = PolicySettings.model_validate(
            {"name": "default", "providers": ["sur"], "takeover_within": 5.0, **policy}
        )
        live = LiveProvider("sur", desk, settings, monitor, Lane(settings.window, settings.rate))
        fleet.swap([Route(rules, 1.0)], {"sur": live})
        watching = asyncio.create_task(monitor.run())
        await asyncio.sleep(5.0)
        await FollowUps(outbox, fleet, clock)(case)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        assert outbox.ways_out == 1
        return outbox

    return run(do(), seconds=60), post


def _by_mail(name: str, settings: EmailDeskSettings, post: ScriptedPost) -> EmailProvider:
    return EmailProvider(settings, ProviderContext(name, VirtualClock(), LINKS, {"mail": post}))


class TestFollowUps:
    def test_a_message_needs_no_reference_of_the_desks(self) -> None:
        outbox, post = follow_up(Kind.MESSAGE, COPY)
        assert outbox.sent_up_to == [2]
        assert [letter.purpose for letter in post.letters] == [Purpose.MESSAGE]
        assert outbox.facts == []

    def test_a_message_that_is_refused_is_for_a_person(self) -> None:
        outbox, _ = follow_up(Kind.MESSAGE, COPY, posted=Refused("too big", "content", 552))
        assert "too big" in outbox.quarantined[0].reason

    @pytest.mark.parametrize(
        ("posted", "pause"),
        [
            (Deferred("grey", "recipient", 451, 300.0), 300.0),
            (Deferred("down", "connect"), 15.0),
            (Refused("no permission", "sender", 553), 15.0),
            (Unknown("?"), 300.0),
        ],
    )
    def test_a_message_that_is_not_taken_now_waits_as_mail_does(self, posted: Outcome, pause: float) -> None:
        outbox, _ = follow_up(Kind.MESSAGE, COPY, posted=posted)
        assert outbox.deferred[0].due_at - EPOCH == pytest.approx(5.0 + pause, abs=0.1)

    @pytest.mark.parametrize("step", ["sender", "recipient"])
    def test_a_wrong_address_is_told_to_operations_and_quarantines_nothing(self, step: str) -> None:
        outbox, _ = follow_up(Kind.MESSAGE, COPY, posted=Refused("no such user", step, 550))
        assert [event.type for event in outbox.announced] == ["provider.misconfigured"]
        assert outbox.quarantined == []

    def test_who_could_not_be_told_for_five_days_is_for_a_person(self) -> None:
        down = Deferred("down", "connect")
        outbox, _ = follow_up(Kind.MESSAGE, COPY, posted=down, created_at=EPOCH - 5 * 86_400.0)
        assert "sur could not be told for days: connect: down" in outbox.quarantined[0].reason

    def test_there_is_nothing_to_confirm(self) -> None:
        outbox, _ = follow_up(Kind.CONFIRM, COPY)
        assert outbox.finished
        assert outbox.facts == []

    def test_what_is_not_said_to_be_picked_up_in_time_goes_to_another(self) -> None:
        outbox, _ = follow_up(Kind.CONFIRM, COPY, pick_up_within=60.0)
        assert outbox.deferred[0].due_at == pytest.approx(EPOCH + 60.0)
        outbox, _ = follow_up(Kind.CONFIRM, COPY, pick_up_within=1.0)
        assert outbox.superseded == [COPY.id]

    def test_an_unknown_outcome_is_never_taken_for_absence(self) -> None:
        long_ago = replace(UNKNOWN, started_at=EPOCH - 100 * LOOKED_FOR)
        outbox, post = follow_up(Kind.RECONCILE, long_ago)
        assert outbox.facts == []
        assert outbox.deferred[0].due_at <= EPOCH + 5.0 + LOOKED_FOR
        assert post.letters == []

    def test_who_may_have_it_is_told_that_another_has_it_once_there_is_no_word_of_it(self) -> None:
        soon, post = follow_up(Kind.RECONCILE, UNKNOWN, OTHER)
        assert soon.deferred
        assert post.letters == []
        later, post = follow_up(Kind.RECONCILE, replace(UNKNOWN, started_at=EPOCH - LOOKED_FOR), OTHER)
        assert [letter.purpose for letter in post.letters] == [Purpose.WITHDRAWAL]
        assert [fact.state for fact in later.facts] == [HandoffState.WITHDRAWN]
        assert later.finished

    def test_who_can_not_be_told_either_is_for_a_person(self) -> None:
        refused = Refused("no such thing", "content", 554)
        old = replace(UNKNOWN, started_at=EPOCH - LOOKED_FOR)
        for kind, copy in ((Kind.RECONCILE, old), (Kind.WITHDRAW, COPY)):
            outbox, _ = follow_up(kind, copy, OTHER, posted=refused)
            assert "no such thing" in outbox.quarantined[0].reason

    def test_a_surplus_copy_is_withdrawn_without_its_reference(self) -> None:
        outbox, post = follow_up(Kind.WITHDRAW, COPY, OTHER)
        assert [letter.purpose for letter in post.letters] == [Purpose.WITHDRAWAL]
        assert [fact.state for fact in outbox.facts] == [HandoffState.WITHDRAWN]


class MailSimulation(Simulation):
    """The engine with `sur`, a desk that is reached by mail, among its desks."""

    post: ScriptedPost

    def _live(self, desk: FakeDesk, settings: ProviderSettings, engine: Engine) -> LiveProvider:
        live = super()._live(desk, settings, engine)  # type: ignore[arg-type]
        if isinstance(settings, EmailDeskSettings):
            live.adapter = _by_mail(desk.name, settings, self.post)
        return live


@asynccontextmanager
async def with_mail(post: ScriptedPost, *names: str, **mail: object) -> AsyncIterator[MailSimulation]:
    rules = PolicySettings(name="default", providers=names, takeover_within=900.0)
    settings = {name: desk_settings(**mail) if name == "sur" else AskableSettings() for name in names}
    sim = MailSimulation(rules, settings, UNHURRIED, {}, random.Random(1).random)  # type: ignore[arg-type]
    sim.post = post
    await sim.store.start()
    await sim.start()
    try:
        yield sim
    finally:
        await sim.stop()


@pytest.mark.simulation
def test_the_only_desk_gets_the_same_letter_again_until_it_is_taken() -> None:
    post = ScriptedPost([Deferred("down", "connect"), Unknown("no answer"), Sent("queued")])

    async def scenario() -> None:
        async with with_mail(post, "sur") as sim:
            receipt = await sim.request()
            await asyncio.sleep(60.0)
            assert await sim.states_of(receipt) == [("sur", HandoffState.UNKNOWN)]
            await asyncio.sleep(1800.0)
            assert await sim.states_of(receipt) == [("sur", HandoffState.ACCEPTED)]
            assert await sim.astray() == []

    run(scenario(), seconds=2500)
    assert len(post.letters) == 3
    assert len({letter.unique for letter in post.letters}) == 1


@pytest.mark.simulation
def test_of_a_ticket_that_may_have_arrived_each_time_there_are_three_letters_and_the_desks_word_is_waited_for() -> None:
    post = ScriptedPost([Unknown("the line was dropped after the content")])

    async def scenario() -> None:
        async with with_mail(post, "sur") as sim:
            receipt = await sim.request()
            await asyncio.sleep(2400.0)
            assert len(post.letters) == 3
            post.outcomes = [Sent("queued")]
            await sim.request()
            await asyncio.sleep(60.0)
            assert await sim.store.quarantined() == []
            assert await sim.states_of(receipt) == [("sur", HandoffState.UNKNOWN)]
            told = ProviderReport("sur", "<1@sur.example>", ReportType.ACCEPTED, sim.clock.now(), receipt.reference)
            await sim.door.report(told)
            assert await sim.states_of(receipt) == [("sur", HandoffState.ACCEPTED)]
            assert await sim.astray() == []

    run(scenario(), seconds=6000)
    assert [letter.purpose for letter in post.letters] == [Purpose.TICKET] * 4


@pytest.mark.simulation
def test_a_message_that_may_have_arrived_each_time_counts_as_told_and_somebody_hears_of_it() -> None:
    post = ScriptedPost([Sent("queued"), Unknown("the line was dropped after the content")])

    async def scenario() -> None:
        async with with_mail(post, "sur") as sim:
            receipt = await sim.request()
            await asyncio.sleep(5.0)
            for _ in range(2):
                await sim.write_again(receipt.ticket_id)
            await asyncio.sleep(4500.0)
            counts = await sim.store.counts(sim.clock.now())
            assert counts["deliveries_waiting.message"] == 0
            assert {each.party for each in sim.chronicle.of(MessageDoubtful)} == {"sur"}
            assert len({each.ticket_id for each in sim.chronicle.of(MessageDoubtful)}) == 1

    run(scenario(), seconds=6000)
    told = Counter(letter.unique for letter in post.letters if letter.purpose is Purpose.MESSAGE)
    assert list(told.values()) == [3, 3]


@pytest.mark.simulation
def test_greylisting_of_one_letter_holds_up_no_other() -> None:
    post = ScriptedPost([Deferred("greylisted", "recipient", 451, 300.0), Sent("queued")])

    async def scenario() -> None:
        async with with_mail(post, "sur") as sim:
            first = await sim.request()
            await asyncio.sleep(1.0)
            others = [await sim.request() for _ in range(3)]
            await asyncio.sleep(30.0)
            assert [await sim.states_of(each) for each in others] == [[("sur", HandoffState.ACCEPTED)]] * 3
            assert await sim.states_of(first) == [("sur", HandoffState.UNAVAILABLE)]
            assert len(post.letters) == 4
            await asyncio.sleep(300.0)
            assert await sim.states_of(first) == [("sur", HandoffState.ACCEPTED)]

    run(scenario(), seconds=600)
    assert len(post.letters) == 5


@pytest.mark.simulation
def test_a_greylisted_ticket_goes_to_the_next_desk_at_the_hedge() -> None:
    post = ScriptedPost([Deferred("greylisted", "recipient", 451, 1800.0), Sent("queued")])

    async def scenario() -> None:
        async with with_mail(post, "sur", "norte") as sim:
            receipt = await sim.request()
            await asyncio.sleep(sim.hedge - 1.0)
            assert await sim.states_of(receipt) == [("sur", HandoffState.UNAVAILABLE)]
            await asyncio.sleep(2.0)
            assert ("norte", HandoffState.ACCEPTED) in await sim.states_of(receipt)

    run(scenario(), seconds=2000)
    assert len(post.letters) == 1


def test_what_the_desk_said_to_another_gateway_is_not_made_doubtful_by_our_waiting_in_vain() -> None:
    post = ScriptedPost()

    async def scenario() -> None:
        async with with_mail(post, "sur", "norte", accepted="acknowledgement", timeout="60s") as sim:
            receipt = await sim.request()
            await asyncio.sleep(30.0)
            told = ProviderReport("sur", "<1@sur.example>", ReportType.ACCEPTED, sim.clock.now(), receipt.reference)
            await sim.door.report(told)
            await asyncio.sleep(60.0)
            assert await sim.states_of(receipt) == [("sur", HandoffState.ACCEPTED)]
            assert await sim.astray() == []

    run(scenario(), seconds=400)
    assert len(post.letters) == 1


def test_a_letter_that_goes_well_late_is_known_to_be_there() -> None:
    post = ScriptedPost(takes=90.0)

    async def scenario() -> None:
        async with with_mail(post, "sur", timeout="60s") as sim:
            receipt = await sim.request()
            await asyncio.sleep(70.0)
            assert await sim.states_of(receipt) == [("sur", HandoffState.UNKNOWN)]
            await asyncio.sleep(80.0)
            assert await sim.states_of(receipt) == [("sur", HandoffState.ACCEPTED)]

    run(scenario(), seconds=600)
    assert len(post.letters) == 1


def test_after_an_unknown_outcome_the_next_desk_has_it_and_the_late_word_of_the_first_is_withdrawn() -> None:
    post = ScriptedPost([Unknown("no answer"), Sent("queued")])

    async def scenario() -> None:
        async with with_mail(post, "sur", "norte") as sim:
            receipt = await sim.request()
            await asyncio.sleep(5.0)
            assert await sim.states_of(receipt) == [
                ("sur", HandoffState.UNKNOWN),
                ("norte", HandoffState.ACCEPTED),
            ]
            told = ProviderReport("sur", "<1@sur.example>", ReportType.ACCEPTED, sim.clock.now(), receipt.reference)
            await sim.door.report(told)
            await asyncio.sleep(5.0)
            assert (await sim.states_of(receipt))[0] == ("sur", HandoffState.WITHDRAWN)

    run(scenario(), seconds=400)
    assert [letter.purpose for letter in post.letters] == [Purpose.TICKET, Purpose.WITHDRAWAL]


@pytest.mark.simulation
def test_silence_after_an_unknown_outcome_ends_in_a_withdrawal_and_no_double_stays_open() -> None:
    post = ScriptedPost([Unknown("no answer"), Sent("queued")])

    async def scenario() -> None:
        async with with_mail(post, "sur", "norte") as sim:
            receipt = await sim.request()
            await asyncio.sleep(2 * LOOKED_FOR + 60.0)
            assert (await sim.states_of(receipt))[0] == ("sur", HandoffState.WITHDRAWN)
            counts = await sim.store.counts(sim.clock.now())
            assert (counts["handoffs_unknown"], counts["deliveries_waiting.reconcile"]) == (0, 0)

    run(scenario(), seconds=2 * LOOKED_FOR + 400)
    assert [letter.purpose for letter in post.letters] == [Purpose.TICKET, Purpose.WITHDRAWAL]


def test_a_desk_that_was_down_and_is_back_keeps_what_it_has_without_being_asked() -> None:
    """What its mail server took is in its mailbox still: nobody else had it, and nothing is sent twice."""
    post = ScriptedPost()

    async def scenario() -> None:
        async with with_mail(post, "sur", "norte") as sim:
            sim.desks["norte"].become(Mood.CLOSED_PORT)
            receipt = await sim.request()
            await asyncio.sleep(5.0)
            assert await sim.store.rescue("default", "sur", sim.clock.now(), "sur is down", 10) == 1
            await asyncio.sleep(60.0)
            case = await sim.store.ticket(receipt.ticket_id)
            assert case is not None
            assert case.ticket is not None
            assert case.ticket.state is TicketState.HANDED_OFF
            assert len(sim.chronicle.of(HandoffKept)) == 1
            assert sim.chronicle.of(HandoffConfirmed) == [], "nobody has looked"

    run(scenario(), seconds=400)
    assert len(post.letters) == 1
