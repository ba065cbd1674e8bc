"""What waits on this machine for the store to be back."""

from dataclasses import dataclass

from gateway.core.clock import Instant


@dataclass(frozen=True, slots=True)
class SpoolState:
    """So many `requests` are in the spool, of which the first came at `oldest_at`; and those set aside for a person."""

    requests: int
    oldest_at: Instant | None
    set_aside: int
