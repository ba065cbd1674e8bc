"""One failure judged: its codes, its reason, hard or soft.

The far server's own words count most, since many servers answer everything with one code; then its enhanced status, or
the reporting server's, then the bare SMTP reply, and last what the notice tells people.
"""

import re
from collections.abc import Iterator

from channels.email.notifications.reasons import PERMANENT, Reason, reason_of_reply, reason_of_status, reason_of_subject
from channels.email.notifications.wording import denies_by_stock_phrase, plain_words, reason_of_words
from gateway.core.values import dataclass

_MOST = 2000
"""Characters of each that are looked at."""
_CODES = re.compile(r"(?<![\d.\-/:])([245]\d\d)(?:[ \-]+#?([245]\.\d{1,3}\.\d{1,3})(?![\d.])|(?=[ \-]|$))")
_STATUS = re.compile(r"(?<![\d.])#?([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_STAGE = re.compile(
    r"(?:>>>|in reply to|after|like our|command|progress was)[^\n]{0,20}?[ \n]"
    r"(?P<stage>MAIL FROM|RCPT|DATA|end of data|TEXT|initial connection)\b",
    re.IGNORECASE,
)
_REFUSAL = re.compile(r"^(?:<<<|Received >>>) ?[45]\d\d", re.MULTILINE)
_OF_THE_MAIL = ("data", "end of data", "text")
_OF_THE_SENDER = ("mail from", "initial connection")
_NOTHING_IN_PARTICULAR = ("", "2.0.0", "4.0.0", "5.0.0")
_OF_THE_ADDRESS = ("551", "553")
_OF_THE_MAILBOX = re.compile(r"[45]\.(?:1\.\d+|2\.1)")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one recipient's failure comes to."""

    status: str
    """RFC 3463; "" where nobody said any."""
    reply: str
    """Of SMTP, three digits; "" where there was none."""
    reason: Reason
    hard: bool


def judge(words: str, *, status: str = "", context: str = "", local: bool = False) -> Verdict:
    """`words` are the far server's, `status` is the reporting server's field, `context` what the notice says of that
    recipient, with the transcript if it has one; `local` where they are a delivery program's of that machine."""
    words, context = words[:_MOST], context[:_MOST]
    answer, gloss = _relayed(words)
    reply, own_status = _codes(answer if words.strip() else context)
    statuses = (own_status, _codes(gloss)[1], status)
    telling = next((code for code in statuses if code not in _NOTHING_IN_PARTICULAR), own_status or status)
    stage = _stage(words) or _stage(context)
    plain = plain_words(answer)
    guesses = _guesses(plain, context, telling, reply, own_status)
    reason = next((guess for guess in guesses if guess is not Reason.UNKNOWN), Reason.UNKNOWN)
    if local and reason is not Reason.MAILBOX_FULL:
        reason = Reason.PROGRAM
    elif reason in PERMANENT and stage in _OF_THE_SENDER:
        reason = Reason.SENDER
    elif reason is Reason.USER_UNKNOWN and not _believable(plain, telling, reply, stage):
        reason = Reason.FILTERED
    return Verdict(telling, reply, reason, _hard(reason, telling, reply))


def _believable(plain: str, status: str, reply: str, stage: str) -> bool:
    """Whether the recipient is denied as such. The stock phrase "user unknown" alone isn't about the mailbox when the
    recipient had been taken and the mail was refused, when it names nobody, or when the status says something else."""
    if not denies_by_stock_phrase(plain) or status.endswith(".1.1") or reply in _OF_THE_ADDRESS or stage == "rcpt":
        return True
    of_the_mailbox = status in _NOTHING_IN_PARTICULAR or bool(_OF_THE_MAILBOX.fullmatch(status))
    return "@" in plain and stage not in _OF_THE_MAIL and of_the_mailbox


def _relayed(words: str) -> tuple[str, str]:
    """The far server's answer itself, and the reporting server's gloss before it."""
    start = words.rfind("->") + 1
    found = _CODES.search(words, start)
    return (words[found.start() :], words[: found.start()]) if found else (words, "")


def _stage(text: str) -> str:
    """The command that the first refusal was an answer to, in lower case; "" where it isn't told."""
    refused = _REFUSAL.search(text)
    stages = [found["stage"].lower() for found in _STAGE.finditer(text, 0, refused.start() if refused else len(text))]
    if not stages:  # others tell it after the answer
        stages = [found["stage"].lower() for found in _STAGE.finditer(text)][:1]
    return stages[-1] if stages else ""


def _guesses(plain: str, context: str, status: str, reply: str, own_status: str) -> Iterator[Reason]:
    """What each thing said means, from the most telling on."""
    yield reason_of_words(plain)
    yield reason_of_status(status)
    yield reason_of_reply(reply)
    yield reason_of_subject(own_status)
    yield reason_of_words(plain_words(context))
    yield reason_of_subject(status)


def _hard(reason: Reason, status: str, reply: str) -> bool:
    """A directory knows whom it doesn't know, whatever class of code it answers with; a name that isn't found now may
    be found tomorrow where the server says so."""
    temporary = (status or reply).startswith("4")
    return reason in PERMANENT and (not temporary or reason is Reason.USER_UNKNOWN)


def _codes(text: str) -> tuple[str, str]:
    """The SMTP reply and the enhanced status that a server's words begin with."""
    found = _CODES.search(text)
    status = found[2] if found and found[2] else (match[1] if (match := _STATUS.search(text)) else "")
    return (found[1] if found else ""), status
