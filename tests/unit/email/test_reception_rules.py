"""The listener's pure parts: envelopes, recipients, trace fields, places, replies, settings."""

import pytest
from pydantic import ValidationError

from channels.email.reception.admission import FULL, STRANGER, Admission
from channels.email.reception.paths import Path, Rejected, parse_recipient, parse_sender
from channels.email.reception.recipients import OurAddresses
from channels.email.reception.replies import Allowance, enhanced
from channels.email.reception.settings import ListenerSettings
from channels.email.reception.trace import Hop, trace_fields


def settings(**given: object) -> ListenerSettings:
    return ListenerSettings.model_validate({"listen": "127.0.0.1:0", **given})


@pytest.mark.parametrize(
    ("argument", "path"),
    [
        ("FROM:<a@b.example>", Path("a@b.example", {})),
        ("from: <a@b.example>  size=10  BODY=8bitmime", Path("a@b.example", {"SIZE": "10", "BODY": "8bitmime"})),
        ("FROM:<>", Path("", {})),
        ("FROM:<@hop.example,@other.example:a@b.example>", Path("a@b.example", {})),
        ('FROM:<"a b>c"@b.example>', Path('"a b>c"@b.example', {})),
        ("FROM:<a@[192.0.2.1]> ENVID=x+2By RET=FULL", Path("a@[192.0.2.1]", {"ENVID": "x+2By", "RET": "FULL"})),
        ("FROM:<ñ@b.example> SMTPUTF8", Path("ñ@b.example", {"SMTPUTF8": ""})),
    ],
)
def test_a_sender_is_read(argument: str, path: Path) -> None:
    assert parse_sender(argument, 100) == path


@pytest.mark.parametrize(
    "argument",
    [
        None,
        "",
        "FROM:",
        "FROM:a@b",
        "FROM:<a@b",
        "FROM:<a b@c>",
        "FROM:<a@b>x",
        "FROM:<a@b@c>",
        "FROM:<a@b\r\nDATA>",
        "FROM:<a@b\n>",
        "FROM:<a@b\0>",
        "FROM:<a@b> SIZE=1 SIZE=2",
        "FROM:<a@b> SIZE=101",
        "FROM:<a@b> SIZE=1٣",
        "FROM:<a@b> BODY=BINARYMIME",
        "FROM:<a@b> =",
        "FROM:<a@b> NOTIFY=NEVER",
        "FROM:<a\u2028@b> SMTPUTF8",
        "FROM:<\udcff@b> SMTPUTF8",
        f"FROM:<{'a' * 400}@b>",
    ],
)
def test_t23_a_sender_that_cannot_be_read_is_rejected(argument: str | None) -> None:
    with pytest.raises(Rejected) as rejected:
        parse_sender(argument, 100)
    assert rejected.value.reply[:1] == "5"


def test_a_recipient_is_needed() -> None:
    assert parse_recipient("TO:<a@b> ORCPT=rfc822;a@b NOTIFY=NEVER").address == "a@b"
    with pytest.raises(Rejected, match="recipient"):
        parse_recipient("TO:<>")


@pytest.mark.parametrize(
    ("address", "ours"),
    [
        ("help@example.org", True),
        ("HELP@Example.ORG", True),
        ("help+token@example.org", True),
        ("help+a+b@example.org", True),
        ("info@example.org", True),
        ("r-abcd@reply.example.org", True),
        ("r-@reply.example.org", False),
        ("help@example.com", False),
        ("help", False),
        ("+help@example.org", False),
        ("xhelp@example.org", False),
        ("help@example.org.example.com", False),
        ("help@example.org@example.com", False),
    ],
)
def test_only_our_addresses_are_ours(address: str, ours: bool) -> None:
    addresses = OurAddresses(["Help@example.org", "info@example.org"], "r-{token}@reply.example.org")
    assert (address in addresses) is ours


