"""Mail handed in by SMTP and LMTP, through bare sockets and real clients: 250 means that it is on disk."""

import asyncio
import smtplib
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest
import uvloop

from gateway.core.errors import ContentTooLarge, OutcomeUnknown, StartError, StoreFailed, StoreUnavailable
from tests.support.certificates import make_certificate
from tests.support.eventually import eventually
from tests.support.mail_listener import ADDRESS, MAIL, Dialogue, Reception, receiving


@pytest.fixture
async def reception() -> AsyncIterator[Reception]:
    async with receiving() as found:
        yield found


@pytest.fixture
async def dialogue(reception: Reception) -> Dialogue:
    return await reception.connect()


async def test_a_mail_is_kept_with_where_it_came_from_and_only_then_answered(reception: Reception) -> None:
    dialogue = await reception.connect()
    reception.mails.may_end.clear()
    await dialogue.envelope()
    dialogue.send(MAIL + b".")
    with pytest.raises(TimeoutError):
        await dialogue.reply(within=0.1)
    reception.mails.may_end.set()
    assert (await dialogue.reply()).startswith("250 2.6.0 ")
    [(origin, content)] = reception.mails.kept
    assert (origin.channel, origin.place, origin.sender, origin.recipients) == (
        "mail",
        "lmtp",
        "ana@example.net",
        (ADDRESS,),
    )
    trace, _, rest = content.partition(b" +0000\r\n")
    assert rest == MAIL
    lines = trace.decode().split("\r\n")
    assert lines[:3] == [
        "Return-Path: <ana@example.net>",
        "Received: from client.example ([127.0.0.1])",
        f"\tby mx.example.org with LMTP id {origin.key}",
    ]
    assert lines[3] == f"\tfor <{ADDRESS}>;"


async def test_lmtp_answers_for_each_recipient_and_keeps_the_mail_once(reception: Reception) -> None:
    recipients = (ADDRESS, "help+a@example.org", "HELP+b@Example.org")
    dialogue = await reception.connect()
    replies = [await dialogue.hand_in(MAIL, *recipients), await dialogue.reply(), await dialogue.reply()]
    assert [reply[:9] for reply in replies] == ["250 2.6.0"] * 3
    [(origin, content)] = reception.mails.kept
    assert origin.recipients == recipients
    assert b"\tfor" not in content  # who may be unknown to each other


async def test_the_null_sender_and_the_parameters_of_delivery_notifications_are_taken(reception: Reception) -> None:
    dialogue = await reception.connect()
    commands = [
        "MAIL FROM:<> SIZE=100 BODY=8BITMIME RET=HDRS ENVID=QQ314159",
        f"RCPT TO:<{ADDRESS}> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;{ADDRESS}",
    ]
    assert [(await dialogue.say(each))[:3] for each in commands] == ["250", "250"]
    assert (await dialogue.say("MAIL FROM:<b@example.net>"))[:3] == "503"
    assert (await dialogue.say("DATA"))[:3] == "354"
    assert (await dialogue.say(MAIL + b"."))[:3] == "250"
    assert reception.mails.kept[0][0].sender == ""
    assert reception.mails.kept[0][1].startswith(b"Return-Path: <>\r\n")


async def test_nobody_relays_through_us(dialogue: Dialogue) -> None:
    await dialogue.say("MAIL FROM:<a@example.net>")
    others = ["help@example.com", "helper@example.org", "@example.org:x@example.net", "postmaster"]
    replies = [await dialogue.say(f"RCPT TO:<{each}>") for each in others]
    assert [reply[:9] for reply in replies] == ["550 5.1.1"] * 4
    assert (await dialogue.say("DATA"))[:3] == "503"


