"""Which letters have been answered, for those who wait for it: an answer may be read before anybody asks."""

import asyncio
from collections import OrderedDict, defaultdict, deque

_MOST_REMEMBERED = 10_000
_MOST_ABOUT_ONE = 20


class Hearing:
    """By provider and letter. Needs a running loop."""

    def __init__(self) -> None:
        self._sent: OrderedDict[tuple[str, str], deque[str]] = OrderedDict()
        self._heard: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._waiting: defaultdict[tuple[str, str], set[asyncio.Future[None]]] = defaultdict(set)

    def sent(self, provider: str, reference: str, unique: str) -> None:
        """A letter about that reference, which an answer may name instead of the letter."""
        about = self._sent.setdefault((provider, reference), deque(maxlen=_MOST_ABOUT_ONE))
        self._sent.move_to_end((provider, reference))
        if unique not in about:
            about.append(unique)
        if len(self._sent) > _MOST_REMEMBERED:
            self._sent.popitem(last=False)

    def heard_of(self, provider: str, reference: str) -> None:
        """A mail of that desk answers some letter about that reference: then it has had them all."""
        for unique in tuple(self._sent.get((provider, reference), ())):
            self.heard(provider, unique)

    def heard(self, provider: str, unique: str) -> None:
        """A mail of that desk answers that letter."""
        letter = (provider, unique)
        self._heard[letter] = None
        if len(self._heard) > _MOST_REMEMBERED:
            self._heard.popitem(last=False)
        for waiting in self._waiting.pop(letter, ()):
            if not waiting.done():
                waiting.set_result(None)

    async def wait(self, provider: str, unique: str) -> None:
        """Returns once it was heard."""
        letter = (provider, unique)
        if letter in self._heard:
            return
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[letter].add(waiting)
        try:
            await waiting
        finally:
            if letter in self._waiting:
                self._waiting[letter].discard(waiting)
                if not self._waiting[letter]:
                    del self._waiting[letter]
