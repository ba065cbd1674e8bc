"""What the mail channel is measured against: bare loops that receive a mail, parse it, and commit one row with it.

The same parser and an SQLite database with the same durability, and nothing else. By LMTP a mail is answered after its
commit; by IMAP it is fetched, committed and marked as seen, one after the other.
"""

import asyncio
import imaplib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import click
from aiosmtpd.lmtp import LMTP

from channels.email.parsing import Limits, parse
from tests.bench.serving import serve

_LIMIT = 40_000_000


class Rows:
    """The table `tickets`, one commit for each row."""

    def __init__(self, file: Path) -> None:
        self._database = sqlite3.connect(file, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute("CREATE TABLE tickets (id INTEGER PRIMARY KEY, sender TEXT, subject TEXT, body TEXT)")

    def keep(self, raw: bytes) -> None:
        mail = parse(raw, Limits())
        values = (mail.sender[0].address, mail.subject, mail.text)
        self._database.execute("INSERT INTO tickets (sender, subject, body) VALUES (?, ?, ?)", values)


class Handler:
    """aiosmtpd's."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        self._rows.keep(envelope.content)
        return "250 2.0.0 kept"


@asynccontextmanager
async def lmtp(port: int, rows: Rows) -> AsyncIterator[str]:
    """Listens on loopback while the context is open."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: LMTP(Handler(rows), data_size_limit=_LIMIT, loop=loop, enable_SMTPUTF8=True), "127.0.0.1", port
    )
    async with server:
        yield f"lmtp 127.0.0.1:{port}"


def imap(port: int, user: str, password: str, rows: Rows) -> None:
    """All mails of the inbox."""
    client = imaplib.IMAP4("127.0.0.1", port)
    client.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
    client.select("INBOX")
    for uid in client.uid("SEARCH", "ALL")[1][0].split():
        answer = client.uid("FETCH", uid.decode(), "(BODY.PEEK[])")[1]
        rows.keep(answer[0][1])
        client.uid("STORE", uid.decode(), "+FLAGS.SILENT", "(\\Seen)")
    client.logout()


@click.command()
@click.option("--database", type=click.Path(path_type=Path), required=True)
@click.option("--port", type=int, required=True)
@click.option("--user", help="With it, the port is that of an IMAP server.")
@click.option("--password", envvar="MAIL_PASSWORD")
def main(database: Path, port: int, user: str | None, password: str) -> None:
    """Serve until SIGTERM, or read a mailbox to its end."""
    rows = Rows(database)
    if user is None:
        serve(lmtp(port, rows))
    else:
        print("ready", flush=True)
        imap(port, user, password, rows)


if __name__ == "__main__":
    main()
