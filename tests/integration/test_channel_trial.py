"""Trying a mail channel's settings, against real servers: which step fails is said, and the other parts are tried."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from channels.email.settings import EmailSettings
from channels.email.trial import try_out
from channels.trial import Tried
from gateway.core.clock import SystemClock
from tests.support.certificates import make_certificate
from tests.support.dovecot import PASSWORD, USER, Dovecot, running_dovecot
from tests.support.ports import new_port
from tests.support.postfix import postfix
from tests.support.smtp_peers import Script, smtp_peer

NOBODY = 9
"""A port that nothing listens on."""


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        yield server


def imap(dovecot: Dovecot, **others: object) -> dict[str, object]:
    """Its mailbox, by TLS."""
    return {
        "host": "127.0.0.1",
        "port": dovecot.tls_port,
        "ca_file": dovecot.certificate,
        "user": USER,
        "password": PASSWORD,
        **others,
    }


async def tried(**parts: object) -> list[Tried]:
    """What is told of a channel with these parts; its verdict is in accord with that."""
    told: list[Tried] = []
    settings = EmailSettings.model_validate({"address": USER, **parts})
    went_well = await try_out(settings, SystemClock(), told.append)
    assert went_well == all(each.why is None for each in told)
    return told


def failed(told: list[Tried]) -> tuple[str, str, str]:
    """The part, the step and the reason of the one step that failed."""
    (one,) = [each for each in told if each.why is not None]
    return one.part, one.step, one.why or ""


async def test_where_all_is_well_each_part_goes_to_its_end(dovecot: Dovecot) -> None:
    port = new_port()
    async with postfix(lmtp_port=NOBODY) as relay:
        told = await tried(
            imap=imap(dovecot),
            smtp={"host": "127.0.0.1", "port": relay.port, "security": "none"},
            listener={"listen": f"127.0.0.1:{port}"},
        )
    assert [(each.part.partition(":")[0], each.step, each.why) for each in told] == [
        *[("imap", step, None) for step in ("resolve", "connect", "tls", "login", "select INBOX", "uid search INBOX")],
        *[("smtp", step, None) for step in ("resolve", "connect", "greeting", "ready")],
        ("listener", "listen", None),
    ]


async def test_a_wrong_password_is_the_mailboxs_and_the_relay_is_tried_all_the_same(dovecot: Dovecot) -> None:
    async with smtp_peer() as relay:
        told = await tried(
            imap=imap(dovecot, password="not-this-one"),
            smtp={"host": "127.0.0.1", "port": relay.port, "security": "none"},
        )
    part, step, _ = failed(told)
    assert (part, step) == (f"imap: {USER}, 127.0.0.1:{dovecot.tls_port}", "login")
    assert told[-1].step == "ready"
    assert "not-this-one" not in repr(told)


async def test_each_mailbox_is_a_part_of_its_own(dovecot: Dovecot) -> None:
    told = await tried(imap=[imap(dovecot), imap(dovecot, user="other@example.org")])
    assert {each.part.split(",")[0] for each in told} == {f"imap: {USER}", "imap: other@example.org"}
    assert failed(told)[0].startswith("imap: other@example.org")


async def test_a_wrong_port_is_found_when_connecting(dovecot: Dovecot) -> None:
    assert failed(await tried(imap=imap(dovecot, port=NOBODY)))[1] == "connect"


async def test_a_certificate_for_another_name_is_found_when_encrypting(dovecot: Dovecot) -> None:
    _, step, why = failed(await tried(imap=imap(dovecot, host="localhost")))
    assert step == "tls"
    assert "not valid for 'localhost'" in why


async def test_a_missing_folder_is_named(dovecot: Dovecot) -> None:
    _, step, why = failed(await tried(imap=imap(dovecot, folder=["INBOX", "Missing"])))
    assert step == "select Missing"
    assert "INBOX" in why


async def test_a_relay_without_starttls_is_found_before_the_login(dovecot: Dovecot) -> None:
    async with postfix(lmtp_port=NOBODY) as relay:
        server = {"host": "127.0.0.1", "port": relay.port, "user": "help", "password": "a-canary-2f9c"}
        told = await tried(imap=imap(dovecot), smtp=server)
    part, step, why = failed(told)
    assert (part, step) == (f"smtp: 127.0.0.1:{relay.port}", "tls")
    assert "STARTTLS" in why


async def test_the_backup_relay_is_tried_too(dovecot: Dovecot) -> None:
    async with smtp_peer(Script(replies={"greeting": "554 5.7.1 not you"})) as backup, smtp_peer() as relay:
        plain = {"host": "127.0.0.1", "security": "none"}
        told = await tried(
            imap=imap(dovecot), smtp={**plain, "port": relay.port}, backup_smtp={**plain, "port": backup.port}
        )
    part, step, why = failed(told)
    assert (part, step) == (f"backup_smtp: 127.0.0.1:{backup.port}", "greeting")
    assert "554" in why


async def test_an_authority_that_cannot_be_read_is_said_of_the_relay(dovecot: Dovecot, tmp_path: Path) -> None:
    relay = {"host": "127.0.0.1", "port": NOBODY, "ca_file": tmp_path / "gone.pem"}
    _, step, why = failed(await tried(imap=imap(dovecot), smtp=relay))
    assert step == "tls"
    assert "gone.pem can't be used: No such file" in why


@pytest.mark.parametrize("valid", [True, False])
async def test_the_token_is_fetched_before_the_server_is_asked(dovecot: Dovecot, valid: bool) -> None:
    command = ["echo", dovecot.token()] if valid else ["sh", "-c", "echo revoked >&2; exit 3"]
    told = await tried(imap=imap(dovecot, password=None, oauth={"token_command": command}))
    if valid:
        assert [each.step for each in told][:2] == ["token", "resolve"]
        assert told[-1] == Tried(f"imap: {USER}, 127.0.0.1:{dovecot.tls_port}", "uid search INBOX")
    else:
        assert failed(told)[1:] == ("token", "token_command sh ended with 3: revoked")
        assert len(told) == 1


async def test_a_listeners_certificate_is_read(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path / "tls", days=2)
    listener = {"listen": "127.0.0.1:0", "tls": {"certificate": certificate, "key": certificate.with_name("key.pem")}}
    assert [each.step for each in await tried(listener=listener)] == ["certificate", "listen"]
    listener["tls"] = {"certificate": certificate, "key": certificate}
    assert failed(await tried(listener=listener))[1] == "certificate"


@asynccontextmanager
async def listening(first_words: bytes) -> AsyncIterator[int]:
    """A port whose server begins so, or waits for its client to begin."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first_words)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.mark.parametrize("greeting", [b"220 relevo LMTP\r\n", b"554 5.7.1 not you\r\n"])
async def test_a_listener_that_runs_already_is_no_trouble(greeting: bytes) -> None:
    async with listening(greeting) as port:
        (told,) = await tried(listener={"listen": f"127.0.0.1:{port}"})
    assert (told.step, told.why) == ("in use", None)


async def test_an_address_that_something_else_has_is_said() -> None:
    async with listening(b"SSH-2.0\r\n") as port:
        assert failed(await tried(listener={"listen": f"127.0.0.1:{port}"}))[1:] == ("listen", "Address already in use")


async def test_an_address_of_another_machine_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    _, step, why = failed(await tried(listener={"listen": f"192.0.2.1:{port}"}))
    assert (step, why) == ("listen", "Cannot assign requested address")
