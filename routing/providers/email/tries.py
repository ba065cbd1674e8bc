"""Whether a letter may be sent, and when again: what became of the tries at it. Pure, driven by the caller's clock."""

from collections import OrderedDict

from gateway.core.clock import Instant
from gateway.core.post import Deferred, Outcome, Refused, Sent, Unknown
from gateway.core.sending_again import AFTER_DOUBT, pause_after
from gateway.core.values import dataclass

_MOST_REMEMBERED = 10_000


@dataclass(slots=True)
class _Tried:
    in_vain: int = 0
    in_doubt: int = 0
    not_before: Instant = 0.0
    taken: bool = False


class LetterTries:
    """Of the newest letters to one desk, by what makes each unique. In memory: after a restart each counts as new."""

    def __init__(self) -> None:
        self._tried: OrderedDict[str, _Tried] = OrderedDict()

    def taken(self, unique: str) -> bool:
        """A mail server has it."""
        return unique in self._tried and self._tried[unique].taken

    def given_up(self, unique: str) -> bool:
        """It may have arrived each time, and was sent as often as is fit."""
        return unique in self._tried and self._tried[unique].in_doubt > len(AFTER_DOUBT)

    def wait(self, unique: str, now: Instant) -> float:
        """Seconds until it may be sent again; none where it may be now."""
        return max(0.0, self._tried[unique].not_before - now) if unique in self._tried else 0.0

    def note(self, unique: str, outcome: Outcome, now: Instant) -> None:
        """What became of one more try."""
        tried = self._tried.setdefault(unique, _Tried())
        match outcome:
            case Sent():
                tried.taken, tried.not_before = True, 0.0
            case Unknown():
                tried.in_doubt += 1
                tried.not_before = now + AFTER_DOUBT[min(tried.in_doubt, len(AFTER_DOUBT)) - 1]
            case Deferred(wait=stated):
                tried.not_before = now + (stated or self._growing(tried))
            case Refused(step=step):
                tried.not_before = 0.0 if step == "content" else now + self._growing(tried)
        self._tried.move_to_end(unique)
        if len(self._tried) > _MOST_REMEMBERED:
            self._tried.popitem(last=False)

    def _growing(self, tried: _Tried) -> float:
        tried.in_vain += 1
        return pause_after(tried.in_vain - 1)
