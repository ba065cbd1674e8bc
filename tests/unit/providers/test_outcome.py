"""Retry-After, and what of a desk's words a reason may repeat."""

import pytest

from gateway.core.handoff import Outcome
from gateway.core.outbound import Reply
from gateway.core.ticket import Requester
from routing.providers.webhook.outcome import judge

WALL = 1_767_225_600.0  # Thu, 01 Jan 2026 00:00:00 GMT


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"title": "Category unknown"}', "it answered 422: Category unknown"),
        (b'{"title": "  "}', "it answered 422"),
        (b'{"title": 7}', "it answered 422"),
        (b'["title"]', "it answered 422"),
        (b"Ana Ortiz is blocked", "it answered 422"),
        (b"\xff", "it answered 422"),
        (b'{"title": "ORTIZ is blocked"}', "it answered 422"),
        (b'{"title": "call 600111222 first"}', "it answered 422"),
        (b'{"title": "x@example.net is blocked"}', "it answered 422"),
        (b'{"title": "red\\u001b[31m"}', "it answered 422: red [31m"),
        (b'{"title": "' + b"w" * 500 + b'"}', "it answered 422: " + "w" * 80),
    ],
)
def test_a_refusals_reason(body: bytes, reason: str) -> None:
    requester = Requester("Ana Ortiz", "ana@example.org", "600111222")
    answer = judge(Reply(422, {}, body), WALL, requester)
    assert (answer.outcome, answer.reason) == (Outcome.REFUSED, reason)


@pytest.mark.parametrize("status", [101, 500, 599])
def test_a_status_that_says_nothing_certain(status: int) -> None:
    assert judge(Reply(status, {}), WALL, Requester()).outcome is Outcome.UNKNOWN
