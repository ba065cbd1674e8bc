"""What replies mean, what goes over the wire, and what an administrator may set."""

import pytest
from pydantic import TypeAdapter, ValidationError

from channels.email.sending.outcome import Reply, for_nobody, judge
from channels.email.sending.patience import Patience
from channels.email.sending.relay import Relay
from channels.email.sending.settings import SmtpSettings
from channels.email.sending.transfer import fit_for_data
from gateway.core.post import Deferred, Refused
from gateway.core.smtp_server import SmtpAddress, SmtpServer


@pytest.mark.parametrize(
    ("code", "text", "verdict"),
    [
        (450, "4.2.0 Greylisted", Deferred("4.2.0 Greylisted", "recipient", 450, 300.0)),
        (451, "greylisting, in 90 seconds", Deferred("greylisting, in 90 seconds", "recipient", 451, 90.0)),
        (451, "retry after 99999 minutes", Deferred("retry after 99999 minutes", "recipient", 451, 3600.0)),
        (452, "4.3.1 full", Deferred("4.3.1 full", "recipient", 452)),
        (550, "5.1.1\n<ana@example.net>: unknown", Refused("5.1.1 <address>: unknown", "recipient", 550, "5.1.1")),
        (550, "unknown ana@example.net", Refused("unknown <address>", "recipient", 550)),
        (535, "5.7.8 bad credentials", Deferred("5.7.8 bad credentials", "recipient", 535)),
        (250, "what?", Deferred("what?", "recipient", 250)),
        (-1, "x" * 500, Deferred("x" * 300, "recipient", -1)),
    ],
)  # fmt: skip
def test_a_reply_puts_off_or_refuses(code: int, text: str, verdict: Deferred | Refused) -> None:
    assert judge(Reply(code, text), "recipient") == verdict


def test_a_mail_that_nobody_takes_waits_as_long_as_one_may_take_it() -> None:
    no, later = Refused("no", "recipient", 550), Deferred("later", "recipient", 450)
    assert for_nobody({"a": no, "b": later}) is later
    assert for_nobody({"a": no, "b": no}) is no


@pytest.mark.parametrize(
    ("content", "wire"),
    [
        (b"", b"\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b".a\n..\n.\r\nb.\r.", b"..a\r\n...\r\n..\r\nb.\r\n..\r\n.\r\n"),
        (b"a\n.\nb\r\n", b"a\r\n..\r\nb\r\n.\r\n"),
    ],
    ids=repr,
)
async def test_t25_a_content_ends_where_it_ends(content: bytes, wire: bytes) -> None:
    assert await fit_for_data(content) == wire


def test_a_large_content_has_its_time() -> None:
    assert Patience(taken=10).content(3_276_800) == 110


@pytest.mark.parametrize(
    ("written", "server"),
    [
        ("mx.sur.example:25", SmtpServer(host="mx.sur.example", port=25)),
        ("192.0.2.1:587", SmtpServer(host="192.0.2.1", port=587)),
        ("[2001:db8::1]:25", SmtpServer(host="2001:db8::1", port=25)),
    ],
)
def test_a_servers_address_is_read_and_shown_as_it_is_written(written: str, server: SmtpServer) -> None:
    assert TypeAdapter(SmtpAddress).validate_python(written) == server
    assert str(server) == written


@pytest.mark.parametrize(
    "written", ["", "mx", "mx:", ":25", "mx:0", "mx:65536", "2001:db8::1:25", "a b:25", "smtp://mx:25", 25]
)
def test_what_is_no_servers_address_is_told(written: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(SmtpAddress).validate_python(written)


def settings(**given: object) -> SmtpSettings:
    return SmtpSettings.model_validate({"host": "mx.example.org", **given})


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"user": "help"}, "user goes with password or oauth"),
        ({"password": "x"}, "user goes with password or oauth"),
        ({"user": "help", "password": "x", "oauth": {"token_command": ["t"]}}, "and not both"),
        ({"user": "help", "password": "x", "security": "none"}, "in clear"),
        ({"user": "help", "password": "x", "security": "none", "host": "10.0.0.1"}, "in clear"),
        ({"security": "maybe"}, "starttls"),
    ],
)
def test_settings_that_contradict_each_other_are_told(given: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        settings(**given)


@pytest.mark.parametrize(("security", "port"), [("tls", 465), ("starttls", 587), ("none", 25)])
def test_the_port_goes_with_the_security(security: str, port: int) -> None:
    assert settings(security=security).usual_port == port
    assert settings(security=security, port=2525).usual_port == 2525


def test_t32_a_relay_shows_no_secret() -> None:
    given = settings(host="127.0.0.1", security="none", user="help", password="canary-password")
    relay = Relay.of(given, "gateway.example.org")
    assert relay.login is not None
    assert "canary-password" not in f"{relay!r}{relay.login!r}{given!r}"
