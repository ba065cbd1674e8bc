"""How long a relay may take."""

from gateway.core.values import dataclass

_BYTES_A_SECOND = 32_768.0


@dataclass(frozen=True, slots=True)
class Patience:
    """All in seconds."""

    step: float = 30.0
    """For a place among the connections, the connection, the greeting, the handshake, the login, and each command."""
    taken: float = 120.0
    """From the end of a content until the answer to it, beside the time that its bytes are due."""

    def content(self, size: int) -> float:
        """For so many bytes and the answer to them. Short is risky: who gives up has sent the mail or hasn't."""
        return self.taken + size / _BYTES_A_SECOND


PATIENCE = Patience()
