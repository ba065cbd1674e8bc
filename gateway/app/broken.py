"""Which assumptions of the bounds were seen broken, and when: for the evidence of takeovers."""

from collections import deque
from collections.abc import Sequence

from gateway.core.clock import Instant
from gateway.core.events import AssumptionBroken, GatewayStarted, NoProviderLeft, Recorded

_REMEMBERED = 1000


class BrokenAssumptions:
    """An observer that remembers the last of them; `since` answers for one takeover."""

    def __init__(self) -> None:
        self._seen: deque[tuple[Instant, str]] = deque(maxlen=_REMEMBERED)

    def observe(self, events: Sequence[Recorded]) -> None:
        for recorded in events:
            match recorded.event:
                case AssumptionBroken(at=at, assumption=assumption):
                    self._seen.append((at, assumption))
                case NoProviderLeft(at=at, policy=policy):
                    self._seen.append((at, f"no provider of {policy} was up"))
                case GatewayStarted(at=at, unsure=unsure) if unsure:
                    self._seen.append((at, "the gateway was restarted"))

    def since(self, at: Instant) -> set[str]:
        """What was seen broken from `at` on."""
        return {assumption for seen_at, assumption in self._seen if seen_at >= at}