@pytest.mark.parametrize(
    ("failure", "reply"),
    [
        pytest.param(StoreUnavailable("full"), "452 4.3.1", id="unavailable"),
        pytest.param(OutcomeUnknown("silent"), "452 4.3.1", id="unknown"),
        pytest.param(StoreFailed("fsync"), "451 4.3.0", id="failed"),
        pytest.param(ContentTooLarge(10), "552 5.3.4", id="too-large"),
        pytest.param(RuntimeError("secret-of-ours"), "451 4.3.0", id="anything"),
    ],
)
@pytest.mark.parametrize("fails_after", [0, 1, 9], ids=["at-once", "within", "at-the-end"])
async def test_what_the_store_cannot_keep_is_refused_for_each_recipient_and_the_next_is_kept(
    reception: Reception, failure: Exception, reply: str, fails_after: int
) -> None:
    reception.mails.failure, reception.mails.fails_after = failure, fails_after
    dialogue = await reception.connect()
    answers = [await dialogue.hand_in(MAIL, ADDRESS, "help+x@example.org"), await dialogue.reply()]
    assert [each[:9] for each in answers] == [reply, reply]
    assert "secret-of-ours" not in answers[0]
    reception.mails.failure = None
    assert (await dialogue.hand_in())[:3] == "250"
    assert len(reception.mails.kept) == 1


async def test_pipelined_mails_are_answered_in_order(reception: Reception) -> None:
    envelope = b"MAIL FROM:<a@example.net>\r\nRCPT TO:<nobody@example.org>\r\nRCPT TO:<help@example.org>\r\nDATA"
    dialogue = await reception.connect()
    dialogue.send(envelope)
    assert [(await dialogue.reply())[:3] for _ in range(4)] == ["250", "550", "250", "354"]
    dialogue.send(b"one\r\n.\r\n" + envelope)  # RFC 2920: content may begin a group
    assert [(await dialogue.reply())[:3] for _ in range(5)] == ["250", "250", "550", "250", "354"]
    dialogue.send(b"two\r\n.\r\nQUIT")
    assert [(await dialogue.reply())[:3] for _ in range(2)] == ["250", "221"]
    assert reception.mails.contents == [b"one\r\n", b"two\r\n"]


async def test_a_mail_that_is_whole_is_kept_though_its_peer_hangs_up(reception: Reception) -> None:
    reception.mails.may_end.clear()
    dialogue = await reception.connect()
    await dialogue.envelope()
    dialogue.send(MAIL + b".")
    await dialogue.writer.drain()
    await asyncio.sleep(0.05)
    dialogue.writer.transport.abort()
    await asyncio.sleep(0.05)
    reception.mails.may_end.set()
    await eventually(lambda: _missing(lambda: len(reception.mails.kept) == 1), within=2)


async def _missing(found: Callable[[], bool]) -> str | None:
    return None if found() else "what was waited for"


async def test_half_a_mail_is_not_kept(reception: Reception) -> None:
    dialogue = await reception.connect()
    await dialogue.envelope()
    dialogue.send(MAIL)
    dialogue.writer.close()
    await eventually(lambda: _missing(lambda: len(reception.mails.interrupted) == 1), within=2)
    assert not reception.mails.kept


# T25: only CRLF.CRLF ends a content

