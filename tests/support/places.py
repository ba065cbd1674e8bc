"""Places at a listener that no real connection holds."""


class Nobody:
    """A connection that isn't looked at here."""

    def look(self, now: float) -> None:
        raise AssertionError

    def end(self, reason: str) -> None:
        raise AssertionError
