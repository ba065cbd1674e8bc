"""What a client may cost a listener before it is cut off."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds. Times are looked at a few times a second, and at most every quarter of the
    shortest."""

    body: int = 1024 * 1024
    """The most that any route may be sent; routes set lower limits of their own."""
    head_line: int = 8190
    """The request line, and each header."""
    headers: int = 64
    head: int = 32 * 1024
    """All of a head that comes in pieces."""
    head_seconds: float = 15.0
    """From the connection, or from the first byte after an answer, until the whole request head."""
    idle_seconds: float = 75.0
    """From an answer until the next request begins: longer than proxies keep a connection, since a proxy's request that
    crosses our hang-up is lost."""
    body_seconds: float = 15.0
    """What a body may take beside the time that it is due at `body_rate`."""
    body_rate: float = 4096.0
    """Bytes a second that a body must come at; while we are what holds it up, it is not counted."""
    answer_seconds: float | None = 30.0
    """From the whole body until the answer begins; None where a route must not be cut off."""
    unread_seconds: float = 30.0
    """How long a client may leave an answer unread, each time that the buffers are full."""
    connections: int = 4096
    """The most at one time."""
    connections_per_address: int = 1024
    """Of these, from one address (of IPv6, from one /64)."""
    unread: int = 128 * 1024 * 1024
    """Bytes that all clients together may leave unread: an answer that waits for its reader is in our memory."""

    @property
    def look_every(self) -> float:
        """Seconds between two looks at the times of all connections."""
        times = (self.head_seconds, self.idle_seconds, self.body_seconds, self.answer_seconds, self.unread_seconds)
        return min(0.5, *(each / 4 for each in times if each is not None))
