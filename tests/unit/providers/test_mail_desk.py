"""A desk that is reached by mail: what becomes of a letter, when it counts as accepted, and what its canaries say."""

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.delivery import Answer
from gateway.core.errors import ConfigError, ProviderRefused, ProviderUnavailable
from gateway.core.handoff import HandoffState, Outcome
from gateway.core.post import Deferred, Purpose, Refused, Sent, Unknown
from gateway.core.post import Outcome as Posted
from gateway.core.provider import Copy
from routing.providers.context import ProviderContext
from routing.providers.email.adapter import EmailProvider
from routing.providers.email.canary import CanaryWatch
from tests.support.mail_desk import LINKS, desk_settings
from tests.support.scripted_post import ScriptedPost
from tests.support.tickets import make_case, make_handoff, make_message
from tests.support.virtual_time import EPOCH, VirtualClock, run


def provider(post: ScriptedPost, **settings: object) -> EmailProvider:
    return EmailProvider(desk_settings(**settings), ProviderContext("sur", VirtualClock(), LINKS, {"mail": post}))


CASE = make_case()
HANDOFF = make_handoff(CASE, "sur")
ACKNOWLEDGED = {"accepted": "acknowledgement", "timeout": "5m"}


@pytest.mark.parametrize(
    ("posted", "outcome", "again_after", "blameless"),
    [
        (Sent("queued"), Outcome.ACCEPTED, None, False),
        (Deferred("greylisted", "recipient", 451, 300.0), Outcome.UNAVAILABLE, 300.0, True),
        (Deferred("mailbox full", "recipient", 452), Outcome.UNAVAILABLE, None, False),
        (Deferred("filter away", "content", 451), Outcome.UNAVAILABLE, None, True),
        (Deferred("refused", "connect"), Outcome.UNAVAILABLE, None, True),
        (Deferred("password", "login", 535), Outcome.UNAVAILABLE, None, True),
        (Deferred("later", "greeting", 421, 60.0), Outcome.UNAVAILABLE, 60.0, True),
        (Refused("no such user", "recipient", 550), Outcome.UNAVAILABLE, None, False),
        (Refused("not permitted", "sender", 553), Outcome.UNAVAILABLE, None, True),
        (Refused("a virus", "content", 554), Outcome.REFUSED, None, False),
        (Unknown("no answer"), Outcome.UNKNOWN, None, False),
    ],
)
async def test_what_became_of_a_letter_is_the_answer_to_the_hand_off(
    posted: Posted, outcome: Outcome, again_after: float | None, blameless: bool
) -> None:
    answer = await provider(ScriptedPost([posted])).create(CASE, HANDOFF)
    assert (answer.outcome, answer.again_after, answer.blameless) == (outcome, again_after, blameless)
    assert answer.misconfigured == (isinstance(posted, Refused) and posted.step != "content")
    assert answer.retry_after is None, "one letter must not stop a desk"
    assert answer.explicit
    assert answer.provider_reference is None


def test_with_acknowledgement_the_relays_word_is_not_enough() -> None:
    post = ScriptedPost(acknowledges_after=40.0)
    answer = run(provider(post, **ACKNOWLEDGED).create(CASE, HANDOFF), seconds=400)
    assert (answer.outcome, answer.reason) == (Outcome.ACCEPTED, "its system acknowledged the letter")


def test_a_silent_system_is_unknown_and_its_letter_is_not_sent_again() -> None:
    post = ScriptedPost()
    desk = provider(post, **ACKNOWLEDGED)

    async def twice() -> list[str]:
        answers = [await desk.create(CASE, HANDOFF), await desk.create(CASE, HANDOFF)]
        assert {(each.outcome, each.explicit) for each in answers} == {(Outcome.UNKNOWN, False)}
        return [each.reason for each in answers]

    assert run(twice(), seconds=1000) == ["no acknowledgement within 5m"] * 2
    assert len(post.letters) == 1


def test_a_relay_that_falls_silent_is_unknown_within_the_timeout() -> None:
    async def silent() -> Answer:
        desk = provider(ScriptedPost(takes=1000.0))
        answer = await desk.create(CASE, HANDOFF)
        await desk.close()
        return answer

    answer = run(silent(), seconds=100)
    assert (answer.outcome, answer.reason) == (Outcome.UNKNOWN, "no answer of the mail server within 1m")
    assert not answer.explicit


