"""Receiving from a server that does what a real one won't do on demand."""

import asyncio
import base64
from collections.abc import AsyncIterator

import pytest

from channels.email.imap.connection import PART, Connection
from channels.email.imap.errors import ConnectionFailed, LoginRefused
from channels.email.imap.opening import open_mailbox
from channels.email.oauth import TokenSource
from channels.email.oauth_grants import Grant
from channels.email.oauth_settings import OAuthSettings
from gateway.core.clock import SystemClock
from gateway.core.errors import ContentTooLarge, StoreUnavailable
from tests.support.imap import QUICK, Rig, imap_settings, until
from tests.support.scripted_imap import ScriptedImap, Session

MAIL = b"Subject: help\r\n\r\nIt is broken.\r\n"


@pytest.fixture
async def server() -> AsyncIterator[ScriptedImap]:
    async with ScriptedImap().listening() as server:
        yield server


async def opened(server: ScriptedImap, **others: object) -> Connection:
    mailbox = await open_mailbox(imap_settings(server.port, **others), None, patience=QUICK)
    await mailbox.select("INBOX")
    return mailbox


# Big answers, which must not recurse


async def test_two_thousand_lines_of_flags_before_an_answer_are_no_trouble(server: ScriptedImap) -> None:
    async def flags(session: Session, command: bytes) -> None:
        session.raw(b"".join(b"* %d FETCH (FLAGS (\\Seen))\r\n" % number for number in range(1, 2001)))
        await server.ordinary(session, command)

    server.mails = {4: MAIL}
    server.answers["UID FETCH"] = flags
    mailbox = await opened(server)
    mail = await mailbox.fetch(4, PART)
    assert [piece async for piece in mail.content()] == [MAIL]
    await mailbox.close()


async def test_five_hundred_literals_in_one_answer_are_no_trouble(server: ScriptedImap) -> None:
    async def literals(session: Session, command: bytes) -> None:
        pairs = b" ".join(b"BODY[HEADER.FIELDS (X-%d)] {6}\r\na: b\r\n" % number for number in range(500))
        session.raw(b"* 1 FETCH (UID 4 " + pairs + b")\r\n")
        await server.ordinary(session, command)

    server.mails = {4: MAIL}
    server.answers["UID FETCH"] = literals
    mailbox = await opened(server)
    mail = await mailbox.fetch(4, PART)
    assert [piece async for piece in mail.content()] == [MAIL]
    await mailbox.close()


async def test_a_line_without_end_is_not_waited_for_for_ever(server: ScriptedImap) -> None:
    async def endless(session: Session, _command: bytes) -> None:
        while True:
            session.raw(b"* SEARCH" + b" 1" * 500_000)
            await asyncio.sleep(0)

    server.answers["UID SEARCH"] = endless
    mailbox = await opened(server)
    with pytest.raises(ConnectionFailed, match="a line of more than"):
        await mailbox.uids_after(0)


# Lines that go dead, or break


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"* 1 FETCH (UID 4 BODY[]<0> {400}\r\nshort", "didn't answer UID FETCH 4 within 1 s"),
        (b"* 1 FETCH (UID 4 BODY[]<0> {2}\r\nlonger than that)\r\n{tag} OK\r\n", "makes no sense"),
        (b"* 1 FETCH (UID 4 BODY[]<0> {99999999999}\r\n)\r\n", "answered what nobody had asked"),
        (b"* 1 FETCH (UID 4 BODY[]<0> {999999999}\r\n", "a literal of 999999999 bytes"),
        (b"* 1 FETCH ((((((((((((((((((((((((((((((((((\r\n{tag} OK\r\n", "makes no sense"),
        (b"* BYE I have had enough\r\n", "said goodbye: .* enough"),
        (b"nonsense\r\n", "answered what nobody had asked"),
    ],
    ids=["short literal", "long literal", "absurd literal", "huge literal", "deep list", "bye", "nonsense"],
)
async def test_a_fetch_that_goes_wrong_ends_within_its_bound(server: ScriptedImap, said: bytes, why: str) -> None:
    async def wrong(session: Session, _command: bytes) -> None:
        session.raw(said.replace(b"{tag}", session.tag))
        await session.line()

    server.mails = {4: MAIL}
    server.answers["UID FETCH"] = wrong
    mailbox = await opened(server)
    with pytest.raises(ConnectionFailed, match=why):
        await mailbox.fetch(4, PART)
    with pytest.raises(ConnectionFailed):
        await mailbox.uids_after(0)


