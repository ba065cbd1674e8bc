"""T12, T30: which address a request comes from, when proxies may be before us."""

from ipaddress import ip_network

import pytest

from gateway.core.addresses import NO_ADDRESS, TrustedProxies

PROXIES = [ip_network("10.0.0.0/8"), ip_network("2001:db8:1::/48")]


def client(peer: str, *forwarded: str) -> str:
    return TrustedProxies(PROXIES).client(peer, forwarded)


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        pytest.param("10.0.0.1", ["192.0.2.7"], "192.0.2.7", id="one-proxy"),
        pytest.param("10.0.0.1", ["192.0.2.7, 10.0.0.2"], "192.0.2.7", id="two-proxies"),
        pytest.param("10.0.0.1", ["192.0.2.7", "10.0.0.2"], "192.0.2.7", id="two-lines"),
        pytest.param("10.0.0.1", ["10.0.0.9", "192.0.2.7"], "192.0.2.7", id="invented-line"),
        pytest.param("10.0.0.1", ["198.51.100.1, 192.0.2.7"], "192.0.2.7", id="invented-entry"),
        pytest.param("10.0.0.1", ["garbage, 192.0.2.7"], "192.0.2.7", id="invented-garbage"),
        pytest.param("10.0.0.1", ["192.0.2.7:4711"], "192.0.2.7", id="port"),
        pytest.param("10.0.0.1", ["[2001:db8::7]:4711"], "2001:db8::7", id="IPv6-with-port"),
        pytest.param("10.0.0.1", ["2001:DB8:0::7"], "2001:db8::7", id="IPv6"),
        pytest.param("2001:db8:1::1", ["192.0.2.7"], "192.0.2.7", id="IPv6-proxy"),
        pytest.param("::ffff:10.0.0.1", ["192.0.2.7"], "192.0.2.7", id="mapped-proxy"),
        pytest.param("10.0.0.1", ["::ffff:192.0.2.7"], "192.0.2.7", id="mapped-client"),
        pytest.param("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3", id="proxies-only"),
        pytest.param("10.0.0.1", [], "10.0.0.1", id="proxy-itself"),
    ],
)
def test_t12_behind_a_trusted_proxy_the_client_is_the_right_most_entry_that_is_none(
    peer: str, forwarded: list[str], expected: str
) -> None:
    assert client(peer, *forwarded) == expected


@pytest.mark.parametrize("peer", ["192.0.2.1", "127.0.0.1", "::1", "11.0.0.1"])
def test_t30_nobody_else_is_believed(peer: str) -> None:
    assert client(peer, "10.0.0.1") == peer
    assert TrustedProxies().client(peer, ["192.0.2.7"]) == peer


@pytest.mark.parametrize(
    "entry", ["", ",", "unknown", "_hidden", "192.0.2.7, x", "192.0.2", "192.0.2.7.8", "1.2.3.4:x", "[::1", "٣.1.1.1"]
)
def test_t12_an_entry_that_cannot_be_made_out_leaves_the_peer_and_is_counted(entry: str) -> None:
    counted: list[int] = []
    proxies = TrustedProxies(PROXIES, lambda: counted.append(1))
    assert proxies.client("10.0.0.1", [entry]) == "10.0.0.1"
    assert counted == [1]


@pytest.mark.parametrize("peer", ["", "-", "/run/relevo.sock"])
def test_a_peer_without_an_address_is_never_trusted(peer: str) -> None:
    """Unix sockets have none, and a connection that has gone may not have one any more."""
    assert client(peer, "192.0.2.7") == NO_ADDRESS
