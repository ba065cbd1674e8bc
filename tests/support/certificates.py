"""Certificates that vouch for themselves, of 127.0.0.1, made by openssl."""

import ssl
import subprocess
from pathlib import Path


def make_certificate(folder: Path, *, days: int) -> Path:
    """`certificate.pem` in the new `folder`, with `key.pem` beside it; with negative days it has expired."""
    folder.mkdir()
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1")
    request = ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "request.pem"]
    sign = ["openssl", "x509", "-req", "-in", "request.pem", "-signkey", "key.pem", "-days", str(days)]
    for command in ([*request, "-subj", f"/CN={folder.name}"], [*sign, "-extfile", "names", "-out", "certificate.pem"]):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "certificate.pem"


def serving(certificate: Path) -> ssl.SSLContext:
    """A server's context that shows it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    return context
