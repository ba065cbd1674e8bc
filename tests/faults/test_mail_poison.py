"""Mails that are made to stop a help desk: each is seen by a person or is a ticket, and the next is one soon."""

import asyncio
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid
from pathlib import Path
from smtplib import LMTP

from tests.support.mail_rig import KeptMails, listener, mail_service
from tests.support.mail_town import ANA, HELP
from tests.support.ports import new_port

SOON = 10.0
"""Seconds."""
_HEAD = (
    f"From: {ANA}\r\nTo: {HELP}\r\nSubject: bomb\r\nMessage-ID: <bomb@example.net>\r\nMIME-Version: 1.0\r\n"
).encode()


def nested(parts: int) -> bytes:
    """Multiparts within each other."""
    opened = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(parts))
    return _HEAD + opened.encode() + b"Content-Type: text/plain\r\n\r\nend\r\n"


def many(parts: int) -> bytes:
    """Beside each other."""
    return _HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\nx\r\n" * parts + b"--b--\r\n"


def wide(head: bytes, word: bytes, size: int) -> bytes:
    """So much of the same in lines that a mail server takes; as quoted-printable one single line."""
    line = word * (900 // len(word)) + b"=\r\n"
    return _HEAD + head + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + line * (size // len(line))


BOMBS = {
    "500 nested parts": nested(500),
    "2000 nested parts": nested(2000),
    "50000 parts": many(50_000),
    "slow HTML": wide(b"Content-Type: text/html\r\n", b"<div><table><tr><td>", 3_000_000),
    "one long line": wide(b"", b"> ", 4_000_000),
    "a huge field": _HEAD + b"X-Long: " + b"a, \r\n " * 90_000 + b"\r\n\r\nend\r\n",
}


def mine(bomb: bytes, number: int) -> bytes:
    """With a Message-ID of its own."""
    return bomb.replace(b"<bomb@", f"<bomb.{number}@".encode())


def good() -> tuple[str, bytes]:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = ANA, HELP, "No puedo entrar"
    mail["Message-ID"] = make_msgid(domain="example.net")
    mail.set_content("Desde esta mañana.\n")
    return str(mail["Message-ID"]), mail.as_bytes(policy=SMTP)


def deliver(port: int, *mails: bytes) -> None:
    with LMTP("127.0.0.1", port) as client:
        for mail in mails:
            client.sendmail(ANA, [HELP], mail)


async def test_no_mail_holds_up_the_next(tmp_path: Path) -> None:
    port = new_port()
    async with mail_service(tmp_path, listener(port)) as rig:
        kept = KeptMails(rig)
        for number, bomb in enumerate(BOMBS.values()):
            message_id, next_one = good()
            await asyncio.to_thread(deliver, port, mine(bomb, number), next_one)

            async def read(message_id: str = message_id) -> str | None:
                return kept.astray([message_id])

            await rig.until(read, SOON)

        async def seen() -> str | None:
            bombs = [row for row in kept.rows("SELECT subject FROM tickets") if row.subject == "bomb"]
            found = len(bombs) + len(kept.quarantined())
            return None if found == len(BOMBS) else f"{len(BOMBS)} bombs as tickets or in quarantine, not {found}"

        await rig.until(seen, 60.0)


async def test_many_at_once_hold_up_nobody_either(tmp_path: Path) -> None:
    port = new_port()
    async with mail_service(tmp_path, listener(port)) as rig:
        bombs = [mine(bomb, number) for number, bomb in enumerate(BOMBS.values())]
        message_id, next_one = good()
        await asyncio.to_thread(deliver, port, *bombs, *bombs, next_one)

        async def read() -> str | None:
            return KeptMails(rig).astray([message_id])

        await rig.until(read, SOON)


async def test_a_crowd_of_slow_ones_holds_up_no_small_one(tmp_path: Path) -> None:
    """Each takes seconds, and is taken up before the small one comes."""
    part = b"--b\r\nContent-Type: text/html\r\n\r\n" + (b"<p>&amp;&eacute;<b>x</b> " * 30 + b"\r\n") * 250
    slow = _HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * 30 + b"--b--\r\n"
    port = new_port()
    async with mail_service(tmp_path, listener(port)) as rig:
        await asyncio.to_thread(deliver, port, *(mine(slow, number) for number in range(10)))
        message_id, next_one = good()
        await asyncio.to_thread(deliver, port, next_one)

        async def read() -> str | None:
            return KeptMails(rig).astray([message_id])

        await rig.until(read, SOON)
