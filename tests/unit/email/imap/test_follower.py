"""A follower over hours of virtual time."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from channels.email.imap.errors import CommandRefused, ConnectionFailed
from channels.email.imap.receiving import BATCH
from gateway.core.errors import StoreFailed, StoreUnavailable
from tests.support.imap import Rig, imap_settings, until
from tests.support.imap_mailbox import MailServer
from tests.support.virtual_time import VirtualClock, run

HOUR = 3600.0


def followed(script: Callable[[MailServer, Rig], Awaitable[None]], hours: float = 2.0) -> tuple[MailServer, Rig]:
    """While the script runs."""

    async def whole() -> tuple[MailServer, Rig]:
        server = MailServer()
        rig = Rig(imap_settings(1), server.open, clock=VirtualClock())
        async with rig.following():
            await script(server, rig)
        return server, rig

    return run(whole(), seconds=hours * HOUR)


def now() -> float:
    return asyncio.get_running_loop().time()


async def kept(rig: Rig, count: int) -> float:
    """When so many were."""
    await until(lambda: len(rig.mails.contents) >= count, within=HOUR, every=0.5)
    return now()


@pytest.mark.parametrize("stalls", [False, True], ids=["idle works", "idle stalls on a dead line"])
def test_mail_is_found_within_a_minute(stalls: bool) -> None:
    async def script(server: MailServer, rig: Rig) -> None:
        server.stalls = stalls
        for uid in range(1, 20):
            await asyncio.sleep(17.0)
            delivered = now()
            server.deliver(uid)
            if stalls:
                server.arrived.clear()
            assert await kept(rig, uid) - delivered <= (60.0 if stalls else 1.0)

    followed(script)


@pytest.mark.parametrize("stalls", [False, True], ids=["idle works", "every line goes dead"])
def test_a_folder_is_looked_into_every_minute_and_that_is_reported_though_nothing_is_new(stalls: bool) -> None:
    async def script(server: MailServer, _rig: Rig) -> None:
        server.stalls = stalls
        await asyncio.sleep(HOUR)

    _, rig = followed(script)
    gaps = [later - earlier for earlier, later in pairwise(rig.reports.looks)]
    assert max(gaps) <= (60.0 if stalls else 45.0)
    assert len(gaps) >= 60


def test_a_server_that_is_away_is_asked_ever_more_rarely_and_all_is_received_when_it_is_back() -> None:
    async def script(server: MailServer, rig: Rig) -> None:
        await asyncio.sleep(100.0)
        server.unreachable = True
        server.arrived.set()
        await asyncio.sleep(HOUR)
        server.deliver(*range(1, 301))
        server.unreachable = False
        back = now()
        assert await kept(rig, 300) - back <= 31.0

    server, rig = followed(script)
    waits = [later - earlier for earlier, later in pairwise(server.opened_at[1:])]
    assert waits[:6] == pytest.approx([0.8 * wait for wait in (2, 4, 8, 16, 30, 30)])
    assert len(rig.reports.troubles) == len(server.opened_at) - 1
    assert rig.mails.duplicates == []


def test_p6_a_mail_that_the_server_never_gives_is_tried_for_half_an_hour_and_then_reported() -> None:
    async def script(server: MailServer, rig: Rig) -> None:
        server.failures[2] = CommandRefused("UID FETCH 2", "[SERVERBUG]")
        server.deliver(1, 2, 3)
        assert await kept(rig, 2) < 1.0
        await until(lambda: rig.reports.skips != [], within=HOUR, every=0.5)
        assert 1500.0 < now() < 1800.0
        await asyncio.sleep(1000.0)

    server, rig = followed(script)
    assert [origin.key for origin, _ in rig.reports.skips] == ["INBOX/1/2"]
    assert "SERVERBUG" in rig.reports.skips[0][1]
    assert len(server.opened_at) == 1
    assert rig.reports.counts[-1] == (3, 1)
    assert server.seen == {1, 3}


def test_p6_a_mail_that_breaks_the_connection_holds_up_no_other_and_is_reported_in_the_end() -> None:
    async def script(server: MailServer, rig: Rig) -> None:
        server.failures[1] = ConnectionFailed("it hung up")
        server.deliver(*range(1, 10))
        assert await kept(rig, 8) < 2.0
        await asyncio.sleep(10.0)
        server.deliver(10)
        delivered = now()
        assert await kept(rig, 9) - delivered < 5.0
        await until(lambda: rig.reports.skips != [], within=HOUR, every=0.5)

    server, rig = followed(script)
    assert [origin.key for origin, _ in rig.reports.skips] == ["INBOX/1/1"]
    assert len(server.opened_at) == 6


def test_mails_before_one_that_breaks_the_connection_are_there_within_a_minute() -> None:
    async def script(server: MailServer, rig: Rig) -> None:
        server.deliver(1)
        await asyncio.sleep(100.0)
        server.failures[5] = ConnectionFailed("it hung up")
        delivered = now()
        server.deliver(*range(2, 8))
        assert await kept(rig, 6) - delivered <= 60.0

    server, rig = followed(script)
    assert sorted(rig.mails.contents) == [b"mail %d" % uid for uid in (1, 2, 3, 4, 6, 7)]
    assert server.seen == {1, 2, 3, 4, 6, 7}


def test_a_mail_that_our_own_error_breaks_holds_up_no_other() -> None:
    async def script(server: MailServer, rig: Rig) -> None:
        server.failures[1] = KeyError("ours")
        server.deliver(1, 2)
        assert await kept(rig, 1) < 1.0

    server, rig = followed(script)
    assert list(rig.position().waiting) == [1]
    assert len(server.opened_at) == 1


def test_a_mail_that_no_search_had_shown_is_found_by_the_next_count() -> None:
    async def script(server: MailServer, rig: Rig) -> None:
        server.invisible = {2}
        server.deliver(1, 2, 3)
        await kept(rig, 2)
        server.invisible = set()
        assert await kept(rig, 3) <= 950.0

    _, rig = followed(script)
    assert rig.reports.counts == [(2, 0), (3, 0)]


def test_positions_stay_short_while_others_delete_mails() -> None:
    async def script(server: MailServer, rig: Rig) -> None:
        server.deliver(*range(1, 200, 2))
        await asyncio.sleep(2000.0)
        assert str(rig.position().settled) == "1:199"

    followed(script)


def test_an_unfinished_batch_is_neither_marked_nor_forgotten() -> None:
    async def script(server: MailServer, rig: Rig) -> None:
        rig.mails.refusal = StoreUnavailable("busy")
        server.deliver(*range(1, BATCH * 2))
        await asyncio.sleep(300.0)
        assert (server.seen, rig.positions.stored, rig.reports.troubles) == (set(), {}, [])
        rig.mails.refusal = None
        await kept(rig, BATCH * 2 - 1)
        await asyncio.sleep(1.0)
        assert server.seen == set(range(1, BATCH * 2))

    followed(script)


def test_new_uids_mean_that_everything_is_fetched_anew() -> None:
    async def script(server: MailServer, rig: Rig) -> None:
        server.deliver(1, 2)
        await kept(rig, 2)
        server.uidvalidity = 2
        await kept(rig, 4)

    _, rig = followed(script)
    assert list(rig.mails.by_key) == ["INBOX/1/1", "INBOX/1/2", "INBOX/2/1", "INBOX/2/2"]


def test_a_failed_store_ends_it() -> None:
    async def whole() -> None:
        server = MailServer()
        rig = Rig(imap_settings(1), server.open, clock=VirtualClock())
        rig.mails.refusal = StoreFailed("fsync")
        server.deliver(1)
        with pytest.raises(StoreFailed):
            await rig.follower().run()

    run(whole())
