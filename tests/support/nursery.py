"""The mother of warm processes, by herself: `python -m tests.support.nursery PARENT_PID ORDERS_FD`.

She has imported what a gateway and a desk are made of. Each order makes a fork of hers, which gets an environment, a
log and a session of its own, and then runs the very module that `python -m` would run. It dies, freezes and grows like
any other process; only the interpreter's start and the imports are missing.
"""

import gc
import importlib
import json
import os
import runpy
import selectors
import socket
import sys
from contextlib import suppress
from typing import Any

from gateway.cli.plain_structlog import import_plain_structlog
from gateway.core.failpoints import arm
from gateway.demo.leash import hold

_LONGEST_ORDER = 1 << 18
_FIRST_FREE = 3
"""After standard input, output and error."""
_MANY = 1 << 12
_WARM = (
    "gateway.cli.command",
    "gateway.cli.serving",
    "channels.web.channel",
    "channels.email.channel",
    "gateway.demo.desk.app",
    "alembic.command",
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "uvloop",
)
"""What they import at their start, or for the first thing that they do."""


class Mother:
    """Takes orders from one socket until that is closed."""

    def __init__(self, orders: socket.socket) -> None:
        self._orders = orders
        self._heard = selectors.DefaultSelector()
        self._heard.register(orders, selectors.EVENT_READ)

    def next_birth(self) -> tuple[dict[str, Any], int]:
        """Returns only in the newborn, with its order and the descriptor of its log.

        Each order is answered over a socket of its own: with the newborn's process id, and once it has ended, with its
        exit code, or minus N where signal N ended it.
        """
        while True:
            for key, _ in self._heard.select():
                if key.data is not None:
                    self._tell_end(key.fd, *key.data)
                    continue
                order, descriptors, _, _ = socket.recv_fds(self._orders, _LONGEST_ORDER, 2)
                if not order:
                    sys.exit()
                log, answers = descriptors
                pid = os.fork()
                if pid == 0:
                    return json.loads(order), log
                os.close(log)
                _tell(answers, pid)
                self._heard.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, answers))

    def _tell_end(self, watched: int, pid: int, answers: int) -> None:
        self._heard.unregister(watched)
        os.close(watched)
        _, status = os.waitpid(pid, 0)
        _tell(answers, os.waitstatus_to_exitcode(status))
        os.close(answers)


def _tell(answers: int, number: int) -> None:
    with suppress(OSError):  # a test that was cut short listens no more
        os.write(answers, b"%d\n" % number)


def live(order: dict[str, Any], log: int, mother: int) -> None:
    """What the command of the order does."""
    os.setsid()
    hold(mother)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    arm(os.environ.get("RELEVO_FAILPOINT"))  # which was read when it was imported
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, source in enumerate((nothing, log, log)):
        os.dup2(source, number)
    os.closerange(_FIRST_FREE, _MANY)  # what the mother and her other children have is none of its business
    module, *arguments = order["command"]
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def main() -> None:
    parent, descriptor = map(int, sys.argv[1:])
    hold(parent)
    import_plain_structlog()
    for name in _WARM:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # so that no collector writes to the pages that all of them share
    mother, pid = Mother(socket.socket(fileno=descriptor)), os.getpid()
    live(*mother.next_birth(), pid)


if __name__ == "__main__":
    main()
