"""What an answer of the REST API to an order (a call, a message) means. Pure.

Twilio says of its errors (https://www.twilio.com/docs/usage/twilios-response): JSON `{code, message, more_info,
status}`. The message is never repeated, since it may hold a number. What is answered with 429 has not been done
(https://www.twilio.com/docs/api/errors/20429); what is answered with 5xx may have been.
"""

import re

import orjson

from gateway.core.clock import Instant
from gateway.core.outbound import NotSent, OutboundError, Reply
from gateway.core.retry_after import retry_after
from gateway.core.values import dataclass

_AUTHENTICATE = 20003
_UNSUBSCRIBED = 21610
_NOT_NOW = frozenset({408, 425, 429})
_SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Taken:
    """Twilio has the order."""

    sid: str
    """Of the call, or the message."""
    status: str
    """Such as `queued`."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """Surely not done; later it may be."""

    why: str
    """Without numbers."""
    wait: float | None = None
    """Seconds that Twilio wants us to wait, where it says so."""
    misconfigured: bool = False
    """Our credentials are wrong, or our address."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Surely not done, and trying again is no use."""

    why: str
    """Without numbers."""
    status: int
    code: int | None
    """Twilio's own, see https://www.twilio.com/docs/api/errors."""

    @property
    def unsubscribed(self) -> bool:
        """The person has told Twilio STOP: no message may go there."""
        return self.code == _UNSUBSCRIBED


@dataclass(frozen=True, slots=True)
class Unknown:
    """Twilio may have taken it: look for it before it is ordered again."""

    why: str


Outcome = Taken | Deferred | Refused | Unknown


def judge(reply: Reply, wall: Instant) -> Outcome:
    """The verdict on an answer. `wall` is the wall clock's time, for Retry-After dates."""
    status = reply.status
    if 200 <= status < 300:
        return _judge_success(reply)
    code = _code(reply.body)
    why = f"it answered {status}" + (f" ({code})" if code else "")
    if status in _NOT_NOW:
        return Deferred(why, retry_after(reply.headers.get("Retry-After"), wall))
    if 300 <= status < 400:
        return Deferred(f"{why}, a redirect, which is not followed", misconfigured=True)
    if status == 401 or code == _AUTHENTICATE:
        return Deferred(f"{why}: our account or token is wrong", misconfigured=True)
    return Refused(why, status, code) if status < 500 else Unknown(why)


def judge_failure(error: OutboundError) -> Outcome:
    """The verdict where no answer came."""
    return Deferred(str(error)) if isinstance(error, NotSent) else Unknown(str(error))


def _judge_success(reply: Reply) -> Outcome:
    members = _members(reply.body)
    sid, status = members.get("sid"), members.get("status")
    if isinstance(sid, str) and _SID.fullmatch(sid):
        return Taken(sid, status if isinstance(status, str) else "")
    return Unknown(f"it answered {reply.status}, but names nothing that it made")


def _code(body: bytes) -> int | None:
    code = _members(body).get("code")
    return code if isinstance(code, int) and 0 < code < 1_000_000 else None


def _members(body: bytes) -> dict[str, object]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}
