"""The part `mail`: mails of 10 kB by LMTP and by IMAP until they are tickets, beside bare loops; and one of 25 MB."""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from gateway.demo.processes import Children
from tests.bench.configuration import DESKS, write_configuration
from tests.bench.load import LoadFailed
from tests.bench.mail.load import deliver
from tests.bench.mail.sample import ADDRESS, large_mail, mail
from tests.bench.processor import peak_bytes, processor_seconds
from tests.bench.stage import desk_secrets, pid_of, start_module
from tests.support.dovecot import PASSWORD, USER, Dovecot, running_dovecot
from tests.support.ports import new_ports

ROUNDS = 7
MAILS = 1200
WARM_UP = 200
_LOOK_EVERY = 0.02
_LONGEST = 120.0
WAYS = ("lmtp", "imap")
Start = Callable[[Children, Path, int, Dovecot | None], Awaitable[int]]
"""Starts a contestant with its data in the folder; its process."""


@dataclass(frozen=True, slots=True)
class Run:
    """One round of one contestant: mails from the sender's or the mailbox's hands until they are rows."""

    mails: int
    seconds: float
    processor: float
    """Seconds for one mail, of the receiving process and those that it has started."""

    @property
    def rate(self) -> float:
        """Mails a second."""
        return self.mails / self.seconds


@dataclass(frozen=True, slots=True)
class MailFigures:
    """By way, `lmtp` and `imap`, in the order of the rounds."""

    bare: dict[str, list[Run]]
    ours: dict[str, list[Run]]
    large: dict[str, int]
    """By way, bytes: the most memory of all processes together, with a mail of 25 MB."""


async def measure(folder: Path, say: Callable[[str], None], rounds: int = ROUNDS) -> MailFigures:
    """Raises LoadFailed, StartError."""
    bare: dict[str, list[Run]] = {way: [] for way in WAYS}
    ours: dict[str, list[Run]] = {way: [] for way in WAYS}
    for number in range(rounds):
        for way in WAYS:
            contestants = [(bare, "bare loop", _bare), (ours, "Relevo", _ours)]
            for kept, name, start in contestants if number % 2 == 0 else reversed(contestants):
                run = await _round(folder, way, start)
                kept[way].append(run)
                cost = f"{run.rate:5.0f} mails/s  {run.processor * 1e6:5.0f} us of processor each"
                say(f"round {number + 1}/{rounds}  {way}  {name:9} {cost}")
    large = {way: await _large(folder, way) for way in WAYS}
    say(f"25 MB: {large}")
    return MailFigures(bare, ours, large)


async def _round(folder: Path, way: str, start: Start) -> Run:
    with tempfile.TemporaryDirectory(dir=folder) as own:
        if way == "imap":
            with running_dovecot() as dovecot:
                await asyncio.to_thread(dovecot.deliver, [mail(number) for number in range(WARM_UP + MAILS)])
                return await _measured(Path(own), start, dovecot)
        return await _measured(Path(own), start, None)


async def _measured(own: Path, start: Start, dovecot: Dovecot | None) -> Run:
    """From when the first mails are rows until all are: the start of the process isn't counted."""
    port = new_ports("lmtp")["lmtp"]
    async with Children() as children:
        pid = await start(children, own, port, dovecot)
        if dovecot is None:
            await deliver(port, (mail(number) for number in range(WARM_UP)))
        await _rows(own, WARM_UP)
        began, spent, before = time.monotonic(), processor_seconds(pid), _count(own)
        if dovecot is None:
            await deliver(port, (mail(number) for number in range(WARM_UP, WARM_UP + MAILS)))
        await _rows(own, WARM_UP + MAILS)
        mails = WARM_UP + MAILS - before
        return Run(mails, time.monotonic() - began, (processor_seconds(pid) - spent) / mails)


async def _large(folder: Path, way: str) -> int:
    """The most memory until the mail is a ticket; small mails come before it."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        mails = [*map(mail, range(20)), large_mail()]
        if way == "imap":
            with running_dovecot() as dovecot:
                await asyncio.to_thread(dovecot.deliver, mails)
                return await _peak(Path(own), mails, dovecot)
        return await _peak(Path(own), mails, None)


async def _peak(own: Path, mails: list[bytes], dovecot: Dovecot | None) -> int:
    port = new_ports("lmtp")["lmtp"]
    async with Children() as children:
        pid = await _ours(children, own, port, dovecot)
        if dovecot is None:
            await deliver(port, mails, connections=1)
        await _rows(own, len(mails))
        return peak_bytes(pid)


async def _bare(children: Children, own: Path, port: int, dovecot: Dovecot | None) -> int:
    command = ["tests.bench.mail.bare", "--database", str(_database(own))]
    command += ["--port", str(dovecot.plain_port), "--user", USER] if dovecot else ["--port", str(port)]
    return pid_of(await start_module(children, "bare", command, own, {"MAIL_PASSWORD": PASSWORD}))


async def _ours(children: Children, own: Path, port: int, dovecot: Dovecot | None) -> int:
    file = own / "relevo.yaml"
    ports = new_ports("public", "ops", *DESKS)
    write_configuration(file, ports, _database(own), channels={"mail": _channel(port, dovecot)})
    command = ["tests.bench.mail.ours", "--config", str(file)]
    secrets = {**desk_secrets(), "MAIL_PASSWORD": PASSWORD}
    return pid_of(await start_module(children, "relevo", command, own, secrets))


def _channel(port: int, dovecot: Dovecot | None) -> dict[str, object]:
    channel: dict[str, object] = {"type": "email", "address": ADDRESS}
    if dovecot is None:
        limits = {"mails_per_minute": 1_000_000}
        return channel | {"listener": {"protocol": "lmtp", "listen": f"127.0.0.1:{port}", **limits}}
    return channel | {
        "imap": {
            "host": "127.0.0.1",
            "port": dovecot.plain_port,
            "security": "none",
            "user": USER,
            "password": {"env": "MAIL_PASSWORD"},
        }
    }


async def _rows(own: Path, wanted: int) -> None:
    """Returns once there are so many. Raises LoadFailed."""
    deadline = time.monotonic() + _LONGEST
    while _count(own) < wanted:
        if time.monotonic() > deadline:
            raise LoadFailed(f"{_count(own)} of {wanted} mails are rows after {_LONGEST:g} s; {_last_words(own)}")
        await asyncio.sleep(_LOOK_EVERY)


def _last_words(own: Path) -> str:
    """What the receiver warned of."""
    lines = [line for log in own.glob("*.log") for line in log.read_text(errors="replace").splitlines()]
    return "\n".join([line for line in lines if '"info"' not in line][-20:])


def _count(own: Path) -> int:
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(f"file:{_database(own)}?mode=ro", uri=True)) as it:
        return int(it.execute("SELECT count(*) FROM tickets").fetchone()[0])
    return 0


def _database(own: Path) -> Path:
    return own / "relevo.db"
