"""Failpoints: named places where a test may have the process killed, to prove that nothing is lost there.

`RELEVO_FAILPOINT=record:3` ends the process by SIGKILL the third time it passes `record`. Without the variable a
failpoint costs one look at a None.
"""

import os
import signal

_armed: list[str | int] | None = None


def arm(setting: str | None) -> None:
    """Arm from the form `name:count`; None or empty disarms."""
    global _armed
    if not setting:
        _armed = None
        return
    name, _, count = setting.partition(":")
    _armed = [name, int(count or 1)]


def failpoint(name: str) -> None:
    """Die here if armed for this name and its count has run down."""
    if _armed is None or _armed[0] != name:
        return
    _armed[1] = int(_armed[1]) - 1
    if _armed[1] == 0:
        os.kill(os.getpid(), signal.SIGKILL)


arm(os.environ.get("RELEVO_FAILPOINT"))
