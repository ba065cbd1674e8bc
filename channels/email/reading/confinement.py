"""What a reader's process gives up before it sees a mail. It never gets any of it back."""

import fcntl
import os
import resource
import select
from collections.abc import Iterator
from contextlib import contextmanager

from channels.email.reading.orders import Rules

_FILES = 64
_LONGEST_CHARACTER = 4


def confine(rules: Rules) -> None:
    """Bounds this process: its memory, the files it writes, and that it starts nothing and leaves no core behind."""
    os.umask(0o077)
    _limit(resource.RLIMIT_AS, rules.memory)
    _limit(resource.RLIMIT_FSIZE, rules.limits.size * _LONGEST_CHARACTER)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NPROC, 0)
    _limit(resource.RLIMIT_NOFILE, _FILES)


def _limit(what: int, most: int) -> None:
    allowed = resource.getrlimit(what)[1]
    most = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
    resource.setrlimit(what, (most, most))


@contextmanager
def ends_with_gateway(channel: int) -> Iterator[None]:
    """Within, the kernel ends this process (SIGIO) as soon as the other end of the socket `channel` is closed, as it is
    when the gateway is killed, whatever code runs here. Nothing else may come or go through the socket meanwhile."""
    fcntl.fcntl(channel, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(channel, fcntl.F_GETFL)
    fcntl.fcntl(channel, fcntl.F_SETFL, flags | os.O_ASYNC)
    if select.select([channel], [], [], 0)[0]:  # it was closed before
        raise EOFError("nobody waits for an answer")
    try:
        yield
    finally:
        fcntl.fcntl(channel, fcntl.F_SETFL, flags)
