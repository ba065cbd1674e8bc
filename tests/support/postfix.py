"""A real Postfix on a random port, with a queue of its own: what it takes for example.org it hands to an LMTP port."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.eventually import eventually
from tests.support.ports import new_port
from tests.support.privileges import require_root

_SETTINGS = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
myhostname = mta.example.org
mydestination =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
relay_domains = example.org
transport_maps = inline:{{example.org=lmtp:inet:127.0.0.1:{lmtp_port}}}
smtpd_recipient_restrictions = check_recipient_access inline:{{{refused}}}, permit_mynetworks, reject
smtputf8_enable = yes
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
"""
_SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
virtual unix - n n - - virtual
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """One that is up."""

    port: int
    folder: Path

    @property
    def log(self) -> Path:
        return self.folder / "mail.log"

    async def logged(self, *words: str) -> None:
        """Wait until the log has these words."""
        await eventually(lambda: self._lacks(words), within=10, log=self.log)

    async def _lacks(self, wanted: tuple[str, ...]) -> str | None:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return next((each for each in wanted if each not in text), None)


@asynccontextmanager
async def postfix(
    lmtp_port: int, refused: Mapping[str, str] | None = None, settings: str = ""
) -> AsyncIterator[Postfix]:
    """`refused` are recipients with what Postfix says to them, such as `450 4.2.0 later`; `settings` are lines for
    main.cf, which stand in place of ours."""
    require_root("Postfix's processes run as users of its own")
    command = shutil.which("postfix", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if command is None:
        pytest.fail("postfix is missing: tests/install_needs.sh installs it")
    folder = _make_folder()
    try:
        found = Postfix(new_port(), folder)
        _configure(found, lmtp_port, refused or {}, settings)
        await _run(command, folder, "start")
        try:
            yield found
        finally:
            await _run(command, folder, "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make_folder() -> Path:
    """A short path that Postfix's own user may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="postfix"))
    folder.chmod(0o755)
    return folder


def _configure(found: Postfix, lmtp_port: int, refused: Mapping[str, str], own: str) -> None:
    for name in ("queue", "data"):
        (found.folder / name).mkdir()
    shutil.chown(found.folder / "data", "postfix")
    access = ", ".join(f"{{{address}={reply}}}" for address, reply in refused.items()) or "nobody@example.org=OK"
    settings = _SETTINGS.format(folder=found.folder, lmtp_port=lmtp_port, refused=access)
    names = {line.partition("=")[0].strip() for line in own.splitlines()}
    kept = [line for line in settings.splitlines() if line.partition("=")[0].strip() not in names]
    (found.folder / "main.cf").write_text("\n".join([*kept, own, ""]))
    (found.folder / "master.cf").write_text(_SERVICES.format(port=found.port))


async def _run(command: str, folder: Path, verb: str) -> None:
    process = await asyncio.create_subprocess_exec(
        command, "-c", str(folder), verb, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    if process.returncode:
        log = folder / "mail.log"
        said = log.read_text(errors="replace") if log.exists() else ""
        raise AssertionError(f"postfix {verb}: {output.decode(errors='replace')}\n{said}")
