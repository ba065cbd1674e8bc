"""What a relay's replies mean (RFC 5321 section 4.2, RFC 3463)."""

import re
from collections.abc import Mapping

from gateway.core.post import Deferred, Refused
from gateway.core.values import dataclass

_STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?=\s|$)")
_ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?")
_GREYLISTED = re.compile(r"gr[ae]y.?list", re.IGNORECASE)
_TRY_AFTER = re.compile(r"(\d{1,5}) *(s|sec|second|m|min|minute)s?\b", re.IGNORECASE)
_GREYLISTED_SECONDS = 300.0
_LONGEST_WAIT = 3600.0
_LONGEST = 300
_OURS_TO_MEND = {530, 534, 535, 538}
"""Codes about login and encryption: no mail is at fault."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's."""

    code: int
    text: str

    @property
    def shown(self) -> str:
        """In one line, without addresses, not too long: it may stand in logs and events."""
        line = " ".join(_ADDRESS.sub("<address>", self.text[: 4 * _LONGEST]).split())
        return line[:_LONGEST]

    @property
    def status(self) -> str:
        found = _STATUS.match(self.text)
        return found[1] if found else ""


def judge(reply: Reply, step: str) -> Deferred | Refused:
    """What a reply that isn't the hoped-for one means. One that SMTP doesn't know says nothing for ever."""
    if 500 <= reply.code < 600 and reply.code not in _OURS_TO_MEND:
        return Refused(reply.shown, step, reply.code, reply.status)
    return Deferred(reply.shown, step, reply.code, _wait(reply))


def _wait(reply: Reply) -> float | None:
    if not 400 <= reply.code < 500:
        return None
    found = _TRY_AFTER.search(reply.text)
    if found:
        seconds = int(found[1]) * (60.0 if found[2][0] in "mM" else 1.0)
        return min(seconds, _LONGEST_WAIT)
    return _GREYLISTED_SECONDS if _GREYLISTED.search(reply.text) else None


def for_nobody(verdicts: Mapping[str, Deferred | Refused]) -> Deferred | Refused:
    """Of a mail that no recipient was taken for: as long as one may be later, the mail waits."""
    waiting = [each for each in verdicts.values() if isinstance(each, Deferred)]
    return waiting[0] if waiting else next(iter(verdicts.values()))
