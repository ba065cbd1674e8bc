"""What somebody writes to the help desk, from a form to a mail, and over SMTP to Relevo."""

from collections.abc import Sequence
from datetime import datetime

import aiosmtplib

from channels.email.composing import Outgoing, OutgoingFile, compose
from channels.email.mail import Mail
from gateway.core.clock import Instant
from gateway.core.ids import new_id
from gateway.core.settings import Listen
from gateway.core.texts import Language, mark
from gateway.core.values import dataclass

_WITHIN = 10.0
_QUOTED = mark("On {date}, {name} wrote:")


class NotTaken(Exception):
    """Relevo did not take the mail; the text says why, in its own words."""


@dataclass(frozen=True, slots=True)
class Draft:
    """As it is written in the form."""

    name: str
    address: str
    subject: str
    text: str
    files: Sequence[OutgoingFile] = ()


def new_letter(draft: Draft, recipient: str, now: Instant) -> Outgoing:
    """A mail that begins something."""
    return Outgoing(
        sender=draft.address,
        sender_name=draft.name,
        recipient=recipient,
        subject=draft.subject,
        text=draft.text,
        message_id=f"<{new_id()}@postbox.example>",
        date=now,
        files=tuple(draft.files),
    )


def answer_to(mail: Mail, draft: Draft, now: Instant, say: Language) -> Outgoing:
    """As a mail program does it: to whom the mail asks for, with its thread, and its text quoted below."""
    author = next(iter(mail.reply_to or mail.sender), None)
    name = author.name or author.address if author else ""
    date = datetime.fromtimestamp(mail.date or now).strftime("%d/%m/%Y %H:%M")
    quoted = "\n".join(f"> {line}" for line in mail.text.splitlines())
    return Outgoing(
        sender=draft.address,
        sender_name=draft.name,
        recipient=author.address if author else "",
        subject=mail.subject if mail.subject.lower().startswith("re:") else f"Re: {mail.subject}",
        text=f"{draft.text}\n\n{say(_QUOTED, date=date, name=name)}\n{quoted}\n",
        message_id=f"<{new_id()}@postbox.example>",
        date=now,
        files=tuple(draft.files),
        in_reply_to=(mail.message_id,),
        references=(*mail.references, mail.message_id),
    )


async def hand_in(letter: Outgoing, relevo: Listen) -> str:
    """Over SMTP, to Relevo's own listener; its answer. Raises NotTaken."""
    try:
        content = compose(letter)
        _, answer = await aiosmtplib.send(
            content,
            sender=letter.sender,
            recipients=[letter.recipient],
            hostname=relevo.host,
            port=relevo.port,
            start_tls=False,
            timeout=_WITHIN,
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        raise NotTaken("; ".join(f"{each.code} {each.message}" for each in error.recipients)) from error
    except aiosmtplib.SMTPResponseException as error:
        raise NotTaken(f"{error.code} {error.message}") from error
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise NotTaken(str(error)) from error
    return answer
