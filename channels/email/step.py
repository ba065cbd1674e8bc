"""One step of trying a server's settings: what an administrator sees of `relevo channels test`."""

from gateway.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way, as it went."""

    name: str
    """resolve, connect, tls, login and so on, in the order in which the server has them."""
    why: str | None = None
    """What failed, where, and what to do; None where nothing did."""
    code: int | None = None
    """Of an SMTP server's reply, where one was what failed."""
