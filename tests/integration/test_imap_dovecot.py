"""Receiving from a real Dovecot."""

import asyncio
import logging
import tracemalloc
from collections.abc import AsyncIterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from channels.email.imap.errors import ConnectionFailed, ImapError, LoginRefused
from channels.email.imap.folder_names import encode_folder, quote
from channels.email.imap.opening import open_mailbox
from channels.email.imap.probe import probe
from channels.email.imap.settings import ImapSettings
from channels.email.oauth import TokenSource
from channels.email.oauth_grants import Grant
from channels.email.oauth_settings import OAuthSettings
from channels.email.step import Step
from gateway.core.clock import SystemClock
from gateway.core.raw_mail import Kept, Origin
from tests.support.certificates import make_certificate
from tests.support.dovecot import PASSWORD, USER, Dovecot, running_dovecot
from tests.support.imap import QUICK, KeptMails, Rig, imap_settings, until
from tests.support.ports import new_port
from tests.support.tcp_proxy import Line, TcpProxy

MAIL = b"From: ana@example.org\r\nSubject: help\r\n\r\nIt is broken.\r\n"
FOLDER = "Petición & más"
TEN_DAYS = timedelta(days=10)


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        yield server


def settings_of(server: Dovecot, **others: object) -> ImapSettings:
    port = server.tls_port if others.get("security") == "tls" else server.plain_port
    return imap_settings(port, **{"user": USER, "password": PASSWORD, **others})


def mails(count: int) -> list[bytes]:
    return [MAIL + b"Number %d.\r\n" % number for number in range(count)]


def on_the_wire(folder: str) -> str:
    """As another client has to write it."""
    return quote(encode_folder(folder))


class Digests(KeptMails):
    """Remembers no mail, only its digest."""

    def __init__(self) -> None:
        super().__init__()
        self.of: list[bytes] = []

    async def keep(self, origin: Origin, content: AsyncIterable[bytes], *, ours: int = 0) -> Kept:
        digest = sha256()
        async for piece in content:
            self.largest_piece = max(self.largest_piece, len(piece))
            digest.update(piece)
        self.of.append(digest.digest())
        return Kept.NEW


# The way in


@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
async def test_every_way_in_ends_in_the_mailbox(server: Dovecot, security: str) -> None:
    server.deliver(mails(1), f"ways-{security}")
    settings = settings_of(server, security=security, ca_file=server.certificate, folder=f"ways-{security}")
    steps: list[Step] = []
    assert await probe(settings, None, steps.append)
    names = ["resolve", "connect", "tls", "login", f"select ways-{security}", f"uid search ways-{security}"]
    assert [(step.name, step.why) for step in steps] == [(name, None) for name in names]


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_certificate_that_nobody_vouches_for_ends_it_before_the_login(server: Dovecot, security: str) -> None:
    steps: list[Step] = []
    assert not await probe(settings_of(server, security=security), None, steps.append)
    assert [step.name for step in steps] == ["resolve", "connect", "tls"]
    assert "certificate is not trusted" in (steps[-1].why or "")
    assert "ca_file" in (steps[-1].why or "")


