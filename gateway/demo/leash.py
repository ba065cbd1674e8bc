"""Runs a command that can't outlive its parent: `python -m gateway.demo.leash PARENT_PID COMMAND ...`.

The kernel kills a process whose parent-death signal is set when its parent dies, however that dies (Linux, prctl(2));
the setting survives exec. A frozen child dies too, which a signal it could handle would not bring about.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def hold(parent: int) -> None:
    """Have this process die with its parent; exits at once if the parent is gone already."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)


if __name__ == "__main__":
    hold(int(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - no shell is the point
