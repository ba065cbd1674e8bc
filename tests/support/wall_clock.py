"""The machine's wall clock as some processes see it: it can jump, while their monotonic clock goes on (libfaketime)."""

from collections.abc import Mapping
from pathlib import Path


class WallClock:
    """Processes with this environment see the true time until the clock is `set`."""

    def __init__(self, folder: Path) -> None:
        self._offset = folder / "wall-clock"
        self.set(0)

    def set(self, offset: float) -> None:
        """Seconds that it is ahead of the true time from now on; it is heard of within a second."""
        fresh = self._offset.with_suffix(".fresh")
        fresh.write_text(f"{offset:+g}\n")
        fresh.rename(self._offset)

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._offset),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }


def _library() -> Path:
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    assert found, "libfaketime is missing: tests/install_needs.sh installs it"
    return found[0]
