"""Message-IDs of our own: each bears a token, so that what comes back names its ticket, and is known as ours."""

import re
from collections.abc import Iterable, Iterator

from channels.email.mail import Mail
from channels.email.threading.tokens import LENGTH, REQUESTER, Party, Proof, Purpose, ThreadTokens

_READ = re.compile(rf"<r\.([a-z2-7]{{{LENGTH}}})\.[0-9a-z]{{1,64}}@[^<>@\s]{{1,255}}>", re.IGNORECASE)
_UNIQUE = re.compile(r"[0-9a-z]{1,64}")
_MOST = 50
"""Identifiers of one mail that are looked at, the newest."""


class OwnMessageIds:
    """Makes and reads our Message-IDs under `domain`."""

    def __init__(self, tokens: ThreadTokens, domain: str) -> None:
        self._tokens = tokens
        self._domain = domain

    def make(self, reference: str, unique: str, party: Party = REQUESTER) -> str:
        """The Message-ID of the mail that `unique` (such as a message's id) stands for: the same for every attempt.
        Raises ValueError where it isn't made of lower-case letters and digits."""
        if not _UNIQUE.fullmatch(unique):
            raise ValueError("not made of letters and digits")
        return f"<r.{self._tokens.make(Purpose.MESSAGE_ID, reference, party)}.{unique}@{self._domain}>"

    def read(self, message_id: str) -> Proof | None:
        """What a Message-ID of ours proves; None for any other."""
        found = _READ.fullmatch(message_id.strip())
        return self._tokens.read(Purpose.MESSAGE_ID, found[1]) if found else None

    @staticmethod
    def unique(message_id: str) -> str:
        """What makes it the same mail, of a Message-ID that `read` has read."""
        return message_id.partition("@")[0].rpartition(".")[2].lower()

    def answered(self, mail: Mail) -> Iterator[Proof]:
        """What each of ours that the mail answers proves, the newest first."""
        newest_first = (*mail.in_reply_to, *reversed(mail.references))
        return self._proofs(list(dict.fromkeys(newest_first))[:_MOST])

    def _proofs(self, message_ids: Iterable[str]) -> Iterator[Proof]:
        return (proof for each in message_ids if (proof := self.read(each)))
