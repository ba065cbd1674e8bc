"""When two mails are the same mail: by all that a sender writes, and nothing that its way here has added (T21). So one
to two of our mailboxes is one mail, and one that only bears a Message-ID that was used before is another. Pure."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from channels.email.mail import Mail
from channels.email.threading.decision import sole_sender
from gateway.core.ticket import Attachment, DedupeKey


def dedupe_key(mail: Mail, files: Sequence[Attachment], mail_id: str) -> DedupeKey:
    """What the mail is known by. One without a Message-ID is only itself: `mail_id` is the raw mail's."""
    if not mail.message_id:
        return DedupeKey("raw mail", mail_id, "")
    return DedupeKey("mail", _digest(_said(mail, files)), "")


def _said(mail: Mail, files: Iterable[Attachment]) -> Iterator[str]:
    yield mail.message_id
    yield sole_sender(mail)
    yield "" if mail.date is None else repr(mail.date)
    yield mail.subject
    yield mail.text
    for file in files:
        yield file.digest


def _digest(pieces: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        content = piece.encode("utf-8", "surrogatepass")
        digest.update(len(content).to_bytes(8, "big"))  # so that no text can pass for two
        digest.update(content)
    return digest.hexdigest()
