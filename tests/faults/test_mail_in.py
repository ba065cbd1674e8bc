"""Mail on its way in, whatever happens to the mailbox, the line and the gateway: each mail is a message once, and the
ledger balances."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path

import pytest

from tests.support.dovecot import Dovecot, running_dovecot
from tests.support.mail_rig import KeptMails, assert_mails_kept, mail_service, mailbox
from tests.support.ports import new_port
from tests.support.tcp_proxy import TcpProxy

MAILS = 40
POLL = 3
"""Seconds; 45 unless set. It takes 10 more to find out that nobody answers, and a new connection."""


def mails(count: int = MAILS, size: int = 2_000) -> dict[str, bytes]:
    """By Message-ID."""
    made = {}
    for number in range(count):
        mail = EmailMessage()
        mail["From"], mail["To"] = f"ana.{number}@example.net", "help@example.org"
        mail["Subject"], mail["Message-ID"] = f"No puedo entrar ({number})", make_msgid(domain="example.net")
        mail.set_content("Desde esta mañana. " * (size // 20))
        made[str(mail["Message-ID"])] = mail.as_bytes().replace(b"\n", b"\r\n")
    return made


async def test_a_mailbox_server_killed_amid_the_fetching_loses_nothing(tmp_path: Path) -> None:
    given = mails(size=200_000)
    with running_dovecot() as dovecot:
        dovecot.deliver(list(given.values()))
        async with mail_service(tmp_path, mailbox(dovecot.plain_port)) as rig:
            kept = KeptMails(rig)

            async def begun() -> str | None:
                return None if kept.tickets() else "the first ticket"

            await rig.until(begun, 20.0)
            dovecot.kill()
            assert kept.tickets() < len(given), "it was killed too late to prove anything"
            dovecot.start()
            await assert_mails_kept(rig, given, within=60.0)
            assert kept.tickets() == len(given)


async def test_new_uids_bring_no_loss_and_no_ticket_twice(tmp_path: Path) -> None:
    given = mails(10)
    with running_dovecot() as dovecot:
        dovecot.deliver(list(given.values()), "Cau")
        async with mail_service(tmp_path, mailbox(dovecot.plain_port, folder="Cau", poll="1s")) as rig:
            await assert_mails_kept(rig, given)
            more = mails(5)
            recreate(dovecot, "Cau", [*given.values(), *more.values()])
            await assert_mails_kept(rig, given | more, within=60.0)
            assert KeptMails(rig).tickets() == 15


def recreate(dovecot: Dovecot, folder: str, content: list[bytes]) -> None:
    """The same name, with another UIDVALIDITY."""
    client = dovecot.client()
    client.delete(folder)
    client.logout()
    dovecot.deliver(content, folder)


async def test_a_line_that_dies_silently_delays_a_mail_by_the_poll_and_little_more(tmp_path: Path) -> None:
    first, later = mails(1), mails(1)
    with running_dovecot() as dovecot:
        async with TcpProxy(port := new_port(), dovecot.plain_port) as line:
            dovecot.deliver(list(first.values()))
            async with mail_service(tmp_path, mailbox(port, poll=f"{POLL}s")) as rig:
                await assert_mails_kept(rig, first)
                line.let_open_ones_die()
                dovecot.deliver(list(later.values()))
                await assert_mails_kept(rig, first | later, within=POLL + 20.0)


@pytest.mark.parametrize("flags", ["\\Seen", ""], ids=["seen", "unseen"])
async def test_ten_days_of_backlog_are_taken_whoever_has_read_them(tmp_path: Path, flags: str) -> None:
    given = mails()
    with running_dovecot() as dovecot:
        dovecot.deliver(list(given.values()), flags=flags, at=datetime.now(UTC) - timedelta(days=10))
        async with mail_service(tmp_path, mailbox(dovecot.plain_port)) as rig:
            await assert_mails_kept(rig, given)
            assert all("\\Seen" in each for each in dovecot.flags())


async def test_a_gateway_killed_amid_the_fetching_takes_each_mail_once(tmp_path: Path) -> None:
    given = mails()
    with running_dovecot() as dovecot:
        dovecot.deliver(list(given.values()))
        async with mail_service(tmp_path, mailbox(dovecot.plain_port)) as rig:
            kept = KeptMails(rig)
            for wanted in (5, 20):

                async def so_many(wanted: int = wanted) -> str | None:
                    return None if kept.tickets() >= wanted else f"{wanted} tickets"

                await rig.until(so_many, 30.0)
                await rig.relevo.kill()
                await rig.start_relevo()
            await assert_mails_kept(rig, given)
            assert kept.tickets() == len(given)
