"""Mail handed to relays that take it, refuse it, put it off, fall silent and hang up: what we say became of it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from channels.email.sending.patience import Patience
from channels.email.sending.probe import probe
from channels.email.sending.relay import PasswordLogin, Relay, TokenLogin
from channels.email.sending.sender import Sender
from channels.email.sending.settings import SmtpSettings
from channels.email.step import Step
from gateway.core.errors import RelevoError, StoreUnavailable
from gateway.core.post import Deferred, Refused, Sent, Unknown
from gateway.core.smtp_server import SmtpServer
from tests.support.certificates import make_certificate, serving
from tests.support.eventually import eventually
from tests.support.mail_listener import ADDRESS, receiving
from tests.support.postfix import postfix
from tests.support.smtp_peers import DROP, HANG, Script, SmtpPeer, smtp_peer

HASTY = Patience(step=0.5, taken=0.5)
CONTENT = b"From: help@example.org\r\nSubject: printer\r\n\r\nIt is out.\r\n.\r\n..dots\r\n"
ANA = "ana@example.net"


def relay_to(peer: SmtpPeer, **given: object) -> Relay:
    return replace(Relay("127.0.0.1", peer.port, "gateway.example.org"), **given)  # type: ignore[arg-type]


@asynccontextmanager
async def sending(script: Script | None = None, **relay: object) -> AsyncIterator[tuple[Sender, Script]]:
    async with smtp_peer(script) as peer:
        sender = Sender(relay_to(peer, **relay), patience=HASTY)
        try:
            yield sender, peer.script
        finally:
            await sender.close()


async def missing(found: bool) -> str | None:
    return None if found else "what was waited for"


async def send(sender: Sender, *recipients: str, content: bytes = CONTENT) -> object:
    return await sender.send("help@example.org", recipients or (ANA,), content)


async def test_a_mail_arrives_as_it_was_and_the_session_is_kept() -> None:
    async with sending() as (sender, script):
        assert await send(sender) == Sent("2.0.0 queued as 4711")
        assert await sender.send("", [ANA], b"x") == Sent("2.0.0 queued as 4711")
        assert script.connections == 1
    first, second = script.mails
    assert (first.sender, first.recipients, first.content) == ("help@example.org", (ANA,), CONTENT)
    assert first.options == (f"SIZE={len(CONTENT) + 2}",)
    assert (second.sender, second.content) == ("", b"x\r\n")


async def test_a_large_mail_arrives_whole_while_others_have_their_turn() -> None:
    content = b"Subject: large\r\n\r\n" + (b"." * 70 + b"\r\n") * 140_000
    turns = 0
    async with sending() as (sender, script):
        task = asyncio.create_task(sender.send("a@example.org", [ANA], content))
        while not task.done():
            turns += 1
            await asyncio.sleep(0.001)
        assert isinstance(await task, Sent)
    assert script.mails[0].content == content
    assert turns > 10


@pytest.mark.parametrize(
    ("replies", "outcome"),
    [
        (
            {"greeting": "554 no service"},
            Deferred("127.0.0.1 port PORT: it answered 554 no service", "greeting", 554),
        ),
        ({"greeting": "421 4.3.2 busy"}, Deferred("127.0.0.1 port PORT: it answered 421 4.3.2 busy", "greeting", 421)),
        ({"MAIL": "451 4.3.0 later"}, Deferred("4.3.0 later", "sender", 451)),
        ({"MAIL": "550 5.7.1 not you"}, Refused("5.7.1 not you", "sender", 550, "5.7.1")),
        ({"MAIL": "552 5.3.4 too big"}, Refused("5.3.4 too big", "content", 552, "5.3.4")),
        ({"MAIL": "530 5.7.0 log in first"}, Deferred("5.7.0 log in first", "sender", 530)),
        (
            {"RCPT": f"450 4.2.0 <{ANA}>: Greylisted, see http://help.example"},
            Deferred("4.2.0 <address>: Greylisted, see http://help.example", "recipient", 450, 300.0),
        ),
        (
            {"RCPT": "451 4.7.1 try again in 7 minutes"},
            Deferred("4.7.1 try again in 7 minutes", "recipient", 451, 420.0),
        ),
        ({"RCPT": f"550 5.1.1 <{ANA}> unknown"}, Refused("5.1.1 <address> unknown", "recipient", 550, "5.1.1")),
        ({"DATA": "452 4.3.1 full"}, Deferred("4.3.1 full", "content", 452)),
        ({"DATA": "554 no valid recipients"}, Refused("no valid recipients", "content", 554)),
        ({"content": "452 4.3.1 full"}, Deferred("4.3.1 full", "content", 452)),
        ({"content": "554 5.7.1 spam"}, Refused("5.7.1 spam", "content", 554, "5.7.1")),
        ({"content": "421 4.3.2 going down"}, Deferred("4.3.2 going down", "content", 421)),
    ],
    ids=lambda value: (
        "+".join(f"{name} {reply[:3]}" for name, reply in value.items()) if isinstance(value, dict) else ""
    ),
)
async def test_what_a_relay_says_decides(replies: dict[str, str], outcome: Deferred | Refused) -> None:
    script = Script(replies)
    async with smtp_peer(script) as peer:
        sender = Sender(relay_to(peer), patience=HASTY)
        found = await send(sender)
        assert isinstance(found, Deferred | Refused)
        assert replace(found, why=found.why.replace(str(peer.port), "PORT")) == outcome
        if outcome.step != "greeting":
            script.replies = {}
            assert isinstance(await send(sender), Sent)  # the session was left in order
        await sender.close()
    assert len(script.mails) <= 2


async def test_some_recipients_may_be_refused() -> None:
    replies = {"RCPT no@example.net": "550 5.1.1 nobody", "RCPT grey@example.net": "450 4.2.0 greylisted"}
    async with sending(Script(replies)) as (sender, script):
        outcome = await send(sender, "no@example.net", ANA, "grey@example.net")
        assert outcome == Sent(
            "2.0.0 queued as 4711",
            {
                "no@example.net": Refused("5.1.1 nobody", "recipient", 550, "5.1.1"),
                "grey@example.net": Deferred("4.2.0 greylisted", "recipient", 450, 300.0),
            },
        )
        assert script.mails[0].recipients == (ANA,)
        nobody = await send(sender, "no@example.net", "grey@example.net")
        assert nobody == Deferred("4.2.0 greylisted", "recipient", 450, 300.0)
        assert len(script.mails) == 1


@pytest.mark.parametrize("deed", [HANG, DROP])
@pytest.mark.parametrize("where", ["greeting", "MAIL", "RCPT", "DATA"])
async def test_who_is_lost_before_the_content_has_surely_not_taken_it(where: str, deed: str) -> None:
    async with sending(Script({where: deed})) as (sender, script):
        outcome = await send(sender)
        assert isinstance(outcome, Deferred)
        assert outcome.code is None
        assert not script.mails
        script.replies = {}
        assert isinstance(await send(sender), Sent)


@pytest.mark.parametrize("deed", [HANG, DROP, "hello?", "354 go on", "999 what"])
async def test_who_is_lost_after_the_content_may_have_taken_it(deed: str) -> None:
    async with sending(Script({"content": deed})) as (sender, script):
        assert isinstance(await send(sender), Unknown)
        assert len(script.mails) == 1
        script.replies = {}
        assert isinstance(await send(sender), Sent)
        assert script.connections == 2


async def test_a_cancelled_mail_leaves_no_session_amid_an_envelope() -> None:
    async with sending(Script({"RCPT": HANG})) as (sender, script):
        task = asyncio.create_task(send(sender))
        await eventually(lambda: missing("RCPT" in script.commands), within=2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await eventually(lambda: missing(not script.open), within=0.3)
        script.replies = {}
        assert isinstance(await send(sender), Sent)
        assert script.connections == 2
        assert [each.recipients for each in script.mails] == [(ANA,)]


async def test_a_kept_session_that_has_ended_costs_nothing() -> None:
    script = Script()
    async with smtp_peer(script) as peer:
        sender = Sender(relay_to(peer), patience=HASTY)
        assert isinstance(await send(sender), Sent)
        for each in script.open:
            each.abort()
        assert isinstance(await send(sender), Sent)
        script.once = {"MAIL": DROP}
        assert isinstance(await send(sender), Sent)
        await sender.close()
    assert len(script.mails) == 3
    assert script.connections == 3


async def test_no_more_sessions_than_permitted() -> None:
    script = Script()
    async with smtp_peer(script) as peer:
        sender = Sender(relay_to(peer), connections=2, patience=HASTY)
        outcomes = await asyncio.gather(*(send(sender) for _ in range(10)))
        assert all(isinstance(each, Sent) for each in outcomes)
        assert script.connections <= 2
        await sender.close()
        await eventually(lambda: missing(not script.open), within=2)


async def test_who_finds_no_place_for_long_is_told_that_nothing_was_sent() -> None:
    script = Script()
    async with smtp_peer(script) as peer:
        patient = Patience(step=0.2, taken=30.0)
        sender = Sender(relay_to(peer), connections=1, patience=patient)
        script.replies = {"content": HANG}
        first = asyncio.create_task(send(sender))
        await eventually(lambda: missing("DATA" in script.commands), within=2)
        outcome = await send(sender)
        first.cancel()
        assert isinstance(outcome, Deferred)
        assert outcome.step == "connect"
        await sender.close()


async def test_a_relay_that_is_not_there_is_tried_again_and_told() -> None:
    async with smtp_peer() as peer:
        peer.stop_listening()
        relay = relay_to(peer)
    outcome = await send(Sender(relay, patience=HASTY))
    assert isinstance(outcome, Deferred)
    assert outcome.step == "connect"
    assert "refused" in outcome.why


async def test_t28_a_private_address_is_dialled_only_where_permitted() -> None:
    async with sending(allow_private=False) as (sender, script):
        outcome = await send(sender)
        assert isinstance(outcome, Deferred)
        assert "only those are permitted" in outcome.why
        assert script.connections == 0


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ana",
        "a@b\r\nRCPT TO:<x@y>",
        "a@b>\nDATA",
        "a b@c",
        "<a@b>",
        "a@b SIZE=1",
        "a@\0b",
        "a@b\u2028c",
        "@b",
        "a@",
    ],
    ids=repr,
)
async def test_t23_an_address_cannot_be_a_command(address: str) -> None:
    async with sending() as (sender, script):
        assert await send(sender, address) == Refused(
            "there is no recipient" if address is None else "not an address", "recipient", 553, "5.1.3"
        )
        assert script.connections == 0


async def test_t25_no_content_can_end_itself() -> None:
    hostile = b"a\n.\nMAIL FROM:<x@y>\r\n.\r\nRSET\r.\r\nb\n.\r\nc\r.\r.x"
    async with sending() as (sender, script):
        assert isinstance(await send(sender, content=hostile), Sent)
    [mail] = script.mails
    assert mail.content == b"a\r\n.\r\nMAIL FROM:<x@y>\r\n.\r\nRSET\r\n.\r\nb\r\n.\r\nc\r\n.\r\n.x\r\n"


async def test_international_addresses_need_a_server_that_takes_them() -> None:
    async with sending() as (sender, script):
        assert isinstance(await send(sender, "josé@exämple.net", content="Subject: ñ\r\n\r\n".encode()), Sent)
        assert isinstance(await send(sender, "jose@exämple.net"), Sent)
    assert script.mails[0].recipients == ("josé@xn--exmple-cua.net",)
    assert script.mails[0].options[1:] == ("BODY=8BITMIME", "SMTPUTF8")
    assert script.mails[1].options[1:] == ()
    async with receiving(protocol="smtp", size_limit=65_536) as reception:
        sender = Sender(Relay("127.0.0.1", reception.port, "gateway.example.org"), patience=HASTY)
        outcome = await sender.send("", [ADDRESS], b"x" * 70_000)
        await sender.close()
    assert outcome == Refused("the mail has 70005 bytes, and the server takes 65536", "content", 552, "5.3.4")


# Encryption and login


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("sending") / "relay", days=2)


@pytest.fixture
def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


@dataclass
class Tokens:
    """Gives out one after the other."""

    values: list[str]
    was_refused: list[str] = field(default_factory=list)

    async def token(self) -> str:
        if not self.values:
            raise RelevoError("the token service answered 400")
        return self.values.pop(0)

    def refused(self, value: str) -> None:
        self.was_refused.append(value)


@pytest.mark.parametrize("at_once", [True, False], ids=["tls", "starttls"])
async def test_mail_goes_out_encrypted_and_logged_in(
    certificate: Path, trusting: ssl.SSLContext, at_once: bool
) -> None:
    login = PasswordLogin("help", "canary-password")
    script = Script(password="canary-password")
    async with smtp_peer(script, tls=serving(certificate), at_once=at_once) as peer:
        relay = relay_to(peer, at_once=at_once, starttls=not at_once, tls=trusting, login=login)
        sender = Sender(relay, patience=HASTY)
        assert isinstance(await send(sender), Sent)
        await sender.close()
    assert script.commands[0] == "AUTH PLAIN"


@pytest.mark.parametrize(
    ("offered", "replies"),
    [(False, {}), (True, {"STARTTLS": "454 4.7.0 not now"}), (True, {"STARTTLS": HANG}), (True, {"STARTTLS": DROP})],
    ids=["not-offered", "refused", "silent", "lost"],
)
async def test_without_the_demanded_tls_nothing_goes_out(
    certificate: Path, trusting: ssl.SSLContext, offered: bool, replies: dict[str, str]
) -> None:
    script = Script(replies, password="canary-password")
    async with smtp_peer(script, tls=serving(certificate) if offered else None) as peer:
        relay = relay_to(peer, starttls=True, tls=trusting, login=PasswordLogin("help", "canary-password"))
        outcome = await send(Sender(relay, patience=HASTY))
    assert isinstance(outcome, Deferred)
    assert outcome.step == "tls"
    assert ("offers no STARTTLS" in outcome.why) is not offered
    assert script.commands == []


@pytest.mark.parametrize("at_once", [True, False], ids=["tls", "starttls"])
async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(certificate: Path, at_once: bool) -> None:
    async with smtp_peer(tls=serving(certificate), at_once=at_once) as peer:
        relay = relay_to(peer, at_once=at_once, starttls=not at_once, tls=ssl.create_default_context())
        outcome = await send(Sender(relay, patience=HASTY))
    assert isinstance(outcome, Deferred)
    assert outcome.step == "tls"
    assert "certificate is not trusted" in outcome.why


async def test_a_wrong_password_is_tried_once_and_never_told() -> None:
    script = Script(password="the-right-password")
    with capture_logs() as logs:
        async with sending(script, login=PasswordLogin("help", "canary-password")) as (sender, _):
            outcome = await send(sender)
    assert isinstance(outcome, Deferred)
    assert (outcome.step, outcome.code) == ("login", 535)
    assert script.commands == ["AUTH PLAIN"]
    assert "canary-password" not in f"{outcome}{sender.__dict__}{logs}"


async def test_a_token_is_the_login_and_a_refused_one_is_reported() -> None:
    tokens = Tokens(["stale", "fresh"])
    async with sending(Script(token="fresh"), login=TokenLogin("help", tokens)) as (sender, _):
        outcome = await send(sender)
        assert isinstance(outcome, Deferred)
        assert (outcome.step, outcome.code) == ("login", 535)
        assert tokens.was_refused == ["stale"]
        assert isinstance(await send(sender), Sent)
    async with sending(Script(token="fresh"), login=TokenLogin("help", tokens)) as (sender, _):
        outcome = await send(sender)
        assert isinstance(outcome, Deferred)
        assert outcome.why == "there is no access token: the token service answered 400"


# Trying it out


async def probed(relay: Relay) -> list[Step]:
    steps: list[Step] = []
    well = await probe(relay, steps.append, patience=HASTY)
    assert well == (steps[-1].why is None)
    assert all(each.why is None for each in steps[:-1])
    return steps


async def test_a_probe_names_the_steps_and_begins_no_mail(certificate: Path, trusting: ssl.SSLContext) -> None:
    login = PasswordLogin("help", "canary-password")
    script = Script(password="canary-password")
    async with smtp_peer(script, tls=serving(certificate)) as peer:
        steps = await probed(relay_to(peer, starttls=True, tls=trusting, login=login))
        assert [each.name for each in steps] == ["resolve", "connect", "greeting", "tls", "login", "ready"]
        wrong = await probed(relay_to(peer, starttls=True, tls=trusting, login=PasswordLogin("help", "other")))
        assert [each.name for each in wrong] == ["resolve", "connect", "greeting", "tls", "login"]
        assert wrong[-1].code == 535
    async with smtp_peer(script, tls=serving(certificate), at_once=True) as peer:
        steps = await probed(relay_to(peer, at_once=True, tls=trusting))
        assert [each.name for each in steps] == ["resolve", "connect", "tls", "greeting", "ready"]
    assert "MAIL" not in script.commands


@pytest.mark.parametrize(
    ("replies", "step"),
    [({"greeting": "554 no"}, "greeting"), ({"greeting": HANG}, "greeting"), ({"greeting": DROP}, "greeting")],
    ids=["refused", "silent", "lost"],
)
async def test_a_probe_says_which_step_fails(replies: dict[str, str], step: str) -> None:
    async with smtp_peer(Script(replies)) as peer:
        steps = await probed(
            Relay.seen_from_outside(SmtpServer(host="127.0.0.1", port=peer.port), "x", allow_private=True)
        )
    assert steps[-1].name == step
    assert f"127.0.0.1 port {peer.port}" in (steps[-1].why or "")


async def test_a_host_that_nobody_knows_is_told() -> None:
    [step] = await probed(Relay("nobody.invalid", 25, "x"))
    assert step.name == "resolve"
    assert "nobody.invalid port 25" in (step.why or "")


# The real thing


async def test_a_real_postfix_takes_our_mail_and_hands_it_to_our_listener_again_after_a_refusal() -> None:
    """Postfix as the relay, and as the mail server that delivers to us: it is put off with 452, and comes back."""
    refused = {"grey@example.org": "450 4.2.0 greylisted, try again in 120 seconds", "no@example.org": "550 5.1.1 no"}
    async with receiving() as reception, postfix(reception.port, refused) as mta:
        relay = Relay.of(SmtpSettings(host="127.0.0.1", port=mta.port, security="none"), "gateway.example.org")
        sender = Sender(relay)
        reception.mails.failure = StoreUnavailable("full")
        outcome = await send(sender, ADDRESS, "grey@example.org", "no@example.org")
        assert isinstance(outcome, Sent)
        grey, no = outcome.not_for["grey@example.org"], outcome.not_for["no@example.org"]
        assert isinstance(grey, Deferred)
        assert (grey.code, grey.wait) == (450, 120.0)
        assert isinstance(no, Refused)
        assert (no.code, no.status) == (550, "5.1.1")
        await mta.logged("said: 452 4.3.1")
        reception.mails.failure = None
        await mta.logged("status=sent (250 2.6.0 kept as")
        await sender.close()
    [(origin, content)] = reception.mails.kept
    assert (origin.sender, origin.recipients) == ("help@example.org", (ADDRESS,))
    assert content.endswith(CONTENT.partition(b"\r\n\r\n")[2])
