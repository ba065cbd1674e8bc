"""Relevo with a mail channel, as a process, and the proof that no mail was lost."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tests.support.dovecot import PASSWORD
from tests.support.mail_town import DESK, HELP
from tests.support.rig import Rig

MAIL_DESK = "sur"
_CHANNEL = "mail"
_SECRETS = {"MAIL_PASSWORD": PASSWORD}


def mailbox(port: int, **settings: Any) -> dict[str, Any]:
    """The key `imap`, for a Dovecot on this machine."""
    login = {"user": HELP, "password": {"env": "MAIL_PASSWORD"}}
    return {"imap": {"host": "127.0.0.1", "port": port, "security": "none", **login, **settings}}


def relay(port: int) -> dict[str, Any]:
    """The key `smtp`."""
    return {"smtp": {"host": "127.0.0.1", "port": port, "security": "none"}}


def listener(port: int, **settings: Any) -> dict[str, Any]:
    """The key `listener`, LMTP."""
    return {"listener": {"protocol": "lmtp", "listen": f"127.0.0.1:{port}", **settings}}


def mail_desk(smtp_port: int, **settings: Any) -> dict[str, Any]:
    """A provider that is reached by mail; its own server listens on that port."""
    health = {"smtp": f"127.0.0.1:{smtp_port}", "allow_private": True, "every": "5s"}
    numbers = {"ticket_number": r"\[SUR#(\d+)\]", "resolved": "ha quedado resuelta"}
    return {"type": "email", "via": _CHANNEL, "address": DESK, **numbers, "health": health, **settings}


@asynccontextmanager
async def mail_service(
    directory: Path,
    channel: Mapping[str, Any],
    *,
    by_mail: Mapping[str, Any] | None = None,
    contract: str = "5m",
) -> AsyncIterator[Rig]:
    """Started, with two webhook desks; where it is given, the desk `by_mail` comes before them."""

    def adjust(content: dict[str, Any]) -> None:
        content["channels"][_CHANNEL] = {"type": "email", "address": HELP, **channel}
        if by_mail is not None:
            content["providers"] = {MAIL_DESK: dict(by_mail), **content["providers"]}
        for policy in content["policies"]:
            policy["takeover_within"] = contract
            policy["providers"] = list(content["providers"])

    async with Rig(directory, adjust=adjust, environment=_SECRETS) as rig:
        await rig.start()
        yield rig


class KeptMails:
    """What the store has of mails, read beside the service."""

    def __init__(self, rig: Rig) -> None:
        self._url = rig.ledger_url

    def rows(self, query: str) -> list[Any]:
        engine = create_engine(self._url, poolclass=NullPool)
        with engine.begin() as connection:
            return list(connection.execute(text(query)))

    def tickets(self) -> int:
        return int(self.rows("SELECT count(*) FROM tickets")[0][0])

    def quarantined(self) -> list[str]:
        """The reasons of the raw mails that wait for a person."""
        return [row.reason for row in self.rows("SELECT reason FROM quarantine WHERE kind = 'mail'")]

    def astray(self, message_ids: Collection[str]) -> str | None:
        """What is out of place: each of these mails has become a message exactly once, and no mail that was kept is
        unread without a duty to read it."""
        became: dict[str, set[str]] = {}
        for row in self.rows("SELECT header_id, message_id FROM raw_mails WHERE message_id IS NOT NULL"):
            became.setdefault(row.header_id, set()).add(row.message_id)
        lost = [each for each in message_ids if each not in became]
        twice = [each for each, messages in became.items() if len(messages) > 1]
        unread = self.rows(
            "SELECT id FROM raw_mails WHERE read_at IS NULL AND id NOT IN"
            " (SELECT id FROM deliveries WHERE kind = 'mail' UNION SELECT id FROM quarantine WHERE kind = 'mail')"
        )
        wrong = {"not a message": lost, "more than one message": twice, "unread, and nobody will": unread}
        return "; ".join(f"{what}: {len(found)}, {found[:3]}" for what, found in wrong.items() if found) or None


async def assert_mails_kept(rig: Rig, message_ids: Collection[str], within: float = 30.0) -> None:
    """Every mail with one of these Message-IDs is a message, once; and the auditor agrees that the ledger balances."""
    assert message_ids, "there were no mails, so nothing is proved"
    kept = KeptMails(rig)

    async def astray() -> str | None:
        wrong = kept.astray(message_ids)
        return wrong or ("the auditor to agree" if await rig.metric("relevo_ledger_unbalanced") else None)

    await rig.until(astray, within)
