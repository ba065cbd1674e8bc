"""One ticket's places: the lines of providers in which it stands, and the places that it was given there."""

from collections.abc import Container, Sequence

from gateway.core.ticket import Priority
from routing.delivery.fleet import Fleet
from routing.delivery.lanes import Lane, Turn


class Places:
    """A ticket keeps its place in a line for as long as it waits for room there, whatever else changes."""

    def __init__(self, fleet: Fleet, priority: Priority, *, rescue: bool) -> None:
        self._fleet = fleet
        self._priority = priority
        self._rescue = rescue
        self._lines: dict[str, tuple[Lane, Turn]] = {}
        self._given: dict[str, Lane] = {}

    @property
    def given(self) -> Container[str]:
        """Providers at which a place is held."""
        return self._given.keys()

    def line_up(self, providers: Sequence[str]) -> list[Turn]:
        """Stand in these lines and no others, and give back what was given and not used. Wait for the turns."""
        self._give_back()
        for name in self._lines.keys() - providers:
            self._step_out(*self._lines.pop(name))
        for name in providers:
            if name not in self._lines:
                lane = self._fleet[name].lane
                self._lines[name] = lane, lane.turn(self._priority, rescue=self._rescue)
        return [turn for _, turn in self._lines.values()]

    def accept(self) -> None:
        """Hold the places whose turns have come."""
        for name, (lane, turn) in list(self._lines.items()):
            if turn.done():
                self._given[name] = lane
                del self._lines[name]

    def use(self, provider: str) -> Lane:
        """Take the place held there, or a free one; step out of every line."""
        lane = self._given.pop(provider, None)
        if lane is None:
            lane = self._fleet[provider].lane
            lane.take()
        self.leave()
        return lane

    def leave(self) -> None:
        """Step out of every line, and give back what was given."""
        self.line_up(())

    def _give_back(self) -> None:
        for lane in self._given.values():
            lane.give()
        self._given.clear()

    def _step_out(self, lane: Lane, turn: Turn) -> None:
        if not turn.cancel():
            lane.give()
