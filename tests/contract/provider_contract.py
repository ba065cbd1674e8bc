"""What every provider adapter must do, whatever it talks to. A test module subclasses `ProviderContract` and gives it
a fixture `bench`: the adapter with a help desk behind it that can be put into any condition."""

import asyncio
from dataclasses import replace
from typing import Protocol

import pytest

from gateway.core.delivery import Answer, Case
from gateway.core.errors import ProviderRefused, ProviderUnavailable
from gateway.core.handoff import Handoff, HandoffState, Outcome
from gateway.core.ports import Provider
from gateway.core.ticket import Requester
from tests.support.tickets import make_case, make_handoff, make_message

CANARY = Requester(name="Canaria Piquituerta", email="canaria@piquituerta.example", phone="+34699888777")
SLACK = 0.25
"""Seconds by which a busy machine may be late."""


class ProviderBench(Protocol):
    """An adapter and its help desk. `timeout` and `search_timeout` are as configured, `secret` is its credential."""

    provider: Provider
    timeout: float
    search_timeout: float
    secret: str

    def refuse(self) -> None:
        """The desk refuses every ticket from now on, and repeats in its answer what it was sent."""

    def hang(self) -> None:
        """The desk takes requests and never answers."""

    def fail(self) -> None:
        """The desk answers with an error of its own."""

    def commit_and_drop(self) -> None:
        """The desk carries out the next request and its answer is lost."""

    def lose_tickets(self) -> None:
        """The desk forgets its tickets."""

    def pick_up(self) -> None:
        """Somebody at the desk works on its tickets."""

    async def stop(self) -> None:
        """The desk refuses connections."""

    def held(self) -> int:
        """How many tickets it has."""

    def appended(self) -> int:
        """How many further messages its tickets have."""


async def timed(provider: Provider, case: Case, handoff: Handoff) -> tuple[Answer, float]:
    loop = asyncio.get_running_loop()
    start = loop.time()
    answer = await provider.create(case, handoff)
    return answer, loop.time() - start