def test_a_letter_that_takes_longer_than_its_attempt_is_not_cut_off_and_its_late_end_counts() -> None:
    post = ScriptedPost(takes=100.0)

    async def late() -> None:
        desk = provider(post)
        assert (await desk.create(CASE, HANDOFF)).outcome is Outcome.UNKNOWN
        with pytest.raises(ProviderUnavailable):
            await desk.find(HANDOFF)
        again = await desk.create(CASE, HANDOFF)
        assert again.outcome is Outcome.ACCEPTED
        assert await desk.find(HANDOFF) == Copy(None, HandoffState.ACCEPTED)

    run(late(), seconds=400)
    assert len(post.letters) == 1


def test_that_a_letter_is_taken_says_nothing_of_a_system_that_has_to_acknowledge_it() -> None:
    async def taken() -> None:
        desk = provider(ScriptedPost(), **ACKNOWLEDGED)
        await desk.create(CASE, HANDOFF)
        with pytest.raises(ProviderUnavailable):
            await desk.find(HANDOFF)

    run(taken(), seconds=400)


async def test_only_what_the_hand_off_is_for_is_told() -> None:
    post = ScriptedPost()
    later = make_message(CASE.delivery.ticket_id or "", 2)
    case = make_case()
    case = type(case)(case.delivery, case.ticket, (*case.messages, later))
    await provider(post).create(case, make_handoff(case, "sur", messages_sent=1))
    (letter,) = post.letters
    assert letter.messages == case.messages[:1]
    assert (letter.purpose, letter.to.address) == (Purpose.TICKET, "desk@sur.example")


@pytest.mark.parametrize(
    ("posted", "error"),
    [
        (Deferred("greylisted", "recipient", 451, 300.0), ProviderUnavailable),
        (Unknown("no answer"), ProviderUnavailable),
        (Refused("too big", "content", 552), ProviderRefused),
    ],
)
async def test_follow_ups_are_told_again_later_unless_refused(posted: Posted, error: type[Exception]) -> None:
    desk = provider(ScriptedPost([posted]))
    with pytest.raises(error):
        await desk.append(HANDOFF, make_message(HANDOFF.ticket_id, 2))
    with pytest.raises(error):
        await desk.withdraw(HANDOFF, "another has it")


@pytest.mark.parametrize("step", ["sender", "recipient"])
async def test_a_permission_that_has_expired_quarantines_no_message(step: str) -> None:
    desk = provider(ScriptedPost([Refused("expired", step, 553)]))
    with pytest.raises(ProviderUnavailable) as caught:
        await desk.append(HANDOFF, make_message(HANDOFF.ticket_id, 2))
    assert caught.value.retry_after == pytest.approx(15.0, abs=1.0)
    assert caught.value.misconfigured


def test_of_a_message_that_may_have_arrived_each_time_there_are_three_letters() -> None:
    post, message = ScriptedPost([Unknown("no answer")]), make_message(HANDOFF.ticket_id, 2)

    async def tell() -> list[float]:
        desk, pauses = provider(post), list[float]()
        while True:
            for _ in range(5):  # others of the ticket's messages are owed, too, and each tries this one first
                try:
                    doubt = await desk.append(HANDOFF, message)
                except ProviderUnavailable as error:
                    pauses.append(error.retry_after or 0.0)
                else:
                    assert doubt is not None
                    assert await desk.append(HANDOFF, message) == doubt
                    return pauses
            await asyncio.sleep(pauses[-1])

    assert run(tell(), seconds=4000) == [300.0] * 5 + [1800.0] * 5
    assert len(post.letters) == 3


def test_a_message_that_is_not_taken_waits_longer_each_time() -> None:
    post = ScriptedPost([Deferred("down", "connect")])

    async def tell() -> list[float]:
        desk, pauses = provider(post), list[float]()
        for _ in range(8):
            with pytest.raises(ProviderUnavailable) as caught:
                await desk.withdraw(HANDOFF, "another has it")
            pauses.append(caught.value.retry_after or 0.0)
            await asyncio.sleep(pauses[-1])
        return pauses

    assert run(tell(), seconds=4000) == [15.0, 30.0, 60.0, 120.0, 240.0, 480.0, 900.0, 900.0]


