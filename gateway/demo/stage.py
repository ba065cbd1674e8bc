"""The demo's stage: Relevo, its two desks and a postbox as running processes, with their addresses."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import tenacity

from gateway.client import OpsClient, OpsError
from gateway.core.errors import StartError
from gateway.core.texts import Saying
from gateway.demo.configuration import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    HELP_DESK,
    MailPorts,
    configuration,
    new_auth_token,
    new_secret,
    secret_variable,
)
from gateway.demo.processes import Child, Children, free_port, ready_line

PRIMARY = "acme"
BACKUP = "norte"
DESKS = (PRIMARY, BACKUP)
"""In the policy's order."""
TAKEOVER_WITHIN = 5.0
"""The contracted time T, in seconds."""
_HOLD, _RAMP = 3.0, 2.0
"""Seconds: a failback that is quick to watch."""
_PUBLIC_PORT = 8080
_FIRST_DESK_PORT = 9101
_RELEVO_MAIL, _POSTBOX, _POSTBOX_MAIL = "relevo mail", "postbox", "postbox mail"
_CARRIER = "carrier"
_OTHER_PORTS = {_RELEVO_MAIL: 2525, _POSTBOX: 9103, _POSTBOX_MAIL: 2526, _CARRIER: 9104}

Tell = Callable[[Saying], None]
"""Is told what there is to say, when it happens."""


@dataclass(frozen=True, slots=True)
class Mail:
    """The postbox, its page, and where Relevo takes mail."""

    postbox: Child
    url: str
    listener: str
    """Host and port, for SMTP."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What runs, and where; the desks in the policy's order, the primary first."""

    relevo: Child
    desks: Mapping[str, Child]
    public_url: str
    ops_url: str
    desk_urls: Mapping[str, str]
    mail: Mail
    carrier: Child
    """Stands in for Twilio."""
    file: Path
    """The configuration."""


@asynccontextmanager
async def set_stage(directory: Path, tell: Tell) -> AsyncIterator[Stage]:
    """Start the desks, the postbox, the carrier, then Relevo, all with their data and logs in `directory`; stop them in
    reverse order.

    `tell` hears of every port that was taken. Raises StartError.
    """
    ports = _free_ports(tell)
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    desk_urls = {desk: urls[desk] for desk in DESKS}
    secrets = {secret_variable(desk): new_secret() for desk in DESKS} | {AUTH_TOKEN: new_auth_token()}
    file = directory / "relevo.yaml"
    text = configuration(
        public_port=ports["relevo"],
        ops_port=ports["relevo ops"],
        desk_ports={desk: ports[desk] for desk in DESKS},
        database=directory / "relevo.db",
        takeover_within=TAKEOVER_WITHIN,
        hold=_HOLD,
        ramp=_RAMP,
        mail=MailPorts(ports[_RELEVO_MAIL], ports[_POSTBOX_MAIL]),
        carrier=ports[_CARRIER],
        secrets_in="file",
    )
    _write(file, text)
    for name, secret in secrets.items():
        _write(directory / name, secret)
    async with Children() as children:
        started = {}
        for desk in DESKS:
            command = _desk_command(desk, ports[desk], directory, urls["relevo"])
            child = Child(desk, command, ready_line, directory / f"{desk}.log", secrets)
            started[desk] = await _start(children, child)
        listener = f"127.0.0.1:{ports[_RELEVO_MAIL]}"
        postbox = Child(_POSTBOX, _postbox_command(ports, listener, desk_urls), ready_line, directory / "postbox.log")
        mail = Mail(await _start(children, postbox), urls[_POSTBOX], listener)
        carrier = Child(_CARRIER, _carrier_command(ports), ready_line, directory / "carrier.log", secrets)
        await _start(children, carrier)
        command = [sys.executable, "-m", "gateway.cli", "serve", "-c", str(file)]
        relevo = Child("relevo", command, _ready_to_serve(urls["relevo ops"]), directory / "relevo.log")
        yield Stage(
            relevo=await _start(children, relevo),
            desks=started,
            public_url=urls["relevo"],
            ops_url=urls["relevo ops"],
            desk_urls=desk_urls,
            mail=mail,
            carrier=carrier,
            file=file,
        )


def _free_ports(tell: Tell) -> dict[str, int]:
    wishes = {"relevo": _PUBLIC_PORT, "relevo ops": _PUBLIC_PORT + 1}
    wishes |= {desk: _FIRST_DESK_PORT + number for number, desk in enumerate(DESKS)}
    wishes |= _OTHER_PORTS
    ports: dict[str, int] = {}
    for name, wanted in wishes.items():
        port = ports[name] = free_port(wanted, taken=list(ports.values()))
        if port != wanted:
            tell(Saying("port {wanted} is taken: {name} listens on {port}", wanted=wanted, name=name, port=port))
    return ports


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        problem = Saying("{folder} can't be written: {reason}", folder=file.parent, reason=error.strerror)
        raise StartError(problem) from error


def _desk_command(desk: str, port: int, directory: Path, public_url: str) -> list[str]:
    command = [sys.executable, "-m", "gateway.demo.desk", "--name", desk, "--port", str(port)]
    return [*command, "--data", str(directory / desk), "--events-url", f"{public_url}/providers/{desk}/events"]


def _postbox_command(ports: Mapping[str, int], relevo: str, desk_urls: Mapping[str, str]) -> list[str]:
    command = [sys.executable, "-m", "gateway.demo.postbox", "--port", str(ports[_POSTBOX])]
    command += ["--smtp-port", str(ports[_POSTBOX_MAIL]), "--relevo", relevo, "--help-desk", HELP_DESK]
    for desk, url in desk_urls.items():
        command += ["--desk", desk, f"{url}/"]
    return command


def _carrier_command(ports: Mapping[str, int]) -> list[str]:
    command = [sys.executable, "-m", "gateway.demo.carrier", "--port", str(ports[_CARRIER])]
    return [*command, "--account-sid", ACCOUNT_SID]


async def _start(children: Children, child: Child) -> Child:
    try:
        return await children.start(child)
    except StartError as error:
        words = str(error)
        raise StartError(
            Saying("{name} didn't start. Its last words:\n{words}", name=child.name, words=words)
        ) from None


def _ready_to_serve(ops_url: str) -> Callable[[Child], Awaitable[None]]:
    """Relevo is ready when its ops listener says so."""

    async def ready(_child: Child) -> None:
        not_yet = tenacity.retry_if_exception_type(OpsError) | tenacity.retry_if_result(bool)
        retrying = tenacity.AsyncRetrying(wait=tenacity.wait_fixed(0.05), retry=not_yet)
        async with OpsClient(ops_url, within=1.0) as client:
            await retrying(client.why_not_ready)

    return ready
