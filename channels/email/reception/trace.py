"""What we write above a mail: where it came from, and what its envelope said (RFC 5321 section 4.4)."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime

from gateway.core.clock import Instant
from gateway.core.values import dataclass

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._:\[\]-]")
_LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class Hop:
    """One mail's last hop."""

    sender: str
    """Of the envelope; "" is the null sender."""
    recipients: tuple[str, ...]
    helo: str
    """What the peer calls itself: believed by nobody."""
    peer: str
    """Its address."""
    host: str
    """Ours."""
    protocol: str
    """As registered for `with` (RFC 3848, RFC 6531): `ESMTP`, `LMTPS`, `UTF8LMTP`."""
    key: str
    at: Instant


def trace_fields(hop: Hop) -> bytes:
    """Return-Path and Received. A single recipient is named; several are not, who may be unknown to each other."""
    recipient = f"\r\n\tfor <{hop.recipients[0]}>" if len(hop.recipients) == 1 else ""
    date = format_datetime(datetime.fromtimestamp(hop.at, UTC))
    helo = _NOT_IN_A_NAME.sub("?", hop.helo)[:_LONGEST_NAME]
    peer = f"IPv6:{hop.peer}" if ":" in hop.peer else hop.peer
    return (
        f"Return-Path: <{hop.sender}>\r\n"
        f"Received: from {helo} ([{peer}])\r\n"
        f"\tby {hop.host} with {hop.protocol} id {hop.key}{recipient};\r\n"
        f"\t{date}\r\n"
    ).encode()
