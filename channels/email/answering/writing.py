"""From words to a mail of the channel's: its addresses, its Message-ID, its place in the thread."""

import asyncio
from collections.abc import Sequence

from channels.email.composing import Outgoing, OutgoingFile, Written, compose
from channels.email.identity import MailIdentity
from channels.email.threading.tokens import REQUESTER, Party
from gateway.core.clock import Instant
from gateway.core.post import Outcome, Refused

_IN_A_THREAD = 256 * 1024
_TOO_LARGE = (552, "5.3.4")
"""RFC 5321 section 4.2.3, RFC 3463 section 3.4."""


class Writer:
    """Writes mails that come from one constant address, whoever stands behind them."""

    def __init__(self, identity: MailIdentity, name: str) -> None:
        self._identity = identity
        self._name = name

    async def write(
        self,
        words: Written,
        *,
        recipient: str,
        reference: str,
        unique: str,
        at: Instant,
        party: Party = REQUESTER,
        answers: Sequence[str] = (),
        references: Sequence[str] = (),
        files: Sequence[OutgoingFile] = (),
        automatic: bool = False,
    ) -> bytes:
        """The whole mail. Answers to it come back with `party`'s token; `unique` makes it the same mail on every try;
        `automatic` where it is the answer of a program (RFC 3834)."""
        mail = Outgoing(
            sender=self._identity.address,
            sender_name=self._name,
            recipient=recipient,
            subject=words.subject,
            text=words.text,
            html=words.html,
            message_id=self._identity.message_id(reference, unique, party),
            date=at,
            files=tuple(files),
            reply_to=self._identity.reply_address(reference, party),
            in_reply_to=tuple(answers),
            references=tuple(references),
            auto_submitted="auto-replied" if automatic else "",
        )
        large = sum(len(each.content) for each in files) > _IN_A_THREAD
        return await asyncio.to_thread(compose, mail) if large else compose(mail)


def too_large(outcome: Outcome) -> bool:
    """Whether it was refused for its size alone."""
    return isinstance(outcome, Refused) and (outcome.code == _TOO_LARGE[0] or outcome.status == _TOO_LARGE[1])
