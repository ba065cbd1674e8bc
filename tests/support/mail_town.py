"""A town with mail: a real Postfix that takes everybody's mail, and a real Dovecot with a mailbox for each."""

import asyncio
import imaplib
import smtplib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from tests.support.dovecot import PASSWORD, Dovecot, running_dovecot
from tests.support.eventually import eventually
from tests.support.postfix import Postfix, postfix

HELP = "help@example.org"
ANA = "ana@example.net"
DESK = "desk@sur.example"
_NOBODY = 65534
_ARRIVES_WITHIN = 30.0
_TO_EVERYBODY = """\
recipient_delimiter = +
relay_domains =
transport_maps =
virtual_mailbox_domains = {domains}
virtual_mailbox_base = {folder}
virtual_mailbox_maps = inline:{{ {mailboxes} }}
virtual_uid_maps = static:{nobody}
virtual_gid_maps = static:{nobody}
virtual_transport = virtual
mailbox_size_limit = 0
virtual_mailbox_limit = 0
message_size_limit = 40000000
"""


class MailTown:
    """Both servers, running; every user's password is `PASSWORD`."""

    def __init__(self, mta: Postfix, mailboxes: Dovecot) -> None:
        self.mta = mta
        self.mailboxes = mailboxes
        self.password = PASSWORD

    async def send(self, sender: str, recipient: str, mail: EmailMessage) -> None:
        """As a mail program does it; `sender` and `recipient` are the envelope's."""
        await asyncio.to_thread(self._send, sender, recipient, mail)

    def _send(self, sender: str, recipient: str, mail: EmailMessage) -> None:
        with smtplib.SMTP("127.0.0.1", self.mta.port, timeout=10) as client:
            client.send_message(mail, sender, recipient)

    async def inbox(self, user: str) -> list[EmailMessage]:
        """All mails there, in the order in which they came."""
        return await asyncio.to_thread(self._inbox, user)

    def _inbox(self, user: str) -> list[EmailMessage]:
        client = self.mailboxes.client(user)
        try:
            client.select("INBOX", readonly=True)
            return [_parsed(client, number) for number in client.search(None, "ALL")[1][0].split()]
        finally:
            client.logout()

    async def arrived(self, user: str, count: int, within: float = _ARRIVES_WITHIN) -> list[EmailMessage]:
        """All mails there, once there are so many. Fails where that takes too long, or there are more."""
        found: list[EmailMessage] = []

        async def lacking() -> str | None:
            found[:] = await self.inbox(user)
            return None if len(found) >= count else f"{count} mails for {user}: there are {_subjects(found)}"

        await eventually(lacking, within=within, log=self.mta.log)
        assert len(found) == count, _subjects(found)
        return found


def _parsed(client: imaplib.IMAP4, number: bytes) -> EmailMessage:
    answer: Any = client.fetch(number.decode(), "(BODY.PEEK[])")[1]
    return BytesParser(policy=default).parsebytes(answer[0][1])


def _subjects(mails: Sequence[EmailMessage]) -> list[str]:
    return [str(mail["subject"]) for mail in mails]


def words(mail: EmailMessage) -> str:
    """The text for people."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@asynccontextmanager
async def mail_town(users: Sequence[str] = (HELP, ANA, DESK)) -> AsyncIterator[MailTown]:
    """Running while the context is open. Mail to `user+anything@...` is the user's."""
    with running_dovecot("mail_location = maildir:~/%u:LAYOUT=fs") as mailboxes:
        passwords = "".join(f"{user}:{{PLAIN}}{PASSWORD}\n" for user in users)
        (mailboxes.folder / "passwords").write_text(passwords)
        settings = _TO_EVERYBODY.format(
            domains=", ".join(sorted({user.rpartition("@")[2] for user in users})),
            folder=mailboxes.folder / "mail",
            mailboxes=", ".join(f"{{{user} = {user}/}}" for user in users),
            nobody=_NOBODY,
        )
        async with postfix(lmtp_port=1, settings=settings) as mta:
            yield MailTown(mta, mailboxes)