def test_t23_nobody_writes_a_line_of_his_own_into_the_trace() -> None:
    hop = Hop("a@b", ("x@y",), "evil\r\nX-Forged: yes (", "::1", "mx.example.org", "LMTP", "k1", 0.0)
    assert trace_fields(hop).decode().split("\r\n") == [
        "Return-Path: <a@b>",
        "Received: from evil??X-Forged:?yes?? ([IPv6:::1])",
        "\tby mx.example.org with LMTP id k1",
        "\tfor <x@y>;",
        "\tThu, 01 Jan 1970 00:00:00 +0000",
        "",
    ]


def test_t14_places_are_counted_for_each_peer_and_in_all() -> None:
    admission = Admission(settings(connections=3, connections_per_peer=2))
    assert [admission.enter(peer) for peer in ("10.0.0.1", "10.0.0.1", "10.0.0.1")] == [None, None, FULL]
    assert [admission.enter(peer) for peer in ("10.0.0.2", "10.0.0.3")] == [None, FULL]
    admission.leave("10.0.0.1")
    assert admission.enter("10.0.0.3") is None


def test_t14_silence_is_borne_for_a_shorter_time_in_a_crowd() -> None:
    admission = Admission(settings(connections=4, connections_per_peer=4))
    patience = []
    for _ in range(3):
        admission.enter("10.0.0.1")
        patience.append(admission.patience)
    assert patience == [300.0, 300.0, 10.0]


@pytest.mark.parametrize(
    ("peer", "refusal"),
    [
        ("127.0.0.1", None),
        ("::1", None),
        ("::ffff:192.168.1.1", None),
        ("203.0.113.7", STRANGER),
        ("::ffff:203.0.113.7", STRANGER),
        ("169.254.1.1", STRANGER),
        ("fe80::1%eth0", STRANGER),
        ("", STRANGER),
    ],
)
def test_only_private_peers_may_deliver_unless_others_are_named(peer: str, refusal: str | None) -> None:
    assert Admission(settings()).enter(peer) == refusal


def test_t14_the_rate_of_mails_is_that_of_one_peer_and_drains() -> None:
    admission = Admission(settings(mails_per_minute=2))
    assert [admission.take_mail("a", 0.0) for _ in range(3)] == [True, True, False]
    assert admission.take_mail("b", 0.0)
    assert admission.take_mail("a", 30.0)


def test_t14_talk_without_a_mail_ends() -> None:
    allowance = Allowance()
    assert all(allowance.spend("250 done") for _ in range(1000))
    assert not allowance.spend("250 done")
    allowance.renew()
    assert [allowance.spend("550 no") for _ in range(51)] == [True] * 50 + [False]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("250 OK", "250 2.0.0 OK"),
        ("500 Error: bad syntax", "500 5.5.0 Error: bad syntax"),
        ("452 4.3.1 full", "452 4.3.1 full"),
        ("220 mx.example.org LMTP", "220 mx.example.org LMTP"),
        ("354 go on", "354 go on"),
        ('500 Error: command "A\r\n250 OK" not recognized', '500 5.5.0 Error: command "A??250 OK" not recognized'),
    ],
)
def test_replies_are_one_line_with_an_enhanced_code(reply: str, said: str) -> None:
    assert enhanced(reply) == said


@pytest.mark.parametrize("network", ["203.0.113.7", "203.0.113.0/24", "2001:db8:1:2::/64", "10.0.0.0/8", "fd00::/8"])
def test_peers_may_be_a_sites_own_network(network: str) -> None:
    assert str(settings(peers=[network]).peers[0]).startswith(network)


@pytest.mark.parametrize("network", ["203.0.0.0/16", "0.0.0.0/1", "2001:db8::/32", "::/1", "8.0.0.0/5"])
def test_a_wide_public_network_is_refused_with_the_reason(network: str) -> None:
    with pytest.raises(ValidationError, match="public and wide: whoever is in it could hand in mail past"):
        settings(peers=[network])


@pytest.mark.parametrize(
    "address", ["help", "a b@example.org", "a@example.org\r\n", "<a@example.org>", "a,b@example.org"]
)
def test_further_recipients_are_addresses(address: str) -> None:
    with pytest.raises(ValidationError, match="an address is needed"):
        settings(recipients=[address])
