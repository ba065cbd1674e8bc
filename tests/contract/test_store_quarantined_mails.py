"""Mails that could not be read, and what a person does about them, over every engine."""

from dataclasses import replace

import pytest

from gateway.core.delivery import Kind, Quarantine
from gateway.core.events import DeliveryDiscarded, DeliveryQuarantined, DeliveryReleased
from gateway.core.raw_mail import Kept
from gateway.store import SqlStore
from tests.support.kept_mails import Reading, new_mail
from tests.support.store import Heard
from tests.support.store_work import Work, lease_of


@pytest.fixture
def reading(store: SqlStore) -> Reading:
    return Reading(store)


async def waiting(reading: Reading, *, at: float) -> list[str]:
    """The mails that are to be read now."""
    return [case.delivery.id for case in await reading.claim(at=at)]


async def test_it_is_shown_with_its_channel_and_place(store: SqlStore, reading: Reading, heard: Heard) -> None:
    mail = await reading.withheld(new_mail(place="lmtp"), reason="more than 100 levels")
    (item,) = await store.quarantined()
    assert (item.id, item.kind, item.target, item.place) == (mail.id, Kind.MAIL, "mail", "lmtp")
    assert (item.reason, item.ticket_id, item.reference) == ("more than 100 levels", None, None)
    assert [event.target for event in heard.of(DeliveryQuarantined)] == ["mail"]


async def test_one_of_them_is_read_again(store: SqlStore, reading: Reading) -> None:
    first, second = await reading.withheld(), await reading.withheld()
    assert await store.release(first.id, 1_010.0, "eva")
    assert await waiting(reading, at=1_010.0) == [first.id]
    assert [item.id for item in await store.quarantined()] == [second.id]


async def test_all_of_them_are_read_again_and_whoever_read_before_is_fenced_off(
    store: SqlStore, reading: Reading, heard: Heard
) -> None:
    mail = await reading.keep()
    (case,) = await reading.claim()
    assert await store.quarantine([Quarantine(lease_of(case), "timeout", 1_002.0)]) == [True]
    other = await reading.withheld()
    assert await store.replay_mails(1_010.0, 10, "eva") == 2
    assert await store.quarantined() == []
    assert not await reading.end(case)
    cases = {each.delivery.id: each for each in await reading.claim(at=1_010.0)}
    assert cases.keys() == {mail.id, other.id}
    assert cases[mail.id].delivery.attempts == 0
    assert all([await reading.end(each) for each in cases.values()])
    assert [event.kind for event in heard.of(DeliveryReleased)] == ["mail", "mail"]
    assert await store.replay_mails(1_020.0, 10, "eva") == 0


async def test_those_of_one_channel_or_for_one_reason_are_read_again(store: SqlStore, reading: Reading) -> None:
    deep = await reading.withheld(reason="Too deep: 2000 levels")
    slow = await reading.withheld(reason="timeout")
    odd = await reading.withheld(reason="100% of 10_000 parts")
    foreign = await reading.withheld(new_mail(channel="other mail"), reason="timeout")
    assert await store.replay_mails(1_010.0, 10, "eva", reason="%") == 1
    assert await waiting(reading, at=1_010.0) == [odd.id], "what is looked for is no pattern"
    assert await store.replay_mails(1_010.0, 10, "eva", channel="mail", reason="TOO DEEP") == 1
    assert await waiting(reading, at=1_010.0) == [deep.id]
    assert await store.replay_mails(1_010.0, 10, "eva", channel="nothing", reason="timeout") == 0
    assert await store.replay_mails(1_010.0, 10, "eva", channel="other mail") == 1
    assert await waiting(reading, at=1_010.0) == [foreign.id]
    assert [item.id for item in await store.quarantined()] == [slow.id]


async def test_what_comes_back_meanwhile_is_left_there(store: SqlStore, reading: Reading) -> None:
    """Batch after batch, oldest first: what fails again is not tried for ever."""
    mails = [await reading.withheld(at=1_001.0 + second) for second in range(3)]
    late = await reading.withheld(at=1_011.0)
    assert [await store.replay_mails(1_010.0, 2, "eva") for _ in range(3)] == [2, 1, 0]
    assert await waiting(reading, at=1_010.0) == [mail.id for mail in mails]
    assert [item.id for item in await store.quarantined()] == [late.id]


async def test_nothing_but_mails_is_read_again(store: SqlStore, reading: Reading) -> None:
    work = Work(store)
    await work.accept()
    (case,) = await work.claim()
    await store.quarantine([Quarantine(lease_of(case), "refused", 1_002.0)])
    assert await store.replay_mails(1_010.0, 10, "eva") == 0
    (item,) = await store.quarantined()
    assert (item.kind, item.place) == (Kind.TICKET, None)


async def test_a_mail_that_was_thrown_away_counts_as_read(store: SqlStore, reading: Reading, heard: Heard) -> None:
    mail = await reading.withheld(new_mail("7/31"))
    assert await store.discard(mail.id, 1_010.0, "eva")
    assert [event.kind for event in heard.of(DeliveryDiscarded)] == ["mail"]
    assert await reading.astray() == []
    assert await store.raw_mail(mail.id) == mail, "for as long as those that were read"
    assert await store.keep_mail(new_mail("7/31")) is Kept.DUPLICATE
    assert await store.forget_mails("mail", 1_011.0, 10) == 1
    assert await store.raw_mail(mail.id) == replace(mail, content=None)


async def test_it_can_be_looked_at_while_it_is_there(store: SqlStore, reading: Reading) -> None:
    mail, read = await reading.withheld(), await reading.read()
    assert await store.quarantined_mail(mail.id, "eva") == mail
    assert await store.quarantined_mail(read.id, "eva") is None
    assert await store.quarantined_mail("0" * 32, "eva") is None
