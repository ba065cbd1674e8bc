"""T28: which addresses are public."""

import socket

import pytest

from gateway.core.addresses import is_public
from gateway.core.egress import AddressNotPermitted, guarded_socket


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.255.255", "100.128.0.0", "223.255.255.255",
     "2606:4700::1111", "2a00:1450:4003::200e", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)  # fmt: skip
def test_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    ["0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255", "169.254.169.254",
     "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.1",
     "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
     "::", "::1", "::127.0.0.1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
     "64:ff9b:1::808:808", "100::1", "2001::1", "2001:db8::1", "2002:808:808::1", "2002:7f00:1::", "3fff::1",
     "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "4000::1",
     "localhost", "", "127.1", "2130706433", "8.8.8.8.", "example.org"],
)  # fmt: skip
def test_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", [("127.0.0.1", 80), ("localhost", 80)])
def test_a_guarded_socket_is_not_even_made(address: tuple[str, int]) -> None:
    with pytest.raises(AddressNotPermitted):
        guarded_socket(False)((socket.AF_INET, socket.SOCK_STREAM, 0, "", address))


def test_a_permitted_socket_is_made() -> None:
    with guarded_socket(True)((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 80))) as made:
        assert made.family is socket.AF_INET
