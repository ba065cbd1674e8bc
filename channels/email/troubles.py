"""What of a mail channel doesn't work, and since when nothing could have come in by it."""

from channels.troubles import Troubles
from gateway.core.clock import Clock, Instant
from gateway.core.ports import Announcer

_WAYS_OUT = frozenset({"smtp", "backup_smtp"})
"""Parts by which nothing comes in."""
MARKS = "marks of "
"""Begins the name of a part that only says which mails were taken."""


class MailTroubles(Troubles):
    """Of one mail channel, by its parts: `imap INBOX`, `token help`, `smtp`."""

    def __init__(self, channel: str, announcer: Announcer, clock: Clock) -> None:
        super().__init__(channel, announcer, clock)
        self._deaf_until: Instant = 0.0

    def recovered(self, part: str) -> None:
        if part in self.parts and _takes_in(part):
            self._deaf_until = self._clock.now()
        super().recovered(part)

    def deaf_until(self) -> Instant:
        """When trouble with taking mails in ended; now while there is any."""
        return self._clock.now() if any(map(_takes_in, self.parts)) else self._deaf_until


def _takes_in(part: str) -> bool:
    return part not in _WAYS_OUT and not part.startswith(MARKS)