def test_probes_ask_its_own_server_within_their_time() -> None:
    post = ScriptedPost()
    desk = provider(post, health={"smtp": "127.0.0.1:25", "allow_private": True})
    run(desk.probe(10.0), seconds=20)
    run(provider(post).probe(10.0), seconds=20)
    assert post.probed == [("127.0.0.1:25", True), ("None", True)]


async def test_a_channel_that_can_not_send_is_an_error_of_the_configuration() -> None:
    with pytest.raises(ConfigError, match="mail is no mail channel that can send"):
        EmailProvider(desk_settings(), ProviderContext("sur", VirtualClock(), LINKS, {}))


# Canaries


def watched(post: ScriptedPost, seconds: float, change: Callable[[float], None] = lambda at: None) -> list[bool]:
    """Whether each probe, one every 30 s, found the desk alive."""

    async def probes() -> list[bool]:
        desk = provider(post, canary={"every": "10m", "within": "5m"})
        found = []
        for number in range(int(seconds / 30)):
            change(number * 30.0)
            try:
                await desk.probe(10.0)
            except ProviderUnavailable:
                found.append(False)
            else:
                found.append(True)
            await asyncio.sleep(30.0)
        await desk.close()
        return found

    return run(probes(), seconds=seconds + 600)


def test_a_desk_that_answers_its_canaries_is_alive() -> None:
    post = ScriptedPost(acknowledges_after=60.0)
    assert all(watched(post, 3600.0))
    assert len(post.letters) == 6
    assert len({letter.unique for letter in post.letters}) == 6


def test_a_desk_that_stops_answering_is_found_out_within_the_bound_and_its_return_too() -> None:
    post = ScriptedPost(acknowledges_after=60.0)

    def change(at: float) -> None:
        post.acknowledges_after = None if 700.0 <= at < 3000.0 else 60.0

    found = watched(post, 5000.0, change)
    dead = [number * 30.0 for number, alive in enumerate(found) if not alive]
    assert 700.0 < dead[0] <= 700.0 + 600.0 + 300.0 + 2 * 30.0
    assert 3000.0 < dead[-1] <= 3000.0 + 600.0 + 60.0 + 30.0
    assert not any(found[int(dead[0] / 30) : int(dead[-1] / 30)])


def test_a_canary_that_can_not_be_sent_is_one_unanswered_and_is_tried_again() -> None:
    post = ScriptedPost([Deferred("down", "connect")], acknowledges_after=1.0)

    def change(at: float) -> None:
        if at >= 900.0:
            post.outcomes = [Sent("queued")]

    found = watched(post, 1500.0, change)
    assert found[0]
    assert not found[int(600 / 30)]
    assert found[int(960 / 30)]
    assert len({letter.unique for letter in post.letters[:20]}) == 1


def test_a_canary_that_may_have_arrived_is_not_sent_again() -> None:
    post = ScriptedPost([Unknown("no answer")], acknowledges_after=1.0)
    assert all(watched(post, 600.0))
    assert len(post.letters) == 1


def test_while_our_own_mailbox_is_in_trouble_a_silent_desk_is_not_down() -> None:
    post = ScriptedPost()

    def change(at: float) -> None:
        post.deaf = EPOCH + min(at, 900.0)

    found = watched(post, 2000.0, change)
    assert all(found[: int(1200 / 30)]), "what lay unread in the mailbox has its time after the trouble"
    assert not found[int(1260 / 30)]


def test_an_answer_that_another_gateway_has_read_counts() -> None:
    post = ScriptedPost()

    def change(at: float) -> None:
        if post.letters:
            post.newest_canary = post.letters[-1].unique

    assert all(watched(post, 3600.0, change))
    post.newest_canary = ""
    assert not all(watched(post, 3600.0))


@given(st.lists(st.tuples(st.floats(0.0, 100.0), st.booleans()), max_size=60))
def test_a_desk_counts_as_silent_just_while_a_canary_in_the_air_is_too_old(steps: list[tuple[float, bool]]) -> None:
    watch, now, sent = CanaryWatch(every=50.0, within=20.0), 0.0, list[float]()
    for pause, answered in steps:
        now += pause
        if watch.due(now):
            sent.append(now)
        if answered and sent:
            watch.answered(sent[-1])
            sent.clear()
        assert (watch.trouble(now) is not None) == bool(sent and now - sent[0] > 20.0)
        assert len(watch.in_the_air()) <= 20