async def test_a_fetch_that_drips_keeps_to_its_own_deadline(server: ScriptedImap) -> None:
    async def drip(session: Session, _command: bytes) -> None:
        session.raw(b"* 1 FETCH (UID 4 BODY[]<0> {400}\r\n")
        while True:
            session.raw(b"x")
            await asyncio.sleep(0.05)

    server.answers["UID FETCH"] = drip
    mailbox = await opened(server)
    started = asyncio.get_running_loop().time()
    with pytest.raises(ConnectionFailed, match="within 1 s"):
        await mailbox.fetch(4, PART)
    assert asyncio.get_running_loop().time() - started < 2.0


async def test_a_lost_connection_fails_what_waits_at_once(server: ScriptedImap) -> None:
    async def cut(session: Session, _command: bytes) -> None:
        session.cut()

    server.answers["IDLE"] = cut
    mailbox = await opened(server)
    started = asyncio.get_running_loop().time()
    with pytest.raises(ConnectionFailed, match="was lost"):
        await mailbox.idle(30)
    assert asyncio.get_running_loop().time() - started < 1.0


async def test_mail_announced_before_idle_began_ends_it_at_once(server: ScriptedImap) -> None:
    async def announce(session: Session, command: bytes) -> None:
        session.say(b"* 5 EXISTS")
        await server.ordinary(session, command)

    server.answers["UID SEARCH"] = announce
    mailbox = await opened(server)
    await mailbox.uids_after(0)
    await asyncio.wait_for(mailbox.idle(30), timeout=1.0)
    assert b"IDLE" not in server.commands
    await mailbox.close()


async def test_a_server_that_refuses_idle_is_looked_at_by_the_poll(server: ScriptedImap) -> None:
    async def refuse(session: Session, _command: bytes) -> None:
        session.done(b"NO not today")

    server.answers["IDLE"] = refuse
    await still_found(server)


async def test_a_server_without_idle_is_looked_at_by_the_poll(server: ScriptedImap) -> None:
    server.capabilities = b"IMAP4rev1"
    await still_found(server)
    assert b"NOOP" in server.commands


async def test_idle_that_stalls_in_silence_is_helped_by_the_poll(server: ScriptedImap) -> None:
    async def stall(session: Session, _command: bytes) -> None:
        session.say(b"+ idling")
        while await session.line() != b"DONE":
            pass
        session.done()

    server.answers["IDLE"] = stall
    await still_found(server)


async def still_found(server: ScriptedImap) -> None:
    """Mail that is not announced, by a poll, over the same connection."""
    rig = Rig(imap_settings(server.port, poll="1s"))
    async with rig.following():
        await until(lambda: len(rig.reports.looks) == 1)
        server.mails = {1: MAIL}
        await until(lambda: rig.mails.contents == [MAIL], within=2.0)
    assert (server.connections, rig.reports.troubles) == (1, [])


async def test_the_last_mail_is_not_among_those_after_it(server: ScriptedImap) -> None:
    server.mails = {4: MAIL, 9: MAIL}
    mailbox = await opened(server)
    assert [await mailbox.uids_after(uid) for uid in (0, 4, 9, 12)] == [[4, 9], [9], [], []]
    await mailbox.close()


# Mails that can't be had


async def test_t20_a_mail_that_breaks_the_connection_delays_only_itself(server: ScriptedImap) -> None:
    async def poisoned(session: Session, command: bytes) -> None:
        if command.startswith(b"UID FETCH 2 "):
            session.cut()
        await server.ordinary(session, command)

    server.mails = {1: MAIL, 2: b"poison", 3: MAIL}
    server.answers["UID FETCH"] = poisoned
    rig = Rig(imap_settings(server.port))
    async with rig.following():
        await until(lambda: len(rig.mails.contents) == 2)
        await until(lambda: rig.reports.counts != [])
    assert list(rig.position().waiting) == [2]
    assert rig.reports.counts[-1] == (3, 1)


