"""What is started for a measurement: Relevo, and desks to hand off to, as processes of their own."""

import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.demo.configuration import new_secret, secret_variable
from gateway.demo.processes import Child, Children, ready_line
from tests.bench.configuration import DESKS, ONE_PRIMARY, Routes, write_configuration
from tests.support.ports import new_ports


@dataclass(frozen=True, slots=True)
class Stage:
    """Relevo and its desks, running; the desks in the policy's order."""

    public_url: str
    ops_url: str
    relevo: Child
    desks: Mapping[str, Child]
    desk_urls: Mapping[str, str]
    ready_after: float
    """Seconds that Relevo took from its start until it was ready."""

    def pids(self) -> dict[str, int]:
        """Every process by its name."""
        return {name: pid_of(child) for name, child in {"relevo": self.relevo, **self.desks}.items()}


@asynccontextmanager
async def relevo_and_desks(
    folder: Path, database: Path | None = None, routes: Routes = ONE_PRIMARY
) -> AsyncIterator[Stage]:
    """Running while the context is open, with their data in `folder`, but for a `database` elsewhere. Raises
    StartError."""
    ports = new_ports("public", "ops", *DESKS)
    url = local(ports["public"])
    secrets = desk_secrets()
    file = folder / "relevo.yaml"
    write_configuration(file, ports, database or folder / "relevo.db", routes)
    async with Children() as children:
        desks = {}
        for desk in DESKS:
            reports = f"{url}/providers/{desk}/events"
            desks[desk] = await start_desk(children, desk, ports[desk], folder, secrets, events_url=reports)
        command = ["gateway.cli", "serve", "-c", str(file)]
        began = time.monotonic()
        relevo = await start_module(children, "relevo", command, folder, secrets)
        took = time.monotonic() - began
        yield Stage(url, local(ports["ops"]), relevo, desks, {desk: local(ports[desk]) for desk in DESKS}, took)


async def start_desk(
    children: Children,
    desk: str,
    port: int,
    folder: Path,
    secrets: Mapping[str, str],
    events_url: str | None = None,
) -> Child:
    """A demo desk with its tickets in `folder`; without `events_url` it reports to nobody. Raises StartError."""
    command = ["gateway.demo.desk", "--name", desk, "--port", str(port), "--data", str(folder / desk)]
    command += ["--events-url", events_url] if events_url else []
    return await start_module(children, desk, command, folder, secrets)


async def start_module(
    children: Children, name: str, command: Sequence[str], folder: Path, secrets: Mapping[str, str] | None = None
) -> Child:
    """`python -m ...`, which says a line once it is ready. Raises StartError."""
    whole = [sys.executable, "-m", *command]
    return await children.start(Child(name, whole, ready_line, folder / f"{name}.log", secrets or {}))


def desk_secrets(secret: str | None = None) -> dict[str, str]:
    """The variables with the desks' secrets: one of its own for each, unless it is given."""
    return {secret_variable(desk): secret or new_secret() for desk in DESKS}


def pid_of(child: Child) -> int:
    """Of a child that has been started."""
    assert child.process is not None
    return child.process.pid


def local(port: int) -> str:
    """The address of what listens there on this machine."""
    return f"http://127.0.0.1:{port}"
