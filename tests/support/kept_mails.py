"""Raw mails to put into a store, and what a reader does with them."""

from typing import Any

from gateway.core.delivery import Case, Kind, Quarantine
from gateway.core.events import Event
from gateway.core.ids import new_id
from gateway.core.raw_mail import Kept, MailRead, Origin, RawMail
from gateway.store import SqlStore
from tests.support.store_work import Work, lease_of

CONTENT = b"Subject: Correo\r\n\r\nNo va.\r\n"


def new_mail(
    key: str | None = None,
    *,
    content: bytes | None = CONTENT,
    digest: str | None = None,
    fingerprint: str | None = None,
    **origin: Any,
) -> RawMail:
    """As a mailbox gives it; `origin` changes where it is from."""
    mail_id = new_id()
    where = {"channel": "mail", "place": "imap INBOX", "key": key or mail_id, "received_at": 990.5, **origin}
    return RawMail(mail_id, Origin(**where), len(content or b"x"), content, digest, fingerprint=fingerprint)


class Reading:
    """A reader's steps over a store, in short."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.work = Work(store)

    async def keep(self, mail: RawMail | None = None) -> RawMail:
        """A mail that is new."""
        mail = mail or new_mail()
        assert await self.store.keep_mail(mail) is Kept.NEW
        return mail

    async def claim(self, *, at: float = 1_001.0, limit: int = 10) -> list[Case]:
        return await self.work.claim(Kind.MAIL, at=at, limit=limit)

    async def end(
        self,
        case: Case,
        *,
        at: float = 1_002.0,
        message_id: str | None = None,
        header_id: str | None = None,
        authenticated: str | None = None,
        events: tuple[Event, ...] = (),
    ) -> bool:
        """It has been read."""
        facts = (message_id, header_id, authenticated, events)
        return await self.store.mail_read(MailRead(lease_of(case), case.delivery.id, at, *facts))

    async def read(self, mail: RawMail | None = None, *, at: float = 1_001.0, **end: Any) -> RawMail:
        """A mail that is kept and read."""
        mail = await self.keep(mail)
        (case,) = await self.claim(at=at)
        assert await self.end(case, at=at, **end)
        return mail

    async def withheld(self, mail: RawMail | None = None, *, at: float = 1_001.0, reason: str = "too deep") -> RawMail:
        """A mail that can't be read."""
        mail = await self.keep(mail)
        (case,) = await self.claim(at=at)
        assert await self.store.quarantine([Quarantine(lease_of(case), reason, at)]) == [True]
        return mail

    async def astray(self) -> list[str]:
        found, after = await self.store.audit_mails(None, 1_000)
        assert after is None
        assert await self.store.audit_these(found) == found
        return found
