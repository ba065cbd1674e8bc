"""What an answer to a hand-off means: accepted, refused, surely not taken, or unknown. Pure."""

import orjson

from gateway.core.clock import Instant
from gateway.core.delivery import Answer
from gateway.core.handoff import Outcome
from gateway.core.outbound import NothingLeft, NotSent, OutboundError, Reply
from gateway.core.retry_after import retry_after
from gateway.core.ticket import Requester
from routing.providers.webhook.protocol import NotTheProtocol, read_copy

_REFUSALS = frozenset({400, 409, 413, 422})
_NOT_NOW = frozenset({408, 425, 429})
"""4xx that say come again: too slow, too early, too many."""
_TITLE_LIMIT = 80


def judge(reply: Reply, wall: Instant, requester: Requester) -> Answer:
    """The verdict on a create's reply. `wall` is the wall clock's time, for Retry-After dates; what is known of the
    requester may be repeated by no reason."""
    status = reply.status
    said = f"it answered {status}"
    if 200 <= status < 300:
        return _judge_success(reply)
    if status in _REFUSALS:
        title = _problem_title(reply, requester)
        return Answer(Outcome.REFUSED, f"{said}: {title}" if title else said)
    pause = retry_after(reply.headers.get("Retry-After"), wall)
    if status in _NOT_NOW or (status == 503 and pause is not None):
        return Answer(Outcome.UNAVAILABLE, said, retry_after=pause)
    if 300 <= status < 400:
        return Answer(Outcome.UNAVAILABLE, f"{said}, a redirect, which is not followed", misconfigured=True)
    if 400 <= status < 500:
        return Answer(Outcome.UNAVAILABLE, f"{said}: our address or credentials are wrong", misconfigured=True)
    return Answer(Outcome.UNKNOWN, f"{said} after it had the ticket")


def judge_failure(error: OutboundError) -> Answer:
    """The verdict where no reply came."""
    outcome = Outcome.UNAVAILABLE if isinstance(error, NotSent) else Outcome.UNKNOWN
    return Answer(outcome, error.reason, explicit=error.explicit, blameless=isinstance(error, NothingLeft))


def _judge_success(reply: Reply) -> Answer:
    try:
        copy = read_copy(reply)
    except NotTheProtocol as flaw:
        return Answer(Outcome.UNKNOWN, f"it answered {reply.status}, but {flaw}")
    return Answer(
        Outcome.ACCEPTED,
        f"it answered {reply.status}",
        provider_reference=copy.provider_reference,
        state=copy.state,
    )


def _problem_title(reply: Reply, requester: Requester) -> str | None:
    """The title of an RFC 9457 problem, which says what kind of problem it is; dropped if it repeats personal data."""
    try:
        problem = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        return None
    title = problem.get("title") if isinstance(problem, dict) else None
    if not isinstance(title, str):
        return None
    excerpt = "".join(character if character.isprintable() else " " for character in title)[:_TITLE_LIMIT].strip()
    told = excerpt.casefold()
    known = " ".join(filter(None, (requester.name, requester.email, requester.phone)))
    return None if "@" in told or any(word in told for word in known.casefold().split()) else excerpt
