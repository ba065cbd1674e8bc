"""How long this process has lived: what a restart really took."""

import os
import time
from pathlib import Path

_STARTED_FIELD = 19
"""Of what follows the command's closing bracket in /proc/self/stat: clock ticks from boot to start (proc(5))."""


def process_age() -> float:
    """Seconds since this process was started, before the interpreter ran its first line."""
    after_name = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    started = int(after_name[_STARTED_FIELD]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started
