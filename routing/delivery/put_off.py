"""Tickets that a provider won't have yet while it takes others, as a mail server that greylists."""

from collections import OrderedDict

from gateway.core.clock import Instant

_MOST_REMEMBERED = 10_000


class PutOff:
    """At one provider, the newest of them. In memory: after a restart each is tried once more."""

    def __init__(self) -> None:
        self._until: OrderedDict[str, Instant] = OrderedDict()

    def put_off(self, ticket_id: str, until: Instant) -> None:
        """It won't have this ticket before that instant."""
        self._until[ticket_id] = until
        self._until.move_to_end(ticket_id)
        if len(self._until) > _MOST_REMEMBERED:
            self._until.popitem(last=False)

    def until(self, ticket_id: str) -> Instant:
        """When it may be asked again for this ticket; long past where it may be now."""
        return self._until.get(ticket_id, 0.0)
