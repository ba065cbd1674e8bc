"""Calls under way as this gateway has kept them last, so that their next step needs no look into the store.

Another gateway may have made a step since. So what is remembered is only supposed: a step made from it counts once its
commit has found the call unchanged, and what changes nothing has to be made from what the store says.
"""

from collections import OrderedDict

from channels.phone.call import Call
from gateway.core.values import dataclass

MOST = 1000
"""Calls that one channel remembers, a few kilobytes each. The ones not heard of for longest are read again."""


@dataclass(frozen=True, slots=True)
class Known:
    """A call at one of its versions, as `KeptCall` counts them; 0 and none before it is kept."""

    version: int = 0
    call: Call | None = None


class Remembered:
    """Of one channel."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: OrderedDict[str, Known] = OrderedDict()

    def get(self, sid: str) -> Known | None:
        return self._known.get(sid)

    def keep(self, sid: str, known: Known) -> None:
        """It was committed just now."""
        before = self._known.get(sid)
        if before is not None and before.version > known.version:
            return  # commits are heard of in any order
        self._known[sid] = known
        self._known.move_to_end(sid)
        if len(self._known) > self._most:
            self._known.popitem(last=False)

    def forget(self, sid: str) -> None:
        """It is over, or has changed without us."""
        self._known.pop(sid, None)
