"""A connection to PostgreSQL that waits for nobody without a bound, and whose commits are worth their name."""

import time
from collections.abc import Callable
from typing import Any, Self

import psycopg
import structlog
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.string import StrDumper

from gateway.core.store_address import StoreAddress

_CONNECTING: dict[str, str | int] = {
    "connect_timeout": 2,
    "target_session_attrs": "read-write",
    "keepalives_idle": 1,
    "keepalives_interval": 1,
    "keepalives_count": 2,
    "tcp_user_timeout": 3000,
    "application_name": "relevo",
}
"""Unless the address says otherwise: a dead host is noticed within seconds, and one that only reads is passed by."""
_SESSION = {
    # A gateway that stands still within a transaction is cut off before the others give up waiting for it.
    "idle_in_transaction_session_timeout": "2s",
    "lock_timeout": "2500ms",
    # It would also cut short a commit's wait for the standby, and the server would call that commit good.
    "statement_timeout": "0",
}
_DURABILITY = """
    SELECT current_setting('synchronous_commit'), current_setting('fsync'), current_setting('full_page_writes'),
           current_setting('synchronous_standby_names')
"""
_NOT_DURABLE = ("off", "local")
_STANDBY_WAIT = "SyncRepWaitForLSN"
"""The server's function that says so when the wait for the standby was cut short."""

_log = structlog.get_logger("relevo.store")


class _Text(StrDumper):
    """PostgreSQL has no place for a NUL in a text, and what a desk answers may have one."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "�") if "\0" in obj else obj)


class BoundedConnection(psycopg.Connection[Any]):
    """Its owner sets the deadline; a server that hasn't answered by then is taken for frozen, and given up."""

    deadline: float | None = None
    """A reading of the monotonic clock."""
    _unsure = False

    @classmethod
    def to(cls, address: StoreAddress) -> Self:
        """Connected in autocommit mode to the first of its hosts that takes writes. Raises psycopg.OperationalError."""
        connection = cls.connect(**_parameters(address), autocommit=True)
        connection.adapters.register_dumper(str, _Text)
        connection.add_notice_handler(connection._heed)
        return connection

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        if self.deadline is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, max(0.0, self.deadline - time.monotonic()))
        except psycopg.OperationalError as error:
            if error.sqlstate is not None or time.monotonic() < self.deadline:
                raise
            self.close()
            raise psycopg.OperationalError("the server does not answer") from error

    def commit(self) -> None:
        """Raises OperationalError also where the server has it, but was kept from waiting for its standby."""
        super().commit()
        if self._unsure:
            self.close()
            raise psycopg.OperationalError("the wait for the standby was cut short: it may not have this commit")

    def _heed(self, notice: psycopg.errors.Diagnostic) -> None:
        if notice.source_function == _STANDBY_WAIT:
            self._unsure = True


def strengthen(connection: BoundedConnection, several_hosts: bool, warn: Callable[[str], None]) -> None:
    """Have this session's commits wait for the disk, whatever the server's default; tell what only the server's
    administrator can put right."""
    row = connection.execute(_DURABILITY).fetchone()
    commit, fsync, full_pages, standbys = row or ("on", "on", "on", "*")
    if commit in _NOT_DURABLE:
        connection.execute("SET synchronous_commit = 'on'")
    if fsync == "off":
        warn("fsync is off at the server: a power cut can lose requests that were answered with yes")
    if full_pages == "off":
        warn("full_page_writes is off at the server: a power cut can damage the store")
    if several_hosts and not standbys:
        warn("several hosts, but synchronous_standby_names is empty: a failover can lose requests answered with yes")


def hosts_of(address: StoreAddress) -> list[str]:
    """As the client library understands the address."""
    known = conninfo_to_dict(address.shown)
    return str(known.get("hostaddr") or known.get("host") or "").split(",")


def _parameters(address: StoreAddress) -> dict[str, Any]:
    given = conninfo_to_dict(address.shown)
    session = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    password = {"password": address.password.get_secret_value()} if address.password else {}
    options = f"{given.pop('options', '')} {session}".strip()
    return {**_CONNECTING, **given, **password, "options": options, "client_encoding": "UTF8"}
