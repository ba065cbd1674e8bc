"""HAProxy as Debian packages it, before two desks of which the second is the backup."""

import asyncio
import csv
import io
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from pathlib import Path
from shutil import which

import aiohttp

from gateway.core.errors import StartError
from gateway.demo.processes import Child, Children
from tests.bench.configuration import DESKS
from tests.bench.stage import local

_STATISTICS = "/statistics"


class Checks(StrEnum):
    """How it watches the desks."""

    DEFAULT = "default"
    """Debian's own times, and a check of the health address every 2 s, as it comes."""
    TUNED = "tuned"
    """As quick as Relevo's own probes, and the answers to live requests count too."""


_TIMES = {
    Checks.DEFAULT: "timeout connect 5s\n    timeout client 50s\n    timeout server 50s",
    Checks.TUNED: "timeout connect 1s\n    timeout client 10s\n    timeout server 2s\n    timeout check 1s\n"
    "    timeout queue 2s\n    retries 3\n    option redispatch 1",
}
CHECKS = {
    Checks.DEFAULT: "check",
    Checks.TUNED: "check inter 1s fastinter 250ms downinter 1s fall 3 rise 2 observe layer7 error-limit 3 "
    "on-error mark-down on-marked-down shutdown-sessions",
}
"""The options of each `server` line."""
_CONFIGURATION = """\
global
    nbthread 1
defaults
    mode http
    {times}
frontend tickets
    bind 127.0.0.1:{port}
    default_backend desks
backend desks
    option httpchk GET /health
    default-server {checks}
{servers}
listen statistics
    bind 127.0.0.1:{statistics}
    stats enable
    stats uri {path}
"""


def configuration(checks: Checks, port: int, statistics: int, desk_ports: Mapping[str, int]) -> str:
    """The file; the first of the desks is the primary, all others are backups."""
    primary = next(iter(desk_ports))
    servers = [
        f"    server {desk} 127.0.0.1:{desk_port}{'' if desk == primary else ' backup'}"
        for desk, desk_port in desk_ports.items()
    ]
    return _CONFIGURATION.format(
        times=_TIMES[checks],
        checks=CHECKS[checks],
        port=port,
        statistics=statistics,
        path=_STATISTICS,
        servers="\n".join(servers),
    )


def haproxy_version() -> str:
    """Raises StartError where it isn't installed."""
    said = subprocess.run([_program(), "-v"], capture_output=True, text=True, check=True).stdout
    return said.split()[2]


def _program() -> str:
    found = which("haproxy") or which("haproxy", path="/usr/sbin")
    if found is None:
        raise StartError("Debian's haproxy is not installed: run tests/bench/install_needs.sh takeover as root")
    return found


@asynccontextmanager
async def haproxy(folder: Path, checks: Checks, ports: Mapping[str, int]) -> AsyncIterator["Statistics"]:
    """Listens on the port of `haproxy` while the context is open, both desks seen to be up. Raises StartError."""
    file = folder / "haproxy.cfg"
    desk_ports = {desk: ports[desk] for desk in DESKS}
    file.write_text(configuration(checks, ports["haproxy"], ports["statistics"], desk_ports), encoding="utf-8")
    async with Children() as children, aiohttp.ClientSession() as session:
        statistics = Statistics(session, local(ports["statistics"]))

        async def ready(_child: Child) -> None:
            await statistics.all_up()

        await children.start(Child("haproxy", [_program(), "-db", "-f", str(file)], ready, folder / "haproxy.log"))
        yield statistics


class Statistics:
    """What it says of the desks."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = f"{url}{_STATISTICS};csv"

    async def all_up(self) -> None:
        """Returns once it sees every desk up, and none on its way down."""
        while True:
            with suppress(aiohttp.ClientError):
                if set((await self._states()).values()) == {"UP"}:
                    return
            await asyncio.sleep(0.25)

    async def _states(self) -> dict[str, str]:
        async with self._session.get(self._url) as response:
            rows = csv.DictReader(io.StringIO((await response.text()).removeprefix("# ")))
        return {row["svname"]: row["status"] for row in rows if row["svname"] in DESKS}