SMUGGLED = b"MAIL FROM:<ceo@example.org>\r\nRCPT TO:<help@example.org>\r\nDATA\r\nSubject: smuggled\r\n\r\nx"
BARE_LF = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\n", b"\n\n.\r\n", b"\n.\r\n\r\n"]
BARE_CR = [b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\r\r.\r\n", b"\r\n.\r\r\n", b"\r\n\0.\r\n", b"\r\n .\r\n", b"\r\n..\r\n"]


@pytest.mark.parametrize("end", BARE_LF, ids=repr)
@pytest.mark.parametrize("protocol", ["lmtp", "smtp"])
async def test_t25_a_bare_line_feed_ends_nothing_and_is_refused(protocol: str, end: bytes) -> None:
    async with receiving(protocol=protocol) as reception:
        dialogue = await reception.connect("LHLO x" if protocol == "lmtp" else "EHLO x")
        assert (await dialogue.hand_in(b"one" + end + SMUGGLED + b"\r\n"))[:9] == "554 5.6.0"
        assert (await dialogue.say("NOOP"))[:3] == "250"  # no reply to anything else came between
        assert (await dialogue.hand_in())[:3] == "250"
        assert reception.mails.contents == [MAIL]


@pytest.mark.parametrize("end", BARE_CR, ids=repr)
async def test_t25_a_bare_carriage_return_ends_nothing_and_becomes_a_space(reception: Reception, end: bytes) -> None:
    dialogue = await reception.connect()
    assert (await dialogue.hand_in(b"one" + end + SMUGGLED + b"\r\n"))[:3] == "250"
    assert (await dialogue.say("NOOP"))[:3] == "250"
    [content] = reception.mails.contents
    assert content.endswith(SMUGGLED + b"\r\n")
    assert content.count(b"\r") == content.count(b"\r\n")


async def test_t25_the_end_is_found_however_the_bytes_come(reception: Reception) -> None:
    dialogue = await reception.connect()
    await dialogue.envelope()
    for byte in b"..dots\r\n.\r.x\r\n...\r\n.\r\nNOOP\r\n":
        dialogue.writer.write(bytes([byte]))
        await asyncio.sleep(0)
    assert [(await dialogue.reply())[:3] for _ in range(2)] == ["250", "250"]
    assert (await dialogue.hand_in(b""))[:3] == "250"
    assert reception.mails.contents == [b".dots\r\n .x\r\n..\r\n", b""]


@pytest.mark.parametrize("line", [b"NOOP\nRCPT TO:<help@example.org>", b"RCPT TO:<help@example.org\nDATA>"], ids=repr)
async def test_t25_a_command_does_not_end_with_a_bare_line_feed(dialogue: Dialogue, line: bytes) -> None:
    await dialogue.say("MAIL FROM:<a@example.net>")
    assert (await dialogue.say(line))[:1] == "5"
    assert (await dialogue.say("DATA"))[:3] == "503"


# T14, T15: peers that cost us more than a mail does


async def test_t14_a_silent_peer_is_hung_up_on() -> None:
    async with receiving(idle="1s") as reception:
        dialogue = await reception.open()
        assert await dialogue.to_the_end(within=3) == b"220 mx.example.org LMTP\r\n421 4.4.2 too slow\r\n"


async def test_t14_a_content_that_drips_does_not_hold_a_connection() -> None:
    async with receiving(content_within="1s") as reception:
        dialogue = await reception.connect()
        await dialogue.envelope()
        ending = asyncio.create_task(dialogue.to_the_end(within=4))
        while not ending.done():
            dialogue.writer.write(b"x\r\n")
            await asyncio.wait([ending], timeout=0.02)
        assert await ending in (b"421 4.4.2 too slow\r\n", b"")
        assert not reception.mails.kept
        assert len(reception.mails.interrupted) == 1


async def test_t14_a_command_that_drips_does_not_hold_a_connection() -> None:
    async with receiving(idle="1s") as reception:
        dialogue = await reception.connect()
        ending = asyncio.create_task(dialogue.to_the_end(within=4))
        while not ending.done():
            dialogue.writer.write(b"N")
            await asyncio.wait([ending], timeout=0.02)
        assert await ending in (b"421 4.4.2 too slow\r\n", b"")


@pytest.mark.parametrize("command", ["NOOP", "LHLO x", "RSET", "BOGUS", "RCPT TO:<x@y.example>", "", "VRFY x"])
async def test_t14_endless_commands_end(dialogue: Dialogue, command: str) -> None:
    dialogue.send("\r\n".join([command] * 1100))
    received = await dialogue.to_the_end()
    last = (b"421 4.7.0 too many commands without a mail\r\n", b" unrecognized commands, goodbye.\r\n")
    assert received.endswith(last) or not received  # a reset may overtake the replies
    assert received.count(b"\r\n") <= 6 * 1001


async def test_t14_a_peer_that_reads_nothing_does_not_keep_its_place() -> None:
    async with receiving(idle="1s", connections=2, connections_per_peer=1) as reception:
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            deaf.connect(("127.0.0.1", reception.port))
            mail = b"MAIL FROM:<>\r\nRCPT TO:<help@example.org>\r\nDATA\r\n.\r\n"
            deaf.setblocking(False)
            loop = asyncio.get_running_loop()
            sending = asyncio.create_task(loop.sock_sendall(deaf, (b"LHLO x\r\n" * 950 + mail) * 30))
            assert b"421" in await (await reception.open()).to_the_end()
            await eventually(reception.full, within=6)
            sending.cancel()


async def test_t14_connections_are_bounded_for_each_peer_and_in_all() -> None:
    async with receiving(connections=3, connections_per_peer=2) as reception:
        taken = [await reception.connect() for _ in range(2)]
        refused = await reception.open()
        assert await refused.to_the_end() == b"421 4.3.2 too many connections, try again later\r\n"
        assert (await taken[1].hand_in())[:3] == "250"
        assert (await taken[0].say("QUIT"))[:3] == "221"
        await taken[0].to_the_end()
        again = await reception.connect()
        assert (await again.hand_in())[:3] == "250"


async def test_t14_a_flood_of_mails_is_put_off() -> None:
    async with receiving(mails_per_minute=2) as reception:
        dialogue = await reception.connect()
        assert [(await dialogue.hand_in())[:3] for _ in range(2)] == ["250", "250"]
        assert (await dialogue.say("MAIL FROM:<a@example.net>"))[:9] == "451 4.7.1"


async def test_t15_an_endless_command_is_refused_and_the_next_is_read(dialogue: Dialogue) -> None:
    assert (await dialogue.say(b"NOOP " + b"x" * 100_000))[:9] == "500 5.5.0"
    assert (await dialogue.say("NOOP"))[:3] == "250"


async def test_t15_an_endless_line_is_refused_and_the_next_mail_is_kept(reception: Reception) -> None:
    dialogue = await reception.connect()
    assert (await dialogue.hand_in(b"x" * 1_100_000 + b"\r\n"))[:9] == "554 5.6.0"
    long = b"<p>" + b"y" * 900_000 + b"\r\n"
    assert (await dialogue.hand_in(long))[:3] == "250"
    assert reception.mails.contents == [long]


async def test_t18_a_mail_beyond_the_limit_is_refused_before_it_comes_and_while_it_comes() -> None:
    async with receiving(size_limit=100_000) as reception:
        dialogue = await reception.connect()
        assert (await dialogue.say("MAIL FROM:<a@example.net> SIZE=100001"))[:9] == "552 5.3.4"
        assert (await dialogue.hand_in((b"x" * 70 + b"\r\n") * 3000))[:9] == "552 5.3.4"
        assert (await dialogue.hand_in())[:3] == "250"
        assert reception.mails.contents == [MAIL]


async def test_t18_a_large_mail_passes_in_pieces(reception: Reception) -> None:
    content = (b"x" * 70 + b"\r\n") * 350_000
    dialogue = await reception.connect()
    assert (await dialogue.hand_in(content))[:3] == "250"
    assert reception.mails.contents == [content]
    assert reception.mails.largest_piece <= 1024 * 1024


async def test_a_stranger_is_turned_away() -> None:
    async with receiving(peers=["10.0.0.0/8"]) as reception:
        dialogue = await reception.open()
        assert await dialogue.to_the_end() == b"554 5.7.1 this address may not deliver here\r\n"


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("MAIL FROM:<a@b> FOO=1", "555 5.5.4"),
        ("MAIL FROM:a@b", "501 5.5.4"),
        ("MAIL TO:<a@b>", "501 5.5.4"),
        ("MAIL", "501 5.5.4"),
        ("MAIL FROM:<a@b> SIZE=-1", "501 5.5.4"),
        ("MAIL FROM:<ü@b>", "553 5.6.7"),
        ("RCPT TO:<help@example.org>", "503 5.5.1"),
        ("DATA", "503 5.5.1"),
        ("EHLO x", "500 5.5.0"),
        ("AUTH PLAIN x", "500 5.5.0"),
        ("HELP", "500 5.5.0"),
        ("\xff\xfe", "500 5.5.0"),
        ("STARTTLS", "503 5.5.1"),
        ("LHLO", "501 5.5.4"),
        ("NOOP", "250 2.0.0"),
    ],
)
async def test_every_reply_has_an_enhanced_code(dialogue: Dialogue, line: str, reply: str) -> None:
    assert (await dialogue.say(line))[:9] == reply


