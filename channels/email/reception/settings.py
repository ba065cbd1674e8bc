"""What an administrator may set of the listener to which an MTA delivers."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from gateway.core.settings import Duration, ListenAddress, LocalPath, Network, Settings

_PRIVATE = tuple(
    ip_network(each)
    for each in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)
_LINK_LOCAL = ("169.254.0.0/16", "fe80::/10")
DEFAULT_PEERS: tuple[IPv4Network | IPv6Network, ...] = tuple(
    each for each in _PRIVATE if str(each) not in (*_LINK_LOCAL, "100.64.0.0/10")
)
_WIDEST_PUBLIC = {4: 24, 6: 64}
"""Prefix lengths: a site's own network, and no more."""


def _within(network: IPv4Network | IPv6Network, other: IPv4Network | IPv6Network) -> bool:
    if isinstance(network, IPv4Network):
        return isinstance(other, IPv4Network) and network.subnet_of(other)
    return isinstance(other, IPv6Network) and network.subnet_of(other)


def _no_wide_public_network(
    networks: tuple[IPv4Network | IPv6Network, ...],
) -> tuple[IPv4Network | IPv6Network, ...]:
    for network in networks:
        private = any(_within(network, each) for each in _PRIVATE)
        if not private and network.prefixlen < _WIDEST_PUBLIC[network.version]:
            raise ValueError(
                f"{network} is public and wide: whoever is in it could hand in mail past your mail server's checks; "
                "name the server's own address, such as 203.0.113.7"
            )
    return networks


def _address(written: str) -> str:
    local, at, domain = written.rpartition("@")
    if not (local and at and domain) or not written.isprintable() or set(written) & set(' <>,;"'):
        raise ValueError("an address is needed, such as help@example.org")
    return written


class TlsSettings(Settings):
    """The listener's certificate."""

    certificate: LocalPath = Field(description="PEM file with the certificate and those between it and its root.")
    key: LocalPath = Field(description="PEM file with its private key.")


class ListenerSettings(Settings):
    """Where an MTA, such as Postfix, delivers to us."""

    protocol: Literal["lmtp", "smtp"] = Field(
        "lmtp", description="lmtp answers for each recipient, and is what a local mail server should use."
    )
    listen: ListenAddress = Field(description="Address and port, such as 127.0.0.1:2424.")
    peers: Annotated[tuple[Network, ...], AfterValidator(_no_wide_public_network)] = Field(
        DEFAULT_PEERS,
        min_length=1,
        description="Addresses and networks that may deliver: your mail servers. What they say of senders is believed.",
    )
    recipients: tuple[Annotated[str, StringConstraints(max_length=254), AfterValidator(_address)], ...] = Field(
        (), description="Addresses that are taken beside the channel's own; every other one is refused."
    )
    size_limit: int = Field(36_700_160, ge=65_536, le=268_435_456, description="Bytes that a mail may have.")
    mails_per_minute: int = Field(
        1200, ge=1, le=1_000_000, description="Taken from one peer; more are put off, which its queue sees to."
    )
    connections: int = Field(200, ge=2, le=10_000, description="At one time.")
    connections_per_peer: int = Field(50, ge=1, le=10_000, description="Of these, from one address.")
    idle: Duration = Field(300.0, ge=1, description="How long a peer may be silent between commands.")
    content_within: Duration = Field(
        300.0, ge=1, description="How long we wait for one mail's content in all; our own writing isn't counted."
    )
    tls: TlsSettings | None = Field(None, description="Offers STARTTLS.")
