"""Real PostgreSQL servers on random ports, for tests: made by initdb in a folder of their own, and ended with the test.

A server refuses to run as root, so it runs as Debian's user `postgres`, or as `nobody`, where the tests are root's.
"""

import atexit
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Self

import psycopg
import pytest
from psycopg import sql

from gateway.store import migrate
from gateway.store.blob_tables import blobs
from gateway.store.schema import metadata
from tests.support.ports import new_port

USER = "relevo"
_ACCOUNTS = ("postgres", "nobody")
_READY_WITHIN = 30.0
_LOOK_EVERY = 0.02
_SETTINGS = {
    "fsync": "on",
    "listen_addresses": "127.0.0.1",
    "max_connections": "50",
    "shared_buffers": "16MB",
    "autovacuum": "off",
    "wal_level": "replica",
    "max_wal_size": "256MB",
    "deadlock_timeout": "200ms",
    "logging_collector": "off",
}


@cache
def _binaries() -> Path | None:
    """The folder of the newest server that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    command = shutil.which("postgres")
    return found[-1].parent if found else Path(command).parent if command else None


def require() -> Path:
    """The folder of the server's commands. Skips the test where there is none; on CI that is a failure."""
    folder = _binaries()
    if folder is None:
        reason = "no PostgreSQL server is installed; tests/install_needs.sh installs one"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


class Server:
    """One server with its data in a folder of its own; its superuser is `relevo`, without a password, on loopback."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = port
        self.log = folder / "log"
        self.environment: Mapping[str, str] = {}
        """Added to our own at every start."""
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def start(self, **settings: str) -> Self:
        """Start it, and wait until it answers."""
        options = [f"--{name}={value}" for name, value in {**_SETTINGS, **settings}.items()]
        command = [_command("postgres"), "-D", str(self.data), "-p", str(self.port), "-k", str(self.folder), *options]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "QUIT", *_as_server(), *command],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )
        self._wait_until_it_answers()
        return self

    def stop(self) -> None:
        """End its sessions, and shut it down in order."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait()
            self._process = None

    def crash(self) -> None:
        """SIGKILL to all of its processes at once."""
        if self._process is not None:
            self._signal_all(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def hold_back_standbys(self) -> None:
        """From now on nothing is sent to them."""
        for (sender,) in self.execute("SELECT pid FROM pg_stat_replication"):
            assert isinstance(sender, int)
            os.kill(sender, signal.SIGSTOP)

    def freeze(self) -> None:
        """SIGSTOP to all of its processes: connections stay, and nothing answers."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal_all(signal.SIGCONT)

    def promote(self) -> None:
        """A standby becomes a server that takes writes."""
        _run(_command("pg_ctl"), "promote", "-D", str(self.data), "-w", "-s")

    def standby(self) -> "Server":
        """A copy of this server that follows it, started."""
        copy = Server(*_place())
        source = f"host=127.0.0.1 port={self.port} user={USER} application_name=standby"
        _run(_command("pg_basebackup"), "-D", str(copy.data), "-d", source, "-X", "stream", "-c", "fast", "-R")
        return copy.start()

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """The rows of one statement, in its own transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(sql.SQL(statement))
            return cursor.fetchall() if cursor.description else []

    def remove(self) -> None:
        """End it at once, with all that it holds."""
        self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait_until_it_answers(self) -> None:
        until = time.monotonic() + _READY_WITHIN
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
            except psycopg.OperationalError as error:
                running = self._process is not None and self._process.poll() is None
                if not running or time.monotonic() > until:
                    raise AssertionError(f"{error}\n{self.log.read_text(errors='replace')[-2000:]}") from error
                time.sleep(_LOOK_EVERY)
            else:
                return

    def _signal_all(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        postmaster = self._process.pid
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for pid in [postmaster, *map(int, children)]:
            with suppress(ProcessLookupError):
                os.kill(pid, number)


@contextmanager
def running_server() -> Iterator[Server]:
    """A new server, which ends with the context."""
    require()
    server = Server(*_place())
    try:
        _run("cp", "-a", str(_made_once()), str(server.data))
        yield server.start()
    finally:
        server.remove()


@cache
def _made_once() -> Path:
    """What initdb makes: a server begins with a copy of it, which takes a tenth of the time."""
    folder = _folder()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = folder / "data"
    options = ("-U", USER, "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8", "-N", "--wal-segsize=1")
    _run(_command("initdb"), "-D", str(made), *options)
    return made


@cache
def shared_server() -> Server:
    """One for the whole run of the tests; it ends with the run."""
    running = running_server()
    server = running.__enter__()
    atexit.register(running.__exit__, None, None, None)
    return server


def empty_store(database: str = "relevo") -> str:
    """The address of a store without a row, of this program's schema, which the next test will have for itself."""
    server = shared_server()
    _make_store(server, database)
    tables = [*reversed(metadata.sorted_tables), blobs]
    emptied = "; ".join(f"DELETE FROM {table.name}" for table in tables)
    server.execute(f"{emptied}; SELECT setval('events_seq_seq', 1, false)", database)
    return server.url(database)


@cache
def _make_store(server: Server, database: str) -> None:
    server.execute(f"CREATE DATABASE {database}")
    migrate(server.url(database))


def give_to_server(folder: Path) -> None:
    """Everything in the folder becomes the server's user's own."""
    if os.geteuid() == 0:
        account = _account()
        for path in (folder, *folder.rglob("*")):
            os.chown(path, account.pw_uid, account.pw_gid)


def _place() -> tuple[Path, int]:
    """Where a server has its files, and a free port."""
    return _folder(), new_port()


def _folder() -> Path:
    """Its path is short enough for a socket, and who runs the server owns it."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    if os.geteuid() == 0:
        account = _account()
        os.chown(folder, account.pw_uid, account.pw_gid)
    return folder


@cache
def _account() -> pwd.struct_passwd:
    known = {each.pw_name: each for each in pwd.getpwall()}
    return next(known[name] for name in _ACCOUNTS if name in known)


def _as_server() -> Sequence[str]:
    """What a command begins with so that it runs as the server's user."""
    if os.geteuid() != 0:
        return ()
    account = _account()
    return (f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups")


def _command(name: str) -> str:
    return str(require() / name)


def _run(*command: str) -> None:
    """As the server's user, where the tests are root's."""
    if os.geteuid() == 0:
        command = ("setpriv", *_as_server(), *command)
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
