"""Random sequences of verbs: the ledger balances after each step, and an old lease never decides anything."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.core.calls import CallKept, Taken
from gateway.core.delivery import (
    HANDING_OVER,
    Case,
    ClaimRequest,
    Defer,
    Delivery,
    Finish,
    HandoffFact,
    Kind,
    Quarantine,
)
from gateway.core.handoff import Handoff, HandoffState, surplus_copies
from gateway.core.ids import new_id
from gateway.core.provider import ProviderReport, ReportType
from gateway.core.raw_mail import MailRead
from gateway.core.ticket import TicketState
from gateway.store import SqlStore
from gateway.store.cases import load_cases
from gateway.store.verbs.recover import recover
from tests.support.clock import SetClock
from tests.support.examples import examples
from tests.support.kept_calls import Calling, held_ticket, said
from tests.support.kept_mails import new_mail
from tests.support.store import InlineRunner
from tests.support.store_work import Work, follow_up, lease_of, new_ticket
from tests.support.tickets import make_delivery

T = TypeVar("T")
PROVIDERS = ("acme", "norte", "sur")
LEARNED = [state for state in HandoffState if state is not HandoffState.STARTED]
ANSWERED = [None, HandoffState.ACCEPTED, HandoffState.ACCEPTED, HandoffState.UNKNOWN, HandoffState.REFUSED]
"""None: no answer yet."""

pick = st.integers(min_value=0, max_value=1_000)
"""One of what there is, whatever their number."""


class Ledger(RuleBasedStateMachine):
    """A few tickets, three providers, and workers who come late."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.runner = InlineRunner()
        self.store = SqlStore(self.runner, SetClock(1_000.0))
        self.work = Work(self.store)
        self.now = 1_000.0
        self.tickets: list[str] = []
        self.cases: list[Case] = []
        self.copies: list[Handoff] = []
        self.calls: list[Calling] = []
        self.run(self.store.start())

    def run(self, step: Coroutine[Any, Any, T]) -> T:
        self.now += 0.5
        return self.loop.run(step)

    def teardown(self) -> None:
        self.loop.run(self.store.close())
        self.loop.close()

    def written(self) -> list[Case]:
        """Every ticket, as the store has it."""
        owed = [make_delivery(ticket_id) for ticket_id in set(self.tickets)]
        return self.loop.run(self.runner.read(lambda connection: load_cases(connection, owed)))

    def holds(self, case: Case) -> bool:
        """Is this case's lease the newest, and not yet given up?"""
        with self.runner.connection.begin():
            row = self.runner.connection.exec_driver_sql(
                "SELECT epoch, leased FROM deliveries WHERE id = ?", (case.delivery.id,)
            ).one_or_none()
        return row is not None and row.leased == 1 and row.epoch == case.delivery.epoch

    @rule(key=st.sampled_from([None, "k1", "k2"]))
    def accept(self, key: str | None) -> None:
        self.tickets.append(self.run(self.work.accept(new_ticket(at=self.now, key=key))))

    @precondition(lambda self: self.tickets)
    @rule(which=pick)
    def write_again(self, which: int) -> None:
        self.run(self.store.accept([follow_up(self.tickets[which % len(self.tickets)], at=self.now)]))

    @rule(kinds=st.sets(st.sampled_from(Kind), min_size=1), limit=st.integers(1, 3), lease=st.floats(0, 5))
    def claim(self, kinds: set[Kind], limit: int, lease: float) -> None:
        request = ClaimRequest(frozenset(kinds), limit, self.now, self.now + lease)
        self.cases += self.run(self.store.claim([request]))[0]

    @rule(
        answers=st.dictionaries(st.sampled_from(PROVIDERS), st.sampled_from(ANSWERED), min_size=1, max_size=2),
        written=st.booleans(),
    )
    def hand_over(self, answers: dict[str, HandoffState | None], written: bool) -> None:
        """What a worker does for all that waits: an attempt at one provider or two, and what they answered."""
        self.accept(None)
        self.wake()
        request = ClaimRequest(HANDING_OVER, 5, self.now, self.now + 3)
        (claimed,) = self.run(self.store.claim([request]))
        self.cases += claimed
        for case in claimed:
            assert case.ticket is not None
            begun = [self.run(self.work.begin(case, provider, at=self.now)) for provider in answers]
            self.copies += begun
            if written:
                self.run(self.store.accept([follow_up(case.ticket.id, at=self.now)]))
            for copy, answer in zip(begun, answers.values(), strict=True):
                if answer is not None:
                    self.run(self.work.learn(copy, answer, at=self.now, reference=f"R-{copy.id}"))

    @precondition(lambda self: self.cases)
    @rule(which=pick, provider=st.sampled_from(PROVIDERS), again=st.booleans())
    def begin(self, which: int, provider: str, again: bool) -> None:
        case = self.cases[which % len(self.cases)]
        if case.delivery.kind not in HANDING_OVER or case.ticket is None:
            return
        known = [copy for copy in case.handoffs if copy.provider == provider]
        copy = (
            known[-1]
            if again and known
            else Handoff(new_id(), case.ticket.id, provider, HandoffState.STARTED, self.now)
        )
        held = self.holds(case)
        began = self.run(self.work.try_begin(case, copy, at=self.now))
        assert held or not began
        if began:
            self.copies.append(copy)

    @precondition(lambda self: self.copies)
    @rule(which=pick, state=st.sampled_from(LEARNED), confirmed=st.booleans())
    def learn(self, which: int, state: HandoffState, confirmed: bool) -> None:
        copy = self.copies[which % len(self.copies)]
        self.run(self.work.learn(copy, state, at=self.now, reference=f"R-{copy.id}", confirmed=confirmed))

    @precondition(lambda self: self.copies)
    @rule(which=pick, kind=st.sampled_from(ReportType), report_id=st.integers(0, 20))
    def report(self, which: int, kind: ReportType, report_id: int) -> None:
        copy = self.copies[which % len(self.copies)]
        report = ProviderReport(
            copy.provider, str(report_id), kind, self.now, provider_reference=f"R-{copy.id}", body="Hecho"
        )
        self.run(self.store.report([report]))

    @rule(key=st.sampled_from([None, "k1", "k2"]))
    def keep_mail(self, key: str | None) -> None:
        self.run(self.store.keep_mail(new_mail(key)))

    @rule(limit=st.integers(1, 3))
    def read_mails_again(self, limit: int) -> None:
        self.run(self.store.replay_mails(self.now, limit, "eva"))

    @rule(limit=st.integers(1, 3))
    def forget_mails(self, limit: int) -> None:
        self.run(self.store.forget_mails("mail", self.now - 2, limit))

    @rule(hold=st.sampled_from([1.0, 5.0, 100.0]))
    def call_us(self, hold: float) -> None:
        call, opening = Calling(self.store), held_ticket(at=self.now, hold=hold)
        assert self.run(call.step(at=self.now, opening=opening, owed=(self.watch(call),))) is CallKept.KEPT
        self.calls.append(call)
        self.tickets.append(opening.message.ticket_id)

    @precondition(lambda self: self.tickets)
    @rule(which=pick)
    def call_about(self, which: int) -> None:
        """A call that joins a ticket, wherever that stands."""
        call = Calling(self.store)
        ticket_id, account = self.tickets[which % len(self.tickets)], said(at=self.now)
        joins = call.step(at=self.now, ticket_id=ticket_id, messages=(account,), owed=(self.watch(call),))
        assert self.run(joins) is CallKept.KEPT
        self.calls.append(call)

    def watch(self, call: Calling) -> Delivery:
        """What its channel has to do about it, until it is over."""
        payload = {"call": call.sid}
        return Delivery(new_id(), Kind.CALL, self.now, self.now, target="phone", payload=payload)

    @precondition(lambda self: self.calls)
    @rule(which=pick, provider=st.sampled_from((None, *PROVIDERS)), ends=st.booleans(), written=st.booleans())
    def go_on_with_a_call(self, which: int, provider: str | None, ends: bool, written: bool) -> None:
        call = self.calls[which % len(self.calls)]
        step = call.step(
            at=self.now,
            taken=Taken(provider, self.now) if provider else None,
            messages=(said(at=self.now),) if written else (),
            release=ends,
        )
        assert self.run(step) is CallKept.KEPT
        kept = self.run(call.kept())
        self.copies += [
            copy
            for each in self.written()
            if each.ticket and each.ticket.id == kept.ticket_id
            for copy in each.handoffs
        ]

    @rule(limit=st.integers(1, 3))
    def forget_calls(self, limit: int) -> None:
        self.run(self.store.forget_calls("phone", self.now - 2, limit))
        self.calls = [each for each in self.calls if self.run(each.kept()).record is not None]

    @precondition(lambda self: self.cases)
    @rule(which=pick, how=st.sampled_from(["defer", "finish", "quarantine", "sent", "adopt"]))
    def decide(self, which: int, how: str) -> None:
        case = self.cases[which % len(self.cases)]
        held, done = self.holds(case), self.run(self._decide(case, how))
        assert held or not done

    async def _decide(self, case: Case, how: str) -> bool:
        lease = lease_of(case)
        if case.delivery.kind in (Kind.MAIL, Kind.CALL) and how not in ("defer", "quarantine"):
            how = "finish"
        if how == "defer":
            return (await self.store.defer([Defer(lease, self.now + 1, "later", attempted=True)]))[0]
        if how == "finish" and case.delivery.kind is Kind.MAIL:
            return await self.store.mail_read(MailRead(lease, case.delivery.id, self.now))
        if how == "finish" and case.delivery.kind is Kind.CALL:
            (call,) = (each for each in self.calls if each.sid == case.delivery.payload["call"])
            return await call.step(at=self.now, over=True, done=lease) is CallKept.KEPT
        if how == "finish" and case.delivery.kind is Kind.RECORD:
            recorded = HandoffFact(
                case.delivery.handoff_id or "", HandoffState.ACCEPTED, self.now, "R-recorded", recorded=True
            )
            await self.store.record([recorded])
        if how == "finish":
            return (await self.store.finish([Finish(lease)]))[0]
        if how == "quarantine":
            return (await self.store.quarantine([Quarantine(lease, "in vain", self.now)]))[0]
        copy = case.handoffs[-1].id if case.handoffs else "none"
        if how == "sent":
            await self.store.sent(copy, len(case.messages), Finish(lease))
            return False
        return await self.store.adopt(Finish(lease), copy, self.now)

    @rule(provider=st.sampled_from(PROVIDERS), limit=st.integers(1, 3))
    def rescue(self, provider: str, limit: int) -> None:
        self.run(self.store.rescue("default", provider, self.now, "down", limit))

    @precondition(lambda self: self.copies)
    @rule(which=pick)
    def supersede(self, which: int) -> None:
        self.run(self.store.supersede(self.copies[which % len(self.copies)].id, self.now, "neglected"))

    @rule(release=st.booleans())
    def judge_quarantine(self, release: bool) -> None:
        for item in self.run(self.store.quarantined(limit=1)):
            verdict = self.store.release if release else self.store.discard
            assert self.run(verdict(item.id, self.now, "eva"))

    @rule()
    def restart(self) -> None:
        self.run(self.runner.write(recover, [self.now]))

    @rule()
    def wake(self) -> None:
        self.run(self.store.wake(self.now, frozenset(Kind), 1000))
        self.run(self.store.mark_overdue(self.now, 100))

    @invariant()
    def the_ledger_balances(self) -> None:
        assert self.loop.run(self.store.audit(None, 1_000)) == ([], None)
        assert self.loop.run(self.store.audit_mails(None, 1_000)) == ([], None)
        assert self.loop.run(self.store.audit_calls(None, 1_000)) == ([], None)

    @invariant()
    def what_is_to_be_read_is_there(self) -> None:
        with self.runner.connection.begin():
            lost = self.runner.connection.exec_driver_sql(
                "SELECT id FROM raw_mails WHERE read_at IS NULL AND id NOT IN (SELECT mail_id FROM raw_contents)"
            ).scalars()
            assert list(lost) == []

    @invariant()
    def what_a_provider_is_to_be_given_after_a_call_is_owed(self) -> None:
        """Or a person looks at it."""
        for case in self.written():
            to_record = {copy.id for copy in case.handoffs if copy.to_record and copy.live and not copy.superseded}
            with self.runner.connection.begin():
                owed = self.runner.connection.exec_driver_sql(
                    "SELECT handoff_id FROM deliveries WHERE kind = 'record' "
                    "UNION SELECT handoff_id FROM quarantine WHERE kind = 'record'"
                ).scalars()
                assert to_record - {copy.id for copy in surplus_copies(case.handoffs)} <= set(owed)

    @invariant()
    def every_double_is_known(self) -> None:
        """A live copy that is one too many has its mark, and so had its withdrawal."""
        cases = self.written()
        surplus = {copy.id for case in cases for copy in surplus_copies(case.handoffs)}
        with self.runner.connection.begin():
            marked = self.runner.connection.exec_driver_sql(
                "SELECT id FROM handoffs WHERE surplus_at IS NOT NULL AND state IN ('accepted', 'picked_up')"
            ).scalars()
            assert set(marked) == surplus
        for case in cases:
            assert case.ticket is not None
            kept = [copy for copy in case.handoffs if copy.live and copy.id not in surplus and not copy.superseded]
            assert len(kept) <= 1
            assert case.ticket.state is not TicketState.HANDED_OFF or len(kept) == 1


TestLedger = pytest.mark.costly(Ledger.TestCase)
TestLedger.settings = settings(examples(8), stateful_step_count=40)