class ProviderContract:
    """Subclass this as Test...; needs a fixture `bench`."""

    @pytest.fixture
    def case(self) -> Case:
        return make_case()

    @pytest.fixture
    def handoff(self, case: Case) -> Handoff:
        return make_handoff(case)

    @pytest.fixture
    async def accepted(self, bench: ProviderBench, case: Case, handoff: Handoff) -> Handoff:
        answer = await bench.provider.create(case, handoff)
        assert answer.outcome is Outcome.ACCEPTED
        return replace(handoff, state=HandoffState.ACCEPTED, provider_reference=answer.provider_reference)

    async def test_accepted_with_the_desks_reference(self, bench: ProviderBench, case: Case, handoff: Handoff) -> None:
        answer = await bench.provider.create(case, handoff)
        assert answer.outcome is Outcome.ACCEPTED
        assert answer.provider_reference
        assert answer.state is HandoffState.ACCEPTED
        assert bench.held() == 1

    async def test_the_same_hand_off_twice_is_one_ticket(
        self, bench: ProviderBench, case: Case, handoff: Handoff
    ) -> None:
        first = await bench.provider.create(case, handoff)
        again = await bench.provider.create(case, replace(handoff, attempts=2))
        assert again.provider_reference == first.provider_reference
        assert bench.held() == 1

    async def test_a_refusal_is_a_refusal(self, bench: ProviderBench, case: Case, handoff: Handoff) -> None:
        bench.refuse()
        answer = await bench.provider.create(case, handoff)
        assert answer.outcome is Outcome.REFUSED
        assert answer.reason

    async def test_a_stopped_desk_surely_has_nothing(self, bench: ProviderBench, case: Case, handoff: Handoff) -> None:
        await bench.stop()
        answer, seconds = await timed(bench.provider, case, handoff)
        assert answer.outcome is Outcome.UNAVAILABLE
        assert answer.explicit
        assert not answer.misconfigured
        assert seconds < SLACK

    async def test_silence_ends_with_the_timeout_and_may_be_a_ticket(
        self, bench: ProviderBench, case: Case, handoff: Handoff
    ) -> None:
        bench.hang()
        answer, seconds = await timed(bench.provider, case, handoff)
        assert answer.outcome is Outcome.UNKNOWN
        assert not answer.explicit
        assert bench.timeout <= seconds + 0.01
        assert seconds < bench.timeout + SLACK

    async def test_a_lost_answer_is_unknown_and_the_ticket_is_found_by_key(
        self, bench: ProviderBench, case: Case, handoff: Handoff
    ) -> None:
        bench.commit_and_drop()
        answer = await bench.provider.create(case, handoff)
        assert answer.outcome is Outcome.UNKNOWN
        found = await bench.provider.find(handoff)
        assert found is not None
        assert found.state is HandoffState.ACCEPTED

    async def test_what_it_has_not_is_not_found(self, bench: ProviderBench, handoff: Handoff) -> None:
        assert await bench.provider.find(handoff) is None

    async def test_reads_back_what_it_has(self, bench: ProviderBench, accepted: Handoff) -> None:
        copy = await bench.provider.read(accepted)
        assert copy is not None
        assert copy.provider_reference == accepted.provider_reference

    async def test_reads_that_it_was_picked_up(self, bench: ProviderBench, accepted: Handoff) -> None:
        bench.pick_up()
        copy = await bench.provider.read(accepted)
        assert copy is not None
        assert copy.state is HandoffState.PICKED_UP

    async def test_a_lost_ticket_reads_as_none(self, bench: ProviderBench, accepted: Handoff) -> None:
        bench.lose_tickets()
        assert await bench.provider.read(accepted) is None

    @pytest.mark.parametrize("verb", ["find", "read"])
    async def test_searching_a_stopped_desk_is_unavailable(
        self, bench: ProviderBench, accepted: Handoff, verb: str
    ) -> None:
        await bench.stop()
        with pytest.raises(ProviderUnavailable):
            await getattr(bench.provider, verb)(accepted)

    @pytest.mark.parametrize("verb", ["find", "read"])
    async def test_a_search_keeps_to_its_budget(self, bench: ProviderBench, accepted: Handoff, verb: str) -> None:
        bench.hang()
        loop = asyncio.get_running_loop()
        start = loop.time()
        with pytest.raises(ProviderUnavailable):
            await getattr(bench.provider, verb)(accepted)
        assert loop.time() - start < bench.search_timeout + SLACK

    async def test_a_message_is_appended_once_per_id(self, bench: ProviderBench, case: Case, accepted: Handoff) -> None:
        message = make_message(accepted.ticket_id, 2)
        await bench.provider.append(accepted, message)
        await bench.provider.append(accepted, message)
        assert bench.appended() == 1

    async def test_a_message_for_a_lost_ticket_is_refused(self, bench: ProviderBench, accepted: Handoff) -> None:
        bench.lose_tickets()
        with pytest.raises(ProviderRefused):
            await bench.provider.append(accepted, make_message(accepted.ticket_id, 2))

    async def test_a_message_for_a_failing_desk_can_be_sent_again(
        self, bench: ProviderBench, accepted: Handoff
    ) -> None:
        bench.fail()
        with pytest.raises(ProviderUnavailable):
            await bench.provider.append(accepted, make_message(accepted.ticket_id, 2))

    async def test_withdrawing_twice_is_success(self, bench: ProviderBench, accepted: Handoff) -> None:
        await bench.provider.withdraw(accepted, "another desk has it")
        await bench.provider.withdraw(accepted, "another desk has it")

    async def test_withdrawing_what_is_gone_is_success(self, bench: ProviderBench, accepted: Handoff) -> None:
        bench.lose_tickets()
        await bench.provider.withdraw(accepted, "another desk has it")

    async def test_what_somebody_works_on_is_not_withdrawn(self, bench: ProviderBench, accepted: Handoff) -> None:
        bench.pick_up()
        with pytest.raises(ProviderRefused):
            await bench.provider.withdraw(accepted, "another desk has it")

    async def test_a_failing_desk_can_be_asked_to_withdraw_again(self, bench: ProviderBench, accepted: Handoff) -> None:
        bench.fail()
        with pytest.raises(ProviderUnavailable):
            await bench.provider.withdraw(accepted, "another desk has it")

    async def test_probing_a_living_desk(self, bench: ProviderBench) -> None:
        await bench.provider.probe(1.0)

    async def test_probing_a_stopped_desk_fails_at_once(self, bench: ProviderBench) -> None:
        await bench.stop()
        with pytest.raises(ProviderUnavailable):
            await bench.provider.probe(1.0)

    async def test_probing_a_failing_desk_fails_at_once(self, bench: ProviderBench) -> None:
        bench.fail()
        with pytest.raises(ProviderUnavailable):
            await bench.provider.probe(1.0)

    async def test_probing_a_silent_desk_times_out(self, bench: ProviderBench) -> None:
        bench.hang()
        loop = asyncio.get_running_loop()
        start = loop.time()
        with pytest.raises(TimeoutError):
            await bench.provider.probe(0.1)
        assert loop.time() - start < 0.1 + SLACK

    @pytest.mark.parametrize("condition", ["refuse", "fail", "hang", "commit_and_drop"])
    async def test_t38_reasons_hold_no_personal_data(self, bench: ProviderBench, condition: str) -> None:
        case = make_case(requester=CANARY)
        getattr(bench, condition)()
        reason = (await bench.provider.create(case, make_handoff(case))).reason.casefold()
        for word in ("canaria", "piquituerta", "699888777"):
            assert word not in reason

    @pytest.mark.parametrize("condition", ["refuse", "fail", "hang", "commit_and_drop"])
    async def test_t32_neither_reasons_nor_logs_hold_the_secret(
        self,
        bench: ProviderBench,
        case: Case,
        handoff: Handoff,
        condition: str,
        caplog: pytest.LogCaptureFixture,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        caplog.set_level("DEBUG")
        getattr(bench, condition)()
        answer = await bench.provider.create(case, handoff)
        printed = capsys.readouterr()
        assert bench.secret not in answer.reason + caplog.text + printed.out + printed.err + repr(bench.provider)

    async def test_a_cancelled_attempt_leaves_nothing_running(
        self, bench: ProviderBench, case: Case, handoff: Handoff
    ) -> None:
        bench.hang()
        attempt = asyncio.create_task(bench.provider.create(case, handoff))
        await asyncio.sleep(0.02)
        attempt.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attempt

    async def test_after_closing_it_answers_all_the_same(
        self, bench: ProviderBench, case: Case, handoff: Handoff
    ) -> None:
        await bench.provider.close()
        await bench.provider.close()
        answer = await bench.provider.create(case, handoff)
        assert answer.outcome is Outcome.UNAVAILABLE