async def test_another_servers_certificate_is_not_trusted(
    server: Dovecot, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = make_certificate(tmp_path_factory.mktemp("other") / "certificate", days=2)
    with pytest.raises(ConnectionFailed, match="not trusted"):
        await open_mailbox(settings_of(server, security="tls", ca_file=other), None)


async def test_a_wrong_password_is_said_to_be_one_and_written_nowhere(
    server: Dovecot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    steps: list[Step] = []
    wrong = settings_of(server, password="not-this-one")
    assert not await probe(wrong, None, steps.append)
    assert steps[-1].name == "login"
    assert "check user and password" in (steps[-1].why or "")
    assert "not-this-one" not in f"{steps}{caplog.text}"


async def test_tokens_that_the_server_knows_open_the_mailbox_and_others_are_refused_at_once(server: Dovecot) -> None:
    for valid in (True, False):
        oauth = OAuthSettings(token_command=("echo", server.token(valid=valid)))
        settings = settings_of(server, oauth=oauth)
        tokens = TokenSource(Grant(oauth).fetch, SystemClock(), alarm=lambda _why: None)
        if valid:
            mailbox = await open_mailbox(settings, tokens)
            await mailbox.select("INBOX")
            await mailbox.close()
        else:
            with pytest.raises(LoginRefused, match="401"):
                await open_mailbox(settings, tokens)


async def test_a_folder_that_is_missing_is_told_with_those_that_there_are(server: Dovecot) -> None:
    server.deliver([], on_the_wire(FOLDER))
    steps: list[Step] = []
    assert not await probe(settings_of(server, folder="Missing"), None, steps.append)
    assert steps[-1].name == "select Missing"
    assert FOLDER in (steps[-1].why or "")


async def test_t24_a_folder_can_not_carry_a_command(server: Dovecot) -> None:
    server.deliver([], "victim")
    for name in ('INBOX" "x', "INBOX\r\nx DELETE victim\r\n", "INBOX\0"):
        mailbox = await open_mailbox(settings_of(server), None)
        with pytest.raises(ImapError):
            await mailbox.select(name)
        await mailbox.close()
    mailbox = await open_mailbox(settings_of(server), None)
    assert "victim" in await mailbox.folders()
    await mailbox.close()


# Receiving


async def test_mail_that_somebody_has_read_is_received_all_the_same(server: Dovecot) -> None:
    server.deliver(mails(2), "read", flags=r"(\Seen)")
    rig = Rig(settings_of(server, folder="read"))
    async with rig.following():
        await until(lambda: len(rig.mails.contents) == 2)
    assert sorted(rig.mails.contents) == sorted(mails(2))


async def test_a_backlog_of_ten_days_is_received_whole_once_with_its_dates_and_marked(server: Dovecot) -> None:
    began = datetime.now(UTC).replace(microsecond=0) - TEN_DAYS
    server.deliver(mails(150), "backlog", at=began)
    server.deliver(mails(300)[150:], "backlog", flags=r"(\Seen)", at=began + TEN_DAYS / 2)
    rig = Rig(settings_of(server, folder="backlog"))
    async with rig.following():
        await until(lambda: rig.reports.looks != [])
    assert sorted(rig.mails.contents) == sorted(mails(300))
    assert rig.mails.duplicates == []
    assert {origin.received_at for origin in rig.mails.origins.values()} == {
        began.timestamp(),
        (began + TEN_DAYS / 2).timestamp(),
    }
    assert all(r"\Seen" in flags for flags in server.flags("backlog"))
    assert rig.reports.counts == [(300, 0)]
    assert str(rig.position().settled) == "1:300"


async def test_new_mail_is_announced_by_idle_and_received_at_once_in_a_folder_with_any_name(server: Dovecot) -> None:
    server.deliver([], on_the_wire(FOLDER))
    rig = Rig(settings_of(server, folder=FOLDER, poll="1h"))
    async with rig.following():
        await until(lambda: len(rig.reports.looks) == 1)
        for number in range(3):
            server.deliver([MAIL + b"%d" % number], on_the_wire(FOLDER))
            await until(lambda number=number: len(rig.mails.contents) == number + 1, within=2.0)  # type: ignore[misc]
    assert {origin.place for origin in rig.mails.origins.values()} == {f"imap {FOLDER}"}


async def test_mail_that_comes_while_others_are_being_received_is_not_left_for_the_next_poll(server: Dovecot) -> None:
    server.deliver(mails(1), "meanwhile")
    rig = Rig(settings_of(server, folder="meanwhile", poll="1h"))
    rig.mails.on_piece = lambda origin, _: server.deliver(mails(1), "meanwhile") if origin.key.endswith("/1") else None
    async with rig.following():
        await until(lambda: len(rig.mails.contents) == 2, within=2.0)


@pytest.mark.parametrize("extra", ["", "imap_capability = IMAP4rev1 IDLE UIDPLUS"], ids=["move", "copy"])
async def test_mail_is_moved_into_a_folder_that_is_made_for_it(extra: str) -> None:
    with running_dovecot(extra) as server:
        server.deliver(mails(2))
        rig = Rig(settings_of(server, after="move", move_to="Récibidas"))
        async with rig.following():
            await until(lambda: len(rig.reports.looks) == 1)
        assert server.flags() == []
        assert len(server.flags(on_the_wire("Récibidas"))) == 2
        assert rig.reports.troubles == []


async def test_mail_is_deleted_and_what_others_have_marked_as_deleted_is_not(server: Dovecot) -> None:
    server.deliver(mails(1), "deleted", flags=r"(\Deleted)")
    before = datetime.now(UTC) - TEN_DAYS
    server.deliver(mails(1), "deleted", flags=r"(\Deleted)", at=before)
    rig = Rig(settings_of(server, folder="deleted", after="delete", since=str(datetime.now(UTC).date() - TEN_DAYS / 2)))
    async with rig.following():
        await until(lambda: len(rig.reports.looks) == 1)
    assert len(rig.mails.contents) == 1
    assert len(server.flags("deleted")) == 1


async def test_a_folder_that_was_made_anew_is_fetched_anew(server: Dovecot) -> None:
    server.deliver(mails(3), "renewed")
    rig = Rig(settings_of(server, folder="renewed"))
    async with rig.following():
        await until(lambda: len(rig.reports.looks) == 1)
    client = server.client()
    client.delete("renewed")
    client.logout()
    server.deliver(mails(5)[2:], "renewed")
    async with rig.following():
        await until(lambda: len(rig.mails.contents) == 6)
    assert len({key.split("/")[1] for key in rig.mails.by_key}) == 2
    assert str(rig.position().settled) == "1:3"


async def test_a_restart_fetches_nothing_twice(server: Dovecot) -> None:
    server.deliver(mails(2), "restart")
    rig = Rig(settings_of(server, folder="restart"))
    for count in (2, 3):
        async with rig.following():
            await until(lambda count=count: len(rig.reports.looks) == count - 1)  # type: ignore[misc]
        server.deliver(mails(1), "restart")
        assert len(rig.mails.contents) == count
    assert rig.mails.duplicates == []


async def test_a_mail_of_25_mb_comes_in_pieces_and_never_lies_in_memory_whole(server: Dovecot) -> None:
    line = b"0123456789" * 7 + b"\r\n"
    big = MAIL + line * (25_000_000 // len(line))
    server.deliver([big], "big")
    rig = Rig(settings_of(server, folder="big"))
    rig.mails = digests = Digests()
    tracemalloc.start()
    try:
        async with rig.following():
            await until(lambda: digests.of != [])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert digests.of == [sha256(big).digest()]
    assert digests.largest_piece <= 1024 * 1024
    assert peak < 8_000_000


# Failures


async def test_dovecot_killed_in_the_middle_of_a_mail_loses_none_and_the_same_mail_comes_again() -> None:
    big = MAIL + b"x" * 998 * 4000
    with running_dovecot() as server:
        server.deliver([big, *mails(3)])
        rig = Rig(settings_of(server))
        killed = asyncio.Event()

        def kill(origin: Origin, _size: int) -> None:
            if origin.key.endswith("/1") and not killed.is_set():
                server.kill()
                killed.set()

        rig.mails.on_piece = kill
        async with rig.following():
            await killed.wait()
            await until(lambda: rig.reports.troubles != [])
            server.start()
            await until(lambda: len(rig.mails.contents) == 4)
            await until(lambda: not rig.position().waiting)
        assert sorted(rig.mails.contents) == sorted([big, *mails(3)])
        assert rig.reports.skips == []


async def test_idle_that_a_proxy_swallows_delays_mail_by_the_poll_at_most(server: Dovecot) -> None:
    server.deliver([], "swallowed")
    port = new_port()
    async with TcpProxy(port, server.plain_port) as proxy:
        settings = imap_settings(port, user=USER, password=PASSWORD, folder="swallowed", poll="1s")
        rig = Rig(settings, patience=QUICK)
        async with rig.following():
            await until(lambda: len(rig.reports.looks) == 1)
            await proxy.become(Line.SWALLOWS_ANSWERS)
            server.deliver(mails(1), "swallowed")
            await until(lambda: rig.reports.troubles != [], within=3.0)
            assert "didn't answer DONE within 0.5 s" in rig.reports.troubles[0]
            await proxy.become(Line.FORWARDS)
            await until(lambda: len(rig.mails.contents) == 1)
