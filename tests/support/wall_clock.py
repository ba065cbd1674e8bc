"""The machine's wall clock as some processes see it: it can be set, while monotonic clocks and waits go on."""

import struct
from collections.abc import Mapping
from pathlib import Path

from tests.support.preload import build


class WallClock:
    """Processes with this environment see the true time until the clock is `set`."""

    def __init__(self, folder: Path) -> None:
        self._offset = folder / "wall-clock"
        self._offset.write_bytes(bytes(8))
        self._library = build("wall_clock", folder)

    def set(self, offset: float) -> None:
        """Seconds that it is ahead of the true time from this moment on."""
        with self._offset.open("r+b") as mapped:  # in place: the processes look at these very bytes
            mapped.write(struct.pack("d", offset))

    @property
    def environment(self) -> Mapping[str, str]:
        return {"LD_PRELOAD": str(self._library), "WALL_CLOCK": str(self._offset)}
