"""Is a mail automatic, and what follows: the receiving side of RFC 3834.

Two questions with two answers. May it open a ticket? Nearly always: a person's mail that came through a list, a
gateway or a robot is a person's mail still. May we answer it automatically? Only where nothing speaks against it.
Signs add up; one that is SURE decides alone, weak ones never do. `SIGNS` is the whole table.
"""

import re
from collections.abc import Callable
from enum import StrEnum

from channels.email.mail import Mail
from channels.email.part_walk import walk
from gateway.core.values import dataclass

SURE = 100
LIKELY = 60
WEAK = 40


class Kind(StrEnum):
    """What kind of mail it is."""

    PERSON = "person"
    OWN = "own"
    """Ours, come back."""
    NOTIFICATION = "notification"
    """Of delivery."""
    RECEIPT = "receipt"
    """Of reading (RFC 8098)."""
    COMPLAINT = "complaint"
    """A feedback report (RFC 5965)."""
    AUTO_REPLIED = "auto_replied"
    AUTO_GENERATED = "auto_generated"
    CALENDAR = "calendar"
    """An answer to an invitation."""
    LIST = "list"
    BULK = "bulk"
    FORWARDED = "forwarded"
    """By a rule of somebody's mailbox: a person's mail for all that, but an answer might go round."""
    NULL_SENDER = "null_sender"


OPENS_NO_TICKET = frozenset({Kind.OWN, Kind.NOTIFICATION, Kind.RECEIPT})
"""What can only say something about a mail of ours: it annotates that mail's ticket."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else is known of a mail."""

    own: bool = False
    """Its Message-ID is proved to be ours."""
    notification: bool = False
    """It was recognised as a delivery status notification."""
    envelope_sender: str | None = None
    """As the SMTP or LMTP client gave it; None where only the header can tell."""
    own_addresses: frozenset[str] = frozenset()
    """In lower case."""


_NOTHING = Circumstances()


