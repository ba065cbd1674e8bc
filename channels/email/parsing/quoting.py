"""What of a text is new, what is quoted from before, and what is signature: line by line, linear (T17).

Nothing is lost: each line goes to exactly one of the three, and where nothing seems new, everything is."""

import re

from channels.email.parsing.quote_markers import (
    ATTRIBUTION_BEGINS,
    ATTRIBUTION_ENDS,
    FORWARDED,
    FORWARDING_SUBJECT,
    LONGEST_MARKER,
    ORIGINAL,
    SENT_FROM,
    SIGNATURE,
    header_kind,
)
from gateway.core.values import dataclass

_RULE = re.compile(r"_{3,}\s*")
_RULES = frozenset("-_=*")
_MOST_LINES = 20_000
"""A text of more is no letter, but a log or a table: it is all new."""
_ATTRIBUTION_LINES = 4
_HEADER_LINES = 7
_SIGNATURE_LINES = 15


@dataclass(frozen=True, slots=True)
class Split:
    reply: str
    quoted: str = ""
    signature: str = ""


def split_text(text: str, subject: str = "") -> Split:
    """The parts of a mail's text. What a mail forwards is new, since the person who forwards it wants it read."""
    if FORWARDING_SUBJECT.match(subject[:200]) or text.count("\n") > _MOST_LINES:
        return Split(text)
    reply, quoted = _without_quotes(text.split("\n"))
    reply, signature = _without_signature(reply)
    if not _has_words(reply):
        return Split(text)
    return Split(_joined(reply), _joined(quoted), _joined(signature))


def _without_quotes(lines: list[str]) -> tuple[list[str], list[str]]:
    reply: list[str] = []
    quoted: list[str] = []
    number = 0
    while number < len(lines):
        line = lines[number].strip()
        if _may_be_marker(line):
            if FORWARDED.fullmatch(line):
                return reply + lines[number:], quoted
            if _begins_history(lines, number):
                reply, rule = _without_rule(reply)
                return reply, quoted + rule + lines[number:]
        attribution = _attribution(lines, number)
        if line.startswith(">"):
            quoted.append(lines[number])
            number += 1
        elif attribution:
            quoted += lines[number : number + attribution]
            number += attribution
            if not _quote_follows(lines, number):
                return reply, quoted + lines[number:]
        else:
            reply.append(lines[number])
            number += 1
    return reply, quoted


def _may_be_marker(line: str) -> bool:
    """Told at a glance: most lines aren't."""
    return len(line) <= LONGEST_MARKER and (line[:1] in _RULES or ":" in line)


def _begins_history(lines: list[str], number: int) -> bool:
    """Whether everything from here on is an earlier mail, as Outlook sets it below the answer."""
    line = lines[number].strip()
    if ORIGINAL.fullmatch(line):
        return True
    if header_kind(line) != "from":
        return False
    kinds = {header_kind(following.strip()[:LONGEST_MARKER]) for following in lines[number : number + _HEADER_LINES]}
    return {"from", "sent", "subject"} <= kinds or {"from", "sent", "to"} <= kinds


def _without_rule(reply: list[str]) -> tuple[list[str], list[str]]:
    """Without the rule that Outlook draws above an earlier mail, and it."""
    end = len(reply)
    while end and not reply[end - 1].strip():
        end -= 1
    if end and _RULE.fullmatch(reply[end - 1][:LONGEST_MARKER]):
        return reply[: end - 1], reply[end - 1 :]
    return reply, []


def _attribution(lines: list[str], number: int) -> int:
    """How many lines the attribution that begins here has (`On ..., Ana wrote:`, broken where too long); or 0."""
    first = lines[number].strip()
    if len(first) > LONGEST_MARKER or not ATTRIBUTION_BEGINS.match(first):
        return 0
    for count in range(1, _ATTRIBUTION_LINES + 1):
        piece = lines[number + count - 1 : number + count]
        if not piece or len(piece[0]) > LONGEST_MARKER or not piece[0].strip() or piece[0].startswith(">"):
            return 0
        if ATTRIBUTION_ENDS.search(piece[0].strip()):
            return count
    return 0


def _quote_follows(lines: list[str], number: int) -> bool:
    """Whether lines with `>` come next, after which something new may come."""
    following = next((line for line in lines[number : number + 3] if line.strip()), "")
    return following.lstrip().startswith(">")


def _without_signature(lines: list[str]) -> tuple[list[str], list[str]]:
    """The lines before the last signature, and it. Only near the end: a rule may stand anywhere."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    for number in range(end - 1, max(end - _SIGNATURE_LINES, 0) - 1, -1):
        line = lines[number].strip()
        if len(line) <= LONGEST_MARKER and (SIGNATURE.fullmatch(line) or SENT_FROM.fullmatch(line)):
            return lines[:number], lines[number:]
    for number in range(max(end - _SIGNATURE_LINES, 0) - 1, -1, -1):
        if lines[number] == "-- ":
            return lines[:number], lines[number:]
    return lines, []


def _has_words(lines: list[str]) -> bool:
    return any(line.strip() for line in lines)


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n")
