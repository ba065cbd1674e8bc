"""The real command: in this process for what prints and ends, in one of its own for what runs."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result

from gateway.cli.command import relevo

ROOT = Path(__file__).parents[2]
TOKEN = "a-token-of-operations"
SECRETS = {
    "ACME_SECRET": "whsec_MDEyMzQ1Njc4OWFiY2RlZg==",
    "NORTE_SECRET": "whsec_ZmVkY2JhOTg3NjU0MzIxMA==",
    "RELEVO_TOKEN": TOKEN,
    "TWILIO_AUTH_TOKEN": "a-token-of-the-account",
}
ENGLISH = {"LC_ALL": "C.UTF-8"}

CONFIGURATION = """\
gateway:
  public: {listen: "127.0.0.1:0"}
  ops: {listen: "127.0.0.1:0", token: {env: RELEVO_TOKEN}}
  store: "sqlite:FOLDER/relevo.db"
channels:
  web: {type: web}
providers:
  acme:
    type: webhook
    url: http://127.0.0.1:9/tickets
    allow_private: true
    secret: {env: ACME_SECRET}
    health: {url: http://127.0.0.1:9/health}
  norte:
    type: webhook
    url: http://127.0.0.1:9/tickets
    allow_private: true
    secret: {env: NORTE_SECRET}
    health: {url: http://127.0.0.1:9/health}
policies:
  - name: default
    providers: [acme, norte]
    takeover_within: 5s
"""
"""Any free ports, and desks that nobody listens for."""
WITH_PHONE = (
    (
        "  web: {type: web}\n",
        """\
  web: {type: web}
  phone:
    type: voice
    account_sid: AC00000000000000000000000000000000
    auth_token: {env: TWILIO_AUTH_TOKEN}
    numbers: ["+34910000000"]
    answer_within: 60s
""",
    ),
    (
        "secret: {env: ACME_SECRET}\n",
        'secret: {env: ACME_SECRET}\n    voice: {dial: "+34910000001", accept_key: "1"}\n',
    ),
    (
        "secret: {env: NORTE_SECRET}\n",
        'secret: {env: NORTE_SECRET}\n    voice: {dial: "+34910000002", accept_key: "1"}\n',
    ),
)
"""Changes that give it a phone number, and a phone to each desk."""


def write_configuration(folder: Path, *changes: tuple[str, str]) -> Path:
    """The configuration with `changes` (old, new), each of which must apply; its store is in `folder`."""
    text = CONFIGURATION
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "relevo.yaml"
    path.write_text(text.replace("FOLDER", str(folder)), encoding="utf-8")
    return path


def invoke(*arguments: str | Path, environment: Mapping[str, str | None] | None = None) -> Result:
    """`relevo ARGUMENTS` in this process, in English and with the secrets, unless `environment` has it otherwise."""
    return CliRunner().invoke(
        relevo,
        [str(each) for each in arguments],
        env={**SECRETS, **ENGLISH, **(environment or {})},
        catch_exceptions=False,
    )


def run(*arguments: str | Path, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """`relevo ARGUMENTS` in a process of its own."""
    command = [sys.executable, "-m", "gateway.cli", *map(str, arguments)]
    return subprocess.run(
        command,
        env=_environment(environment),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@dataclass
class Serving:
    """A running `relevo serve`."""

    process: subprocess.Popen[str]
    log: Path
    public_url: str
    ops_url: str

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Its exit code, once it has obeyed."""
        self.process.send_signal(number)
        return self.process.wait(30)


@contextmanager
def serving(file: Path, *options: str) -> Iterator[Serving]:
    """`relevo serve -c FILE OPTIONS`, ready; it is killed at the end where it still runs."""
    log = file.parent / "relevo.log"
    command = [sys.executable, "-m", "gateway.cli", "serve", "-c", str(file), *options]
    with log.open("w", encoding="utf-8") as stderr:
        process = subprocess.Popen(
            command, env=_environment(None), cwd=ROOT, stdout=subprocess.PIPE, stderr=stderr, text=True
        )
    assert process.stdout is not None
    try:
        said = [process.stdout.readline().partition(" ") for _ in range(2)]
        assert [name for name, _, _ in said] == ["public", "ops"], log.read_text(encoding="utf-8")
        public_url, ops_url = (url.strip() for _, _, url in said)
        yield Serving(process, log, public_url, ops_url)
    finally:
        process.kill()
        process.wait(30)
        process.stdout.close()


def _environment(changes: Mapping[str, str] | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in SECRETS}
    return {**kept, **SECRETS, **ENGLISH, **(changes or {})}