async def test_an_international_mail_is_taken(reception: Reception) -> None:
    dialogue = await reception.connect()
    assert (await dialogue.say("MAIL FROM:<josé@exämple.net> SMTPUTF8"))[:3] == "250"
    await dialogue.say(f"RCPT TO:<{ADDRESS}>")
    await dialogue.say("DATA")
    assert (await dialogue.say("Subject: qué\r\n\r\nñ\r\n.".encode()))[:3] == "250"
    [(origin, content)] = reception.mails.kept
    assert origin.sender == "josé@exämple.net"
    assert b"with UTF8LMTP id" in content


# Real clients


async def test_the_standard_librarys_clients_deliver(reception: Reception) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ana@example.net", ADDRESS, "printer"
    message.set_content("It burns.\n.\n..\n")

    def deliver() -> None:
        with smtplib.LMTP("127.0.0.1", reception.port, timeout=5) as client:
            client.send_message(message)

    await asyncio.to_thread(deliver)
    assert reception.mails.contents[0].endswith(b"\r\nIt burns.\r\n.\r\n..\r\n")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("reception") / "mx", days=2)


def tls_settings(certificate: Path) -> dict[str, str]:
    return {"certificate": str(certificate), "key": str(certificate.with_name("key.pem"))}


async def deliver_by_starttls(certificate: Path) -> list[bytes]:
    """The contents that arrived."""
    async with receiving(protocol="smtp", tls=tls_settings(certificate)) as reception:
        context = ssl.create_default_context(cafile=str(certificate))
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=reception.port, start_tls=True, tls_context=context)
        async with client:
            assert not client.supports_extension("starttls")
            await client.sendmail("ana@example.net", [ADDRESS], MAIL)
            await client.sendmail("ana@example.net", [ADDRESS], MAIL * 20_000)
        assert b" with ESMTPS id " in reception.mails.kept[0][1]
        return reception.mails.contents