@dataclass(frozen=True, slots=True)
class Sign:
    """One row of the table: what speaks for a kind, and how much."""

    name: str
    kind: Kind
    weight: int
    present: Callable[[Mail, Circumstances], bool]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a mail is taken for, and what follows."""

    kind: Kind
    signs: tuple[str, ...]
    """The names of all that were found."""
    may_open: bool
    """It may become a ticket."""
    may_answer: bool
    """It may be answered automatically, as far as the budget allows."""


_ROBOTS = re.compile(r"(?:no|do-?not|don-?t)[-_.]?(?:reply|responder|contestar|respond)|nao-?responda", re.IGNORECASE)
_SYSTEMS = re.compile(r"(?:mailer-daemon|postmaster|root|daemon|nobody|cron|listserv|majordomo)", re.IGNORECASE)
_LIST_ENVELOPES = re.compile(r"owner-.*|.*-(?:request|owner|bounces?|return)(?:[+=-].*)?", re.IGNORECASE | re.DOTALL)
_SUBJECTS = re.compile(
    r"auto(?:matic|mated)?[- ]?(?:reply|replied|response)|out of (?:the )?office"
    r"|on vacation|away (?:from (?:the )?office|until)"
    r"|respuesta autom[aá]tica|fuera de (?:la )?oficina|ausencia temporal"
    r"|resposta autom[aáà]tica|ausente do escrit[oó]rio|fora do escrit[oó]rio|fora de l'oficina"
    r"|r[eé]ponse automatique|absence du bureau|automatische antwort|abwesenheit"
    r"|risposta automatica|fuori ufficio|automatisch antwoord|autosvar|不在|自動応答",
    re.IGNORECASE,
)
_CALENDAR_ANSWER = re.compile(rb"^METHOD:(?:REPLY|COUNTER|DECLINECOUNTER|REFRESH)\s*$", re.IGNORECASE | re.MULTILINE)
_LIST_FIELDS = ("list-id", "list-post", "list-help", "list-subscribe", "list-owner", "list-archive", "mailing-list")
_REPLY_FIELDS = ("x-autoreply", "x-autorespond", "x-autoreply-from", "x-mail-autoreply", "x-autoresponder")
_SUPPRESSED = {"all", "oof", "autoreply"}
_LONGEST_SUBJECT = 1000


def subject_of_automatic_reply(subject: str) -> bool:
    """Whether a subject is worded as those of absences are, in several languages: people use the same words."""
    return bool(_SUBJECTS.search(subject[:_LONGEST_SUBJECT]))


def _keyword(mail: Mail, name: str) -> str:
    """The word that a field begins with, in lower case; "" where there is none."""
    value = (mail.all(name) or [""])[0]
    return value.partition(";")[0].partition("(")[0].strip().lower()


def _has(mail: Mail, *names: str) -> bool:
    return any(mail.all(name) for name in names)


def _auto_submitted(mail: Mail, *, replied: bool) -> bool:
    keyword = _keyword(mail, "auto-submitted")
    return keyword not in ("", "no") and keyword.startswith(("auto-replied", "auto-notified")) == replied


def _local_part(mail: Mail) -> str:
    return mail.sender[0].address.rpartition("@")[0] if mail.sender else ""


def _envelope_sender(mail: Mail, known: Circumstances) -> str | None:
    if known.envelope_sender is not None:
        return known.envelope_sender.strip().strip("<>")
    paths = mail.all("return-path")
    return paths[0].strip().strip("<>") if paths else None


def _from_list(mail: Mail, known: Circumstances) -> bool:
    local = (_envelope_sender(mail, known) or "").rpartition("@")[0]
    return bool(_LIST_ENVELOPES.fullmatch(local[:320]))


def _suppresses(mail: Mail) -> bool:
    values = ",".join(mail.all("x-auto-response-suppress")).lower().split(",")
    return any(value.strip() in _SUPPRESSED for value in values)


def _loops(mail: Mail, known: Circumstances) -> bool:
    return any(value.strip().strip("<>").lower() in known.own_addresses for value in mail.all("x-loop"))


def _has_part(mail: Mail, media_type: str) -> bool:
    return any(part.media_type == media_type for part in walk(mail.root))


def _answers_invitation(mail: Mail) -> bool:
    calendars = (part.content for part in walk(mail.root) if part.media_type == "text/calendar")
    return any(_CALENDAR_ANSWER.search(content[:10_000]) for content in calendars)


SIGNS = (
    Sign("own_message_id", Kind.OWN, SURE, lambda mail, known: known.own),
    Sign("delivery_notification", Kind.NOTIFICATION, SURE, lambda mail, known: known.notification),
    Sign("disposition_part", Kind.RECEIPT, SURE, lambda mail, _: _has_part(mail, "message/disposition-notification")),
    Sign("feedback_part", Kind.COMPLAINT, SURE, lambda mail, _: _has_part(mail, "message/feedback-report")),
    Sign("calendar_answer", Kind.CALENDAR, SURE, lambda mail, _: _answers_invitation(mail)),
    Sign("auto_replied", Kind.AUTO_REPLIED, SURE, lambda mail, _: _auto_submitted(mail, replied=True)),
    Sign("auto_generated", Kind.AUTO_GENERATED, SURE, lambda mail, _: _auto_submitted(mail, replied=False)),
    Sign("autoreply_field", Kind.AUTO_REPLIED, SURE, lambda mail, _: _has(mail, *_REPLY_FIELDS)),
    Sign("precedence_reply", Kind.AUTO_REPLIED, SURE, lambda mail, _: _keyword(mail, "precedence") == "auto_reply"),
    Sign("inbox_rule", Kind.FORWARDED, SURE, lambda mail, _: _has(mail, "x-ms-exchange-inbox-rules-loop")),
    Sign("list_field", Kind.LIST, SURE, lambda mail, _: _has(mail, *_LIST_FIELDS)),
    Sign("precedence_list", Kind.LIST, SURE, lambda mail, _: _keyword(mail, "precedence") == "list"),
    Sign("list_envelope", Kind.LIST, SURE, _from_list),
    Sign("precedence_bulk", Kind.BULK, SURE, lambda mail, _: _keyword(mail, "precedence") in ("bulk", "junk")),
    Sign("responses_suppressed", Kind.AUTO_GENERATED, SURE, lambda mail, _: _suppresses(mail)),
    Sign("loop_field", Kind.AUTO_GENERATED, SURE, _loops),
    Sign("robot_address", Kind.AUTO_GENERATED, SURE, lambda mail, _: bool(_ROBOTS.match(_local_part(mail)))),
    Sign("null_sender", Kind.NULL_SENDER, SURE, lambda mail, known: _envelope_sender(mail, known) == ""),
    Sign("system_address", Kind.AUTO_GENERATED, LIKELY, lambda mail, _: bool(_SYSTEMS.fullmatch(_local_part(mail)))),
    Sign("feedback_id", Kind.BULK, LIKELY, lambda mail, _: _has(mail, "feedback-id")),
    Sign("unsubscribe_field", Kind.BULK, LIKELY, lambda mail, _: _has(mail, "list-unsubscribe")),
    Sign("subject", Kind.AUTO_REPLIED, WEAK, lambda mail, _: subject_of_automatic_reply(mail.subject)),
)
"""The table; of signs that weigh the same, the first names the kind."""


def weigh(mail: Mail, known: Circumstances = _NOTHING) -> Outcome:
    """What a mail is taken for, and whether it may open a ticket or be answered automatically. Never raises."""
    found = [sign for sign in SIGNS if sign.present(mail, known)]
    automatic = sum(sign.weight for sign in found) >= SURE
    kind = max(found, key=lambda sign: sign.weight).kind if automatic else Kind.PERSON
    return Outcome(kind, tuple(sign.name for sign in found), kind not in OPENS_NO_TICKET, not automatic)
