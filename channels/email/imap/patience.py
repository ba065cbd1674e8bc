"""How long each wait on a mail server may take."""

from gateway.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """All in seconds."""

    connect: float = 10.0
    """Looking up the name; then reaching one of its addresses; then the TLS handshake."""
    login: float = 30.0
    """To a login; many servers take their time to say no."""
    answer: float = 10.0
    """To a command that costs the server little. IDLE's poll, this, and a new connection together find a mail within
    60 s though a line has gone dead."""
    search: float = 60.0
    """To a command that has the server look through a folder."""
    part: float = 60.0
    """For one part of a mail, 1 MiB at most, however it drips in."""


PATIENCE = Patience()