async def test_mails_that_the_server_refuses_or_that_are_too_large_delay_no_other(server: ScriptedImap) -> None:
    async def refused(session: Session, command: bytes) -> None:
        if command.startswith(b"UID FETCH 1 "):
            session.done(b"NO [SERVERBUG] can't read it")
        else:
            await server.ordinary(session, command)

    server.mails = {1: MAIL, 2: MAIL + b"x" * 70_000, 3: MAIL, 4: MAIL}
    server.answers["UID FETCH"] = refused
    rig = Rig(imap_settings(server.port, largest=65_536))
    async with rig.following():
        await until(lambda: len(rig.reports.looks) == 1)
    assert list(rig.mails.by_key) == ["INBOX/7/3", "INBOX/7/4"]
    assert [(origin.key, "imap.largest" in why) for origin, why in rig.reports.skips] == [("INBOX/7/2", True)]
    assert list(rig.position().waiting) == [1]
    assert server.connections == 1


async def test_a_mail_larger_than_the_server_told_ends_at_the_bound(server: ScriptedImap) -> None:
    async def modest(session: Session, _command: bytes) -> None:
        session.raw(b"* 1 FETCH (UID 1 RFC822.SIZE 10 BODY[]<0> {%d}\r\n" % PART + b"x" * PART + b")\r\n")
        session.done()

    server.mails = {1: MAIL}
    server.answers["UID FETCH"] = modest
    rig = Rig(imap_settings(server.port, largest=2_500_000))
    async with rig.following():
        await until(lambda: rig.reports.skips != [])
    assert rig.mails.contents == []


async def test_a_mail_that_somebody_has_taken_away_meanwhile_is_settled(server: ScriptedImap) -> None:
    async def found(session: Session, _command: bytes) -> None:
        session.say(b"* SEARCH 1 2")
        session.done()

    server.mails = {2: MAIL}
    server.answers["UID SEARCH"] = found
    rig = Rig(imap_settings(server.port))
    async with rig.following():
        await until(lambda: len(rig.reports.looks) == 1)
    assert str(rig.position().settled) == "1:2"
    assert rig.mails.contents == [MAIL]


async def test_what_the_keeper_finds_too_large_is_reported_and_not_tried_again(server: ScriptedImap) -> None:
    server.mails = {1: MAIL}
    rig = Rig(imap_settings(server.port))
    rig.mails.refusal = ContentTooLarge(10)
    async with rig.following():
        await until(lambda: len(rig.reports.looks) == 1)
    assert [origin.key for origin, _ in rig.reports.skips] == ["INBOX/7/1"]


# The store


async def test_t02_while_the_store_is_away_nothing_is_marked_and_afterwards_everything_is_kept(
    server: ScriptedImap,
) -> None:
    server.mails = {1: MAIL, 2: MAIL}
    rig = Rig(imap_settings(server.port))
    rig.mails.refusal = StoreUnavailable("the disk is full")
    async with rig.following():
        await until(lambda: server.connections == 2)
        assert not any(command.startswith(b"UID STORE") for command in server.commands)
        assert rig.reports.troubles == []
        rig.mails.refusal = None
        await until(lambda: len(rig.mails.contents) == 2)
        await until(lambda: any(command.startswith(b"UID STORE 1,2 +FLAGS.SILENT") for command in server.commands))


async def test_a_position_that_can_not_be_written_costs_a_second_fetch_and_no_mail(server: ScriptedImap) -> None:
    server.mails = {1: MAIL}
    rig = Rig(imap_settings(server.port))
    rig.positions.refusal = StoreUnavailable("the disk is full")
    async with rig.following():
        await until(lambda: rig.mails.duplicates == ["INBOX/7/1"])
        rig.positions.refusal = None
        await until(lambda: rig.reports.looks != [])
    assert rig.mails.contents == [MAIL]


async def test_mails_that_can_not_be_marked_are_kept_and_that_is_reported(server: ScriptedImap) -> None:
    async def refuse(session: Session, _command: bytes) -> None:
        session.done(b"NO [READ-ONLY] not here")

    server.mails = {1: MAIL}
    server.answers["UID STORE"] = refuse
    rig = Rig(imap_settings(server.port))
    async with rig.following():
        await until(lambda: len(rig.reports.looks) == 1)
    assert rig.mails.contents == [MAIL]
    [why] = rig.reports.marks
    assert "can't be marked" in (why or "")
    assert rig.reports.troubles == []
    assert str(rig.position().settled) == "1"


