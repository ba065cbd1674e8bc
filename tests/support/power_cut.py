"""A power cut: the image of a folder that holds what had been made durable, and nothing of what was merely written."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.preload import build

_SYNC = """
import os, sys
for folder, _, files in os.walk(sys.argv[1], topdown=False):
    for name in (*files, "."):
        descriptor = os.open(os.path.join(folder, name), os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
"""


class PowerCut:
    """Follows what is made durable below `root` by processes with this environment. `lying`: the disk says yes to
    every sync and keeps nothing."""

    def __init__(self, root: Path, workshop: Path, *, lying: bool = False) -> None:
        self.root = root
        self._shadow = workshop / "shadow"
        for kind in ("content", "entries"):
            (self._shadow / kind).mkdir(parents=True)
        self._honest = {
            "LD_PRELOAD": str(build("power_cut", workshop)),
            "POWER_CUT_ROOT": str(root),
            "POWER_CUT_SHADOW": str(self._shadow),
        }
        self._lying = lying

    @property
    def environment(self) -> Mapping[str, str]:
        return {**self._honest, "POWER_CUT_LIES": "yes"} if self._lying else self._honest

    def begin(self) -> None:
        """What is below the root now counts as durable: it was there before the day began."""
        subprocess.run([sys.executable, "-c", _SYNC, self.root], env={**os.environ, **self._honest}, check=True)

    def image(self, target: Path) -> None:
        """Put what the disk would hold after a cut now into the new folder `target`."""
        found = self.root.stat()
        (key,) = [each.name for each in (self._shadow / "entries").glob(f"{found.st_ino:x}-*") if each.suffix == ""]
        self._unfold(key, target)

    def _unfold(self, key: str, target: Path) -> None:
        target.mkdir(mode=0o700)
        entries = self._shadow / "entries" / key
        for line in entries.read_text().splitlines() if entries.exists() else ():
            entry, kind, name = line.split(" ", 2)
            content = self._shadow / "content" / entry
            if kind == "d":
                self._unfold(entry, target / name)
            elif content.exists():
                shutil.copyfile(content, target / name)
            else:
                (target / name).touch()  # its name is durable, its content never was
