"""A desk that is reached by mail keeps the contract of all providers, as far as somebody can who is never asked."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

import pytest

from gateway.core.delivery import Case
from gateway.core.errors import ProviderUnavailable
from gateway.core.handoff import Handoff, HandoffState, Outcome
from gateway.core.provider import Copy
from tests.contract.provider_contract import ProviderBench, ProviderContract, timed
from tests.support.mail_desk import MailDesk, mail_desk
from tests.support.smtp_peers import DROP, HANG
from tests.support.tickets import make_message


class MailBench:
    """Its server does what the desk's would, and the relay's."""

    def __init__(self, desk: MailDesk) -> None:
        self.desk = desk
        self.provider = desk.provider
        self.timeout, self.search_timeout, self.secret = desk.timeout, desk.search_timeout, desk.secret

    def refuse(self) -> None:
        self._says({"RCPT": "550 5.1.1 <desk@sur.example> unknown, says ana.ortiz@example.org"})

    def hang(self) -> None:
        self._says({"greeting": HANG})

    def fail(self) -> None:
        self._says({"greeting": "421 4.3.2 out of order", "MAIL": "451 4.3.2 out of order"})

    def commit_and_drop(self) -> None:
        self._says({"content": DROP})

    def lose_tickets(self) -> None:
        """Nobody can tell."""

    def pick_up(self) -> None:
        """Nobody can tell, unless a mail says so."""

    async def stop(self) -> None:
        self.desk.peer.stop_listening()

    def held(self) -> int:
        return sum(not subject.startswith("Re:") for subject in self.desk.subjects().values())

    def appended(self) -> int:
        return sum(subject.startswith("Re:") for subject in self.desk.subjects().values())

    def _says(self, replies: Mapping[str, str]) -> None:
        self.desk.script.replies = replies


class TestEmailProvider(ProviderContract):
    @pytest.fixture
    async def bench(self) -> AsyncIterator[MailBench]:
        async with mail_desk() as desk:
            bench = MailBench(desk)
            yield bench

    @pytest.fixture
    async def accepted(self, bench: ProviderBench, case: Case, handoff: Handoff) -> Handoff:
        assert isinstance(bench, MailBench)
        bench.desk.way.store.cases[handoff.ticket_id] = case
        assert (await bench.provider.create(case, handoff)).outcome is Outcome.ACCEPTED
        return replace(handoff, state=HandoffState.ACCEPTED)

    # Where a mail desk differs.

    async def test_a_refusal_is_a_refusal(self, bench: ProviderBench, case: Case, handoff: Handoff) -> None:
        """Of the content alone: every other ticket would meet a refused recipient, too."""
        bench.refuse()
        answer = await bench.provider.create(case, handoff)
        assert (answer.outcome, answer.misconfigured) == (Outcome.UNAVAILABLE, True)
        assert isinstance(bench, MailBench)
        bench.desk.script.replies = {"content": "554 5.6.0 we can't have this"}
        assert (await bench.provider.create(case, handoff)).outcome is Outcome.REFUSED

    @pytest.mark.parametrize("verb", ["find", "read"])
    async def test_searching_a_stopped_desk_is_unavailable(
        self, bench: ProviderBench, accepted: Handoff, verb: str
    ) -> None:
        """Nobody is asked; that its mail server took the letter is known."""
        await bench.stop()
        await self._known(bench, accepted, verb)

    @pytest.mark.parametrize("verb", ["find", "read"])
    async def test_a_search_keeps_to_its_budget(self, bench: ProviderBench, accepted: Handoff, verb: str) -> None:
        bench.hang()
        await self._known(bench, accepted, verb)

    async def _known(self, bench: ProviderBench, accepted: Handoff, verb: str) -> None:
        if verb == "find":
            assert await bench.provider.find(accepted) == Copy(None, HandoffState.ACCEPTED)
        else:
            with pytest.raises(ProviderUnavailable):
                await bench.provider.read(accepted)

    async def test_accepted_with_the_desks_reference(self, bench: ProviderBench, case: Case, handoff: Handoff) -> None:
        """Which comes later, by its own mail."""
        answer = await bench.provider.create(case, handoff)
        assert (answer.outcome, answer.provider_reference) == (Outcome.ACCEPTED, None)
        assert bench.held() == 1

    async def test_a_stopped_desk_surely_has_nothing(self, bench: ProviderBench, case: Case, handoff: Handoff) -> None:
        """Its relay is tried twice; that it is down says nothing of the desk."""
        await bench.stop()
        answer, seconds = await timed(bench.provider, case, handoff)
        assert answer.outcome is Outcome.UNAVAILABLE or seconds >= bench.timeout
        assert answer.blameless or not answer.explicit

    async def test_a_lost_answer_is_unknown_and_the_ticket_is_found_by_key(
        self, bench: ProviderBench, case: Case, handoff: Handoff
    ) -> None:
        """Not found, but known again by its Message-ID when it is sent once more."""
        assert isinstance(bench, MailBench)
        bench.commit_and_drop()
        assert (await bench.provider.create(case, handoff)).outcome is Outcome.UNKNOWN
        bench.desk.script.replies = {}
        assert (await bench.provider.create(case, replace(handoff, attempts=2))).outcome is Outcome.ACCEPTED
        first, again = bench.desk.script.mails
        assert first.content == again.content
        assert bench.held() == 1

    async def test_what_it_has_not_is_not_found(self, bench: ProviderBench, handoff: Handoff) -> None:
        """Nor said to be absent."""
        with pytest.raises(ProviderUnavailable):
            await bench.provider.find(handoff)

    async def test_reads_back_what_it_has(self, bench: ProviderBench, accepted: Handoff) -> None:
        with pytest.raises(ProviderUnavailable):
            await bench.provider.read(accepted)

    async def test_reads_that_it_was_picked_up(self, bench: ProviderBench, accepted: Handoff) -> None:
        await self.test_reads_back_what_it_has(bench, accepted)

    async def test_a_lost_ticket_reads_as_none(self, bench: ProviderBench, accepted: Handoff) -> None:
        await self.test_reads_back_what_it_has(bench, accepted)

    async def test_a_message_for_a_lost_ticket_is_refused(self, bench: ProviderBench, accepted: Handoff) -> None:
        """It is sent, in the thread: whoever reads it has all that is needed to find out."""
        bench.lose_tickets()
        await bench.provider.append(accepted, make_message(accepted.ticket_id, 2))
        assert bench.appended() == 1

    async def test_what_somebody_works_on_is_not_withdrawn(self, bench: ProviderBench, accepted: Handoff) -> None:
        """The letter asks for it; who works on it says so by mail."""
        bench.pick_up()
        await bench.provider.withdraw(accepted, "another desk has it")
        assert bench.appended() == 1

    async def test_after_closing_it_answers_all_the_same(
        self, bench: ProviderBench, case: Case, handoff: Handoff
    ) -> None:
        """The channel's connections are the channel's."""
        await bench.provider.close()
        await bench.provider.close()
        assert (await bench.provider.create(case, handoff)).outcome is Outcome.ACCEPTED
