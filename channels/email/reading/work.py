"""The reading of one mail, in the reader's own process."""

import dataclasses
import traceback
from pathlib import Path

from channels.email.authentication import authenticate
from channels.email.automatic import Circumstances, weigh
from channels.email.mail import File, Mail, Part
from channels.email.notifications.recognise import recognise
from channels.email.parsing.flaws import Flaw
from channels.email.parsing.limits import Unparsable
from channels.email.parsing.parse import parse
from channels.email.reading.language import language_of
from channels.email.reading.orders import LONGEST_WHY, MOST_ANSWERED, Found, Order, Refused, Rules, dump_answer

LONGEST_TEXT = 1_000_000
"""Characters of a mail's text. One that is longer is cut, and a file too, whole."""
WHOLE_TEXT = "message.txt"


def answer(order: Order, sent: bytes, rules: Rules) -> bytes:
    """The answer to an order, in the form in which it goes to the gateway. Raises MemoryError alone."""
    try:
        found = dump_answer(_read(order, sent, rules))
    except Unparsable as refusal:
        return refused(refusal.code, refusal.text)
    except OSError as error:
        return refused("no_room", error.strerror or type(error).__name__)
    except MemoryError:
        raise
    except Exception as error:  # an error of ours: this mail alone suffers from it
        return refused("crashed", f"{type(error).__name__} in {_place(error)}")
    if len(found) > MOST_ANSWERED:
        return refused("mail_too_big", "the mail has more names and texts than anybody reads")
    return found


def refused(code: str, why: str) -> bytes:
    return dump_answer(Refused(code, why[:LONGEST_WHY]))


def _place(error: Exception) -> str:
    """Where it was raised; never what was said, which may be the mail's own words."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}, line {last.lineno}"


def _read(order: Order, sent: bytes, rules: Rules) -> Found:
    raw = sent if order.mail is None else Path(order.mail).read_bytes()
    mail = parse(raw, rules.limits)
    asked = order.question
    notification = recognise(mail)
    known = Circumstances(
        notification=notification is not None,
        envelope_sender=asked.envelope_sender,
        own_addresses=asked.own_addresses,
    )
    outcome = weigh(mail, known)
    signed_by = _signing_domains(raw, rules.dkim_within) if asked.check_dkim else ()
    authentication = authenticate(mail, asked.authserv_id, signed_by)
    language = language_of(mail)
    bounded = _bounded(mail)
    _write(bounded.files, Path(order.folder))
    return Found(_emptied(bounded), notification, outcome, authentication, language)


def _signing_domains(raw: bytes, within: float) -> tuple[str, ...]:
    # dkimpy is an extra, and takes as long to import as all the rest
    from channels.email.dkim_check import signing_domains
    from channels.email.reading.text_records import TextRecords

    return signing_domains(raw, TextRecords(within).find)


def _bounded(mail: Mail) -> Mail:
    """The mail with as much text as people read, and the whole of it as a file where that is less."""
    if max(len(mail.text), len(mail.html)) <= LONGEST_TEXT:
        return mail
    is_long = len(mail.text) > LONGEST_TEXT
    whole = (File(WHOLE_TEXT, "text/plain", mail.text.encode()),) if is_long else ()
    readable = len(mail.html) <= LONGEST_TEXT
    return dataclasses.replace(
        mail,
        text=mail.text[:LONGEST_TEXT],
        reply=mail.reply[:LONGEST_TEXT],
        quoted=mail.quoted[:LONGEST_TEXT],
        signature=mail.signature[:LONGEST_TEXT],
        html=mail.html if readable else "",
        files=(*mail.files, *whole),
        flaws=mail.flaws if readable else tuple(dict.fromkeys((*mail.flaws, Flaw.HTML_NOT_READ.value))),
    )


def _write(files: tuple[File, ...], folder: Path) -> None:
    if files:
        folder.mkdir(parents=True)
    for number, file in enumerate(files):
        with (folder / str(number)).open("xb", buffering=0) as opened:
            opened.write(file.content)


def _emptied(mail: Mail) -> Mail:
    """Without its structure, and its files without their contents."""
    files = tuple(dataclasses.replace(file, content=b"") for file in mail.files)
    return dataclasses.replace(mail, root=Part(mail.root.media_type), files=files)
