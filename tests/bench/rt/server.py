"""RT 5 as Debian packages it, with a configuration and an SQLite database of its own."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp

from gateway.core.errors import StartError
from gateway.demo.processes import Child, Children
from tests.bench.contestants import Running, at_once
from tests.bench.stage import local, pid_of
from tests.bench.wire import RT_ACCOUNT
from tests.support.ports import new_ports

_HOME = Path("/usr/share/request-tracker5")
_SET_UP = "rt-setup-database-5"
WORKERS = 2 * (os.cpu_count() or 1)
"""Processes that answer."""
_PASSWORD_COST = 4
"""Of the hash by which each request's password is checked: the least that RT allows, since it is creating a ticket that
is to be measured. With RT's own 12 a request costs several times as much."""
_CONFIGURATION = """\
Set($rtname, 'bench');
Set($Organization, 'example.org');
Set($WebDomain, '127.0.0.1');
Set($WebPort, {port});
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '{folder}/rt.db');
Set($MailCommand, 'testfile');
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'error');
Set($VarPath, '{folder}');
Set($MasonDataDir, '{folder}/mason');
Set($MasonSessionDir, '{folder}/sessions');
Set($BcryptCost, {password_cost});
1;
"""


def rt_version() -> str:
    """Raises StartError where it isn't installed."""
    if not (_HOME / "libexec" / "rt-server").exists() or not shutil.which(_SET_UP):
        raise StartError("Debian's request-tracker5 is not installed: run tests/bench/install_needs.sh rt as root")
    text = (_HOME / "lib" / "RT" / "Generated.pm").read_text(encoding="utf-8")
    return next(line.split("'")[1] for line in text.splitlines() if "VERSION = '" in line)


@asynccontextmanager
async def rt(folder: Path) -> AsyncIterator[Running]:
    """Listens while the context is open, every worker warmed up. Raises StartError."""
    rt_version()
    port = new_ports("rt")["rt"]
    for name in ("sessions", "site"):
        (folder / name).mkdir()
    file = folder / "RT_SiteConfig.pm"
    file.write_text(_CONFIGURATION.format(port=port, folder=folder, password_cost=_PASSWORD_COST), encoding="utf-8")
    environment = {"RT_SITE_CONFIG": str(file), "RT_SITE_CONFIG_DIR": str(folder / "site")}
    await _set_up(folder, environment)
    async with Children() as children:
        options = ["--host", "127.0.0.1", "--port", str(port), "--max-workers", str(WORKERS)]
        command = [str(_HOME / "libexec" / "rt-server"), "--server", "Starlet", *options]
        command += ["--max-reqs-per-child", "100000"]
        url = local(port)
        child = await children.start(Child("rt", command, _answers(url), folder / "rt.log", environment))
        yield Running(url, pid_of(child), at_once)


async def _set_up(folder: Path, environment: Mapping[str, str]) -> None:
    command = [_SET_UP, "--action", "init", "--dba", "", "--dba-password", "", "--skip-create"]
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    (folder / "setup.log").write_bytes(said)
    if process.returncode:
        raise StartError(f"RT's database could not be set up: {said.decode(errors='replace')[-1000:]}")


def _answers(url: str) -> Callable[[Child], Awaitable[None]]:
    """It is ready when its REST interface says its version."""

    async def ready(_child: Child) -> None:
        async with aiohttp.ClientSession(auth=aiohttp.BasicAuth(*RT_ACCOUNT)) as session:
            while True:
                with suppress(aiohttp.ClientError):
                    async with session.get(f"{url}/REST/2.0/rt") as response:
                        if response.ok:
                            return
                await asyncio.sleep(0.1)

    return ready
