"""The demo's configuration file is the one that the design shows, with the demo's own ports and times."""

import base64
from pathlib import Path

from ruamel.yaml import YAML

from gateway.demo.configuration import (
    HELP_DESK,
    HELP_LINE,
    MailPorts,
    configuration,
    new_secret,
    secret_variable,
)


def test_mail_comes_in_and_goes_out_on_this_machine() -> None:
    text = configuration(
        public_port=8090,
        ops_port=8091,
        desk_ports={"acme": 9201},
        database=Path("/tmp/relevo.db"),
        takeover_within=5.0,
        hold=3.0,
        ramp=2.5,
        mail=MailPorts(listener=2600, postbox=2601),
    )
    content = YAML(typ="safe", pure=True).load(text)
    assert list(content["channels"]) == ["web", "mail"]
    assert content["channels"]["mail"] == {
        "type": "email",
        "address": HELP_DESK,
        "listener": {"protocol": "smtp", "listen": "127.0.0.1:2600"},
        "smtp": {"host": "127.0.0.1", "port": 2601, "security": "none"},
    }


def test_the_file_says_who_is_primary_and_where_everybody_listens() -> None:
    text = configuration(
        public_port=8090,
        ops_port=8091,
        desk_ports={"acme": 9201, "norte": 9202},
        database=Path('/tmp/a "b": c/relevo.db'),
        takeover_within=5.0,
        hold=3.0,
        ramp=2.5,
    )
    content = YAML(typ="safe", pure=True).load(text)
    assert content["gateway"]["public"] == {"listen": "127.0.0.1:8090", "url": "http://127.0.0.1:8090"}
    assert content["gateway"]["ops"] == {"listen": "127.0.0.1:8091"}
    assert content["gateway"]["store"] == 'sqlite:/tmp/a "b": c/relevo.db'
    assert content["policies"] == [{"name": "default", "providers": ["acme", "norte"], "takeover_within": "5s"}]
    assert list(content["providers"]) == ["acme", "norte"]
    norte = content["providers"]["norte"]
    assert norte["url"] == "http://127.0.0.1:9202/tickets"
    assert norte["secret"] == {"env": "NORTE_SECRET"}
    assert norte["health"] == {"url": "http://127.0.0.1:9202/health", "hold": "3s", "ramp": "2.5s"}


def test_the_phone_is_answered_by_desks_of_this_machine() -> None:
    text = configuration(
        public_port=8090,
        ops_port=8091,
        desk_ports={"acme": 9201, "norte": 9202},
        database=Path("/tmp/relevo.db"),
        takeover_within=5.0,
        hold=3.0,
        ramp=2.5,
        carrier=9300,
        secrets_in="file",
    )
    content = YAML(typ="safe", pure=True).load(text)
    phone = content["channels"]["phone"]
    assert (phone["api"], phone["auth_token"]) == ("http://127.0.0.1:9300", {"file": "TWILIO_AUTH_TOKEN"})
    assert phone["numbers"] == [HELP_LINE]
    voices = {name: each["voice"] for name, each in content["providers"].items()}
    assert voices == {
        "acme": {"dial": "+34975000001", "accept_key": "1"},
        "norte": {"dial": "+34975000002", "accept_key": "1"},
    }
    assert content["providers"]["norte"]["secret"] == {"file": "NORTE_SECRET"}


def test_every_secret_is_another_and_long_enough() -> None:
    first, second = new_secret(), new_secret()
    assert first != second
    assert len(base64.b64decode(first.removeprefix("whsec_"))) >= 24
    assert secret_variable("acme") == "ACME_SECRET"
    assert secret_variable("a-b") == "A_B_SECRET"
