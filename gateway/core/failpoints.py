"""Failpoints: named places where a test may have the process killed, or hang, to prove that nothing is lost there.

`RELEVO_FAILPOINT=record:3` ends the process by SIGKILL the third time it passes `record`; with `record:3:hang` it
stands still there instead, with the interpreter's lock in its hands. Without the variable a failpoint costs one look at
a None.
"""

import os
import signal

_armed: list[str | int] | None = None
_hangs = False


def arm(setting: str | None) -> None:
    """Arm from the form `name:count` or `name:count:hang`; None or empty disarms."""
    global _armed, _hangs
    if not setting:
        _armed = None
        return
    name, _, rest = setting.partition(":")
    count, _, deed = rest.partition(":")
    _armed, _hangs = [name, int(count or 1)], deed == "hang"


def failpoint(name: str) -> None:
    """Die or hang here if armed for this name and its count has run down."""
    if _armed is None or _armed[0] != name:
        return
    _armed[1] = int(_armed[1]) - 1
    if _armed[1] == 0:
        if _hangs:
            _hang()
        os.kill(os.getpid(), signal.SIGKILL)


def _hang() -> None:
    import ctypes  # only here: no start has to wait for it

    ctypes.PyDLL(None).sleep(3600)


arm(os.environ.get("RELEVO_FAILPOINT"))