async def test_mail_comes_by_starttls(certificate: Path) -> None:
    assert await deliver_by_starttls(certificate) == [MAIL, MAIL * 20_000]


def test_mail_comes_by_starttls_over_uvloop_which_the_service_runs_on(certificate: Path) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(deliver_by_starttls(certificate)) == [MAIL, MAIL * 20_000]


async def test_what_was_said_before_the_handshake_is_forgotten(certificate: Path) -> None:
    """RFC 3207 section 4.2; CVE-2011-0411 was commands that came in clear behind STARTTLS."""
    async with receiving(tls=tls_settings(certificate)) as reception:
        dialogue = await reception.connect()
        assert (await dialogue.say("MAIL FROM:<a@example.net>"))[:3] == "250"
        dialogue.send("STARTTLS\r\nRCPT TO:<help@example.org>")
        assert (await dialogue.reply())[:3] == "220"
        await dialogue.writer.start_tls(
            ssl.create_default_context(cafile=str(certificate)), server_hostname="127.0.0.1"
        )
        assert (await dialogue.say("RCPT TO:<help@example.org>"))[:9] == "503 5.5.1"
        assert (await dialogue.say("MAIL FROM:<a@example.net>"))[:9] == "503 5.5.1"
        assert (await dialogue.say("LHLO again"))[:3] == "250"
        assert (await dialogue.hand_in())[:3] == "250"


async def test_a_failed_handshake_ends_the_connection_and_leaves_its_place(certificate: Path) -> None:
    async with receiving(tls=tls_settings(certificate), connections=2, connections_per_peer=1) as reception:
        dialogue = await reception.connect()
        assert (await dialogue.say("STARTTLS"))[:3] == "220"
        dialogue.writer.write(b"this is no handshake" * 10)
        await dialogue.to_the_end()
        distrusting = await reception.connect()
        assert (await distrusting.say("STARTTLS"))[:3] == "220"
        with pytest.raises(ssl.SSLCertVerificationError):
            await distrusting.writer.start_tls(ssl.create_default_context(), server_hostname="127.0.0.1")
        await eventually(reception.full, within=2)


# Start and stop


async def test_stopping_lets_a_mail_end_and_takes_no_new_one(reception: Reception) -> None:
    idle, busy = await reception.connect(), await reception.connect()
    reception.mails.may_end.clear()
    await busy.envelope()
    busy.send(MAIL + b".")
    await asyncio.sleep(0.05)
    stopping = asyncio.create_task(reception.listener.stop(2.0))
    assert await idle.to_the_end() == b"421 4.3.2 we stop for now, try again later\r\n"
    reception.mails.may_end.set()
    assert (await busy.reply())[:3] == "250"
    assert (await busy.reply())[:3] == "421"
    await stopping
    assert len(reception.mails.kept) == 1


async def test_a_taken_port_is_told(reception: Reception) -> None:
    with pytest.raises(StartError, match=r"can't listen for mail on 127\.0\.0\.1:"):
        async with receiving(listen=f"127.0.0.1:{reception.port}"):
            pass
