"""What an administrator may set of a mail channel, and what is said of mistakes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from channels.email.settings import EmailSettings
from config.loader import load
from gateway.core.errors import ConfigError
from tests.support.sample_settings import SAMPLE_KINDS

_IMAP = {"host": "127.0.0.1", "port": 993, "security": "tls", "user": "help", "password": "pw", "after": "seen"}
_SMTP = {"host": "127.0.0.1", "port": 587, "security": "starttls", "user": "help", "password": "pw"}
_LISTENER = {"protocol": "lmtp", "listen": "127.0.0.1:2424"}


def _settings(**changes: Any) -> EmailSettings:
    written = {"address": "help@example.org", "listener": _LISTENER, **changes}
    return EmailSettings.model_validate({name: value for name, value in written.items() if value is not None})


def _complaint(**changes: Any) -> str:
    with pytest.raises(ValidationError) as raised:
        _settings(**changes)
    return str(raised.value.errors()[0]["msg"])


def test_the_example_of_the_documentation_is_taken() -> None:
    settings = _settings(imap={**_IMAP, "folder": "INBOX"}, smtp=_SMTP, authserv_id="mx.example.org")
    assert [(each.host, each.folder) for each in settings.imap] == [("127.0.0.1", ("INBOX",))]
    assert (settings.keep_raw, settings.acknowledge, settings.language) == (90 * 86_400, True, "es")


def test_one_mailbox_or_several() -> None:
    two = [_IMAP, {**_IMAP, "user": "hola"}]
    assert [each.user for each in _settings(imap=two, listener=None).imap] == ["help", "hola"]
    assert _settings().imap == ()
    assert "twice" in _complaint(imap=[_IMAP, {**_IMAP, "host": "127.0.0.1", "folder": "Archive"}])


def test_mail_has_to_come_in_somewhere() -> None:
    assert "imap or listener" in _complaint(listener=None)


def test_a_second_relay_needs_a_first() -> None:
    assert "backup_smtp goes with smtp" in _complaint(backup_smtp=_SMTP)


@pytest.mark.parametrize("address", ["help", "help@", "@example.org", "a b@example.org", "a@example.org\r\nBcc: x@y"])
def test_an_address_is_needed(address: str) -> None:
    assert "an address is needed" in _complaint(address=address)


@pytest.mark.parametrize(
    ("pattern", "complaint"),
    [
        ("reply@example.org", "{token} once"),
        ("{token}-{token}@example.org", "{token} once"),
        (f"{'a' * 50}-{{token}}@example.org", "64"),
        ("reply {token}@example.org", "an address is needed"),
        ("reply-{token}", "{token} once"),
    ],
)
def test_reply_addresses_have_one_place_for_a_token(pattern: str, complaint: str) -> None:
    assert complaint in _complaint(reply_address=pattern)


def test_reply_addresses_are_by_plus_addressing_unless_it_is_said_otherwise() -> None:
    assert _settings().reply_pattern == "help+{token}@example.org"
    assert _settings(reply_address="r-{token}@mail.example.org").reply_pattern == "r-{token}@mail.example.org"
    long = f"{'a' * 50}@example.org"
    assert "set reply_address" in _complaint(address=long)
    assert _settings(address=long, reply_address="r-{token}@example.org").address == long


def test_own_addresses_are_those_that_mails_are_taken_for() -> None:
    listener = {**_LISTENER, "recipients": ["Info@Example.org"]}
    assert _settings(address="Help@Example.org", listener=listener).own_addresses == {
        "help@example.org",
        "info@example.org",
    }


# in a file


_FILE = """\
channels:
  mail:
    type: email
    address: help@example.org
    imap: {host: 127.0.0.1, port: 993, security: tls, user: help, password: {env: PASSWORD}, folder: INBOX, after: seen}
    smtp: {host: 127.0.0.1, port: 587, security: starttls, user: help, password: {env: PASSWORD}}
    listener: {protocol: lmtp, listen: 127.0.0.1:2424}
    authserv_id: mx.example.org
providers: {acme: {type: webhook, url: http://x, secret: {env: PASSWORD}}}
policies: [{name: default, providers: [acme], takeover_within: 5s}]
"""


def _loaded(folder: Path, text: str) -> EmailSettings:
    path = folder / "relevo.yaml"
    path.write_text(text)
    kinds = replace(SAMPLE_KINDS, channels={"email": EmailSettings})
    settings = load(path, kinds, {"PASSWORD": "a secret of some length"}).channels["mail"].settings
    assert isinstance(settings, EmailSettings)
    return settings


def test_the_example_in_a_file_is_taken(tmp_path: Path) -> None:
    settings = _loaded(tmp_path, _FILE)
    [mailbox] = settings.imap
    assert mailbox.password is not None
    assert (mailbox.user, mailbox.password.get_secret_value()) == ("help", "a secret of some length")
    assert settings.listener is not None
    assert str(settings.listener.listen) == "127.0.0.1:2424"


@pytest.mark.parametrize(
    ("right", "wrong", "problem"),
    [
        ("port: 993", "port: 99300", ":5:35: channels.mail.imap[0].port: must be at most 65535"),
        ("port: 993", "prt: 993", ":5:29: channels.mail.imap[0].prt: unknown key; did you mean port?"),
        ("{host: 127.0.0.1, port: 993", "{port: 993", ":5:5: channels.mail.imap[0].host: is missing; Name or"),
    ],
)
def test_what_is_wrong_with_the_only_mailbox_is_said_at_its_place(
    tmp_path: Path, right: str, wrong: str, problem: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        _loaded(tmp_path, _FILE.replace(right, wrong))
    assert problem in str(raised.value)
