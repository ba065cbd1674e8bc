"""Real Dovecot servers on random ports, for tests: each with its mail in a folder of its own, and ended with the test.

Where the tests are root's, Dovecot runs as root and touches mail as `nobody`, since it never does that as root.
"""

import base64
import grp
import hashlib
import hmac
import imaplib
import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Self

import pytest

from tests.support.certificates import make_certificate
from tests.support.ports import new_port

USER = "help@example.org"
PASSWORD = 'p"ä\\ss'
"""With what must be quoted, and what can't be in a quoted string."""
_TOKEN_KEY = b"a key that only the tests know"
_READY_WITHIN = 30.0
_LOOK_EVERY = 0.02
_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
first_valid_uid = 1
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
mail_location = maildir:{folder}/mail:LAYOUT=fs
ssl = yes
ssl_cert = <{folder}/tls/certificate.pem
ssl_key = <{folder}/tls/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
auth_failure_delay = 0 secs
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/tokens.conf
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/passwords
}}
userdb {{
  driver = static
  args = uid={mail} gid={mail_group} home={folder}/mail
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
{extra}
"""
_TOKENS = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={folder}/keys/
username_attribute = email
active_attribute = active
active_value = yes
"""


def require() -> str:
    """The server's command. Skips the test where there is none; on CI that is a failure."""
    command = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if command is None:
        reason = "no Dovecot is installed; tests/install_needs.sh installs one"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return command


class Dovecot:
    """One server with one mailbox, on a port for plain text and STARTTLS and another for TLS."""

    def __init__(self, folder: Path, extra: str) -> None:
        self.folder = folder
        self.plain_port = new_port()
        self.tls_port = new_port()
        self.certificate = make_certificate(folder / "tls", days=2)
        self._process: subprocess.Popen[bytes] | None = None
        self._configure(extra)

    def start(self) -> Self:
        """Start it, and wait until it answers; again where it gives up, since one that was killed isn't gone yet."""
        deadline = time.monotonic() + _READY_WITHIN
        while True:
            if self._process is None or self._process.poll() is not None:
                self._process = self._started()
            with suppress(OSError, imaplib.IMAP4.error):
                self.client().logout()
                return self
            log = self.folder / "log"
            assert time.monotonic() < deadline, f"Dovecot doesn't start: {log.read_text() if log.exists() else ''}"
            time.sleep(_LOOK_EVERY)

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", require(), "-F", "-c", str(self.folder / "dovecot.conf")],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kill(self) -> None:
        """All its processes at once, without a word to anybody."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def client(self, user: str = USER) -> imaplib.IMAP4:
        """Somebody else who works in the mailbox; logged in."""
        client = imaplib.IMAP4("127.0.0.1", self.plain_port, timeout=5)
        client.authenticate("PLAIN", lambda _: f"\0{user}\0{PASSWORD}".encode())
        return client

    def deliver(
        self, mails: Sequence[bytes], folder: str = "INBOX", flags: str = "", at: datetime | None = None
    ) -> None:
        """Into the folder, by its name on the wire, which is made where it is missing."""
        client = self.client()
        client.create(folder)
        date = imaplib.Time2Internaldate(at if at is not None else time.time())
        for mail in mails:
            answer, why = client.append(folder, flags, date, mail)
            assert answer == "OK", why
        client.logout()

    def flags(self, folder: str = "INBOX") -> list[str]:
        """Of each mail, in order."""
        client = self.client()
        assert client.select(folder, readonly=True)[0] == "OK"
        _, told = client.fetch("1:*", "(FLAGS)") if client.untagged_responses["EXISTS"] != [b"0"] else ("", [])
        client.logout()
        return [line.decode() for line in told if isinstance(line, bytes)]

    def token(self, *, valid: bool = True) -> str:
        """An access token that it takes, or one that has ended: JSON Web Tokens, signed with a shared key."""
        ends = int(time.time()) + (3600 if valid else -3600)
        told = {"email": USER, "active": "yes", "exp": ends, "iat": ends - 3600, "sub": USER}
        signed = b".".join(_packed(json.dumps(each).encode()) for each in ({"alg": "HS256", "typ": "JWT"}, told))
        return b".".join((signed, _packed(hmac.digest(_TOKEN_KEY, signed, hashlib.sha256)))).decode()

    def _configure(self, extra: str) -> None:
        key = self.folder / "keys" / "default" / "HS256" / "default"
        key.parent.mkdir(parents=True)
        key.write_bytes(base64.b64encode(_TOKEN_KEY))
        (self.folder / "mail").mkdir()
        (self.folder / "passwords").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
        (self.folder / "tokens.conf").write_text(_TOKENS.format(folder=self.folder))
        root = os.geteuid() == 0
        me, mine = pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name
        nobody = pwd.getpwnam("nobody")
        (self.folder / "dovecot.conf").write_text(
            _CONFIGURATION.format(
                folder=self.folder,
                internal="dovecot" if root else me,
                group="dovecot" if root else mine,
                login="dovenull" if root else me,
                mail=nobody.pw_uid if root else os.geteuid(),
                mail_group=nobody.pw_gid if root else os.getegid(),
                plain=self.plain_port,
                tls=self.tls_port,
                extra=extra,
            )
        )
        if root:
            self.folder.chmod(0o755)
            os.chown(self.folder / "mail", nobody.pw_uid, nobody.pw_gid)


@contextmanager
def running_dovecot(extra: str = "") -> Iterator[Dovecot]:
    """A started one, with `extra` at the end of its configuration."""
    require()
    folder = Path(tempfile.mkdtemp(prefix="dc-", dir="/tmp"))
    server = Dovecot(folder, extra)
    try:
        yield server.start()
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _packed(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")