# The login


async def test_a_refused_token_is_told_with_its_reason_at_once_and_renewed_for_the_next_time(
    server: ScriptedImap,
) -> None:
    reason = base64.b64encode(b'{"status":"400","schemes":"Bearer"}')

    async def refuse(session: Session, _command: bytes) -> None:
        session.say(b"+ " + reason)
        assert await session.line() == b""
        session.done(b"NO AUTHENTICATE failed")

    server.answers["AUTHENTICATE"] = refuse
    oauth = OAuthSettings(token_command=("sh", "-c", "echo $$"))
    tokens = TokenSource(Grant(oauth).fetch, SystemClock(), alarm=lambda _why: None)
    first = await tokens.token()
    assert await tokens.token() == first
    with pytest.raises(LoginRefused, match=r'AUTHENTICATE failed \{"status":"400"'):
        await open_mailbox(imap_settings(server.port, oauth=oauth), tokens, patience=QUICK)
    assert await tokens.token() != first
    said = base64.b64decode(server.commands[-1].split()[2])
    assert said == f"user=help\1auth=Bearer {first}\1\1".encode()


@pytest.mark.parametrize("password", ['p"a\\ss', "plain"])
async def test_a_server_that_knows_login_alone_gets_it_in_quotes(server: ScriptedImap, password: str) -> None:
    server.capabilities = b"IMAP4rev1"
    mailbox = await opened(server, user="he lp", password=password)
    await mailbox.close()
    escaped = password.replace("\\", "\\\\").replace('"', '\\"')
    assert f'LOGIN "he lp" "{escaped}"'.encode() in server.commands


async def test_a_server_that_wants_the_response_apart_gets_it_so(server: ScriptedImap) -> None:
    said: list[bytes] = []

    async def ask(session: Session, _command: bytes) -> None:
        session.say(b"+ ")
        said.append(base64.b64decode(await session.line()))
        session.done()

    server.capabilities = b"IMAP4rev1 AUTH=PLAIN"
    server.answers["AUTHENTICATE"] = ask
    await (await opened(server)).close()
    assert said == [b"\0help\0secret"]


async def test_no_password_is_sent_where_the_server_wants_tls_first(server: ScriptedImap) -> None:
    server.capabilities = b"IMAP4rev1 LOGINDISABLED"
    with pytest.raises(LoginRefused, match="set security: starttls"):
        await opened(server)
    assert server.commands == [b"CAPABILITY"]


@pytest.mark.parametrize(
    ("greeting", "why"),
    [
        (b"* BYE too many connections", "too many connections"),
        (b"* PREAUTH welcome", "somebody may be in between"),
        (b"SSH-2.0-OpenSSH", "doesn't want to talk"),
    ],
)
async def test_greetings_that_promise_no_good(server: ScriptedImap, greeting: bytes, why: str) -> None:
    server.greeting = greeting
    with pytest.raises(ConnectionFailed, match=why):
        await opened(server, security="starttls")


async def test_what_is_said_in_plain_text_behind_the_yes_to_starttls_is_not_believed(server: ScriptedImap) -> None:
    async def inject(session: Session, _command: bytes) -> None:
        session.raw(session.tag + b" OK begin\r\n* 1 EXI")
        await session.line()

    server.answers["STARTTLS"] = inject
    with pytest.raises(ConnectionFailed, match="STARTTLS as it should"):
        await opened(server, security="starttls")


async def test_a_ca_file_that_can_not_be_used_is_named(server: ScriptedImap) -> None:
    for path, why in (("/nowhere/ca.pem", "No such file"), (__file__, "ca_file .*can't be used")):
        with pytest.raises(ConnectionFailed, match=why):
            await opened(server, security="tls", ca_file=path)


async def test_a_server_that_demands_to_know_who_we_are_is_told(server: ScriptedImap) -> None:
    server.capabilities = b"IMAP4rev1 ID"
    await (await opened(server)).close()
    assert b'ID ( "name" "Relevo" )' in server.commands
