"""What to do next after a try to send a text."""

from dataclasses import replace

import pytest

from channels.ending import Again, Done, GiveUp, Step
from channels.phone.messaging.outcomes import LOOK_AFTER, SETTLED, after_search_in_vain, failure, next_step
from channels.phone.messaging.sent import About, Sent, State
from channels.phone.twilio.outcome import Deferred, Outcome, Refused, Taken, Unknown
from gateway.core.delivery import Kind
from gateway.core.sending_again import GIVEN_UP_AFTER
from tests.support.tickets import NOW, make_delivery

DELIVERY = make_delivery("t" * 32, Kind.ANSWER)
_WINDOW = "more than 24 hours have passed since the requester last wrote: WhatsApp takes a free text no more"


@pytest.mark.parametrize(
    ("outcome", "step"),
    [
        (Taken("SM1", "queued"), Done()),
        (Deferred("it answered 429", wait=7.0), Again(7.0, "it answered 429")),
        (Deferred("no connection"), Again(15.0, "no connection")),
        (Unknown("it answered 500"), Again(LOOK_AFTER, "it may have been taken, and is looked for: it answered 500")),
        (Refused("it answered 400 (21611)", 400, 21611), Again(15.0, "it answered 400 (21611)")),
        (Refused("it answered 400 (63016)", 400, 63016), GiveUp(f"{_WINDOW} (Twilio 63016)")),
        (Refused("it answered 400 (99999)", 400, 99999), GiveUp("refused: it answered 400 (99999)")),
    ],
    ids=["taken", "busy", "away", "unknown", "queue-full", "window", "refused"],
)
def test_what_follows_from_each_outcome(outcome: Outcome, step: Step) -> None:
    assert next_step(outcome, DELIVERY, NOW) == step


def test_it_is_tried_less_and_less_often_and_not_for_ever() -> None:
    assert next_step(Deferred("away"), replace(DELIVERY, attempts=3), NOW) == Again(120.0, "away")
    assert next_step(Deferred("away"), DELIVERY, NOW + GIVEN_UP_AFTER) == GiveUp("not taken for five days, away")


def test_what_isnt_in_the_lists_is_ordered_again_once_the_lists_have_settled() -> None:
    sent = Sent(About("t", "r", "m", 1, is_answer=True), State.ORDERING, NOW)
    waits = after_search_in_vain(sent, NOW + 100)
    assert isinstance(waits, Again)
    assert waits.pause == SETTLED - 100
    assert after_search_in_vain(sent, NOW + SETTLED) is None


def test_failures_are_said_in_words() -> None:
    assert failure(30003) == "the phone is off, or out of reach (Twilio 30003)"
    assert failure(1) == "it was not delivered, see Twilio's list of errors (Twilio 1)"
    assert failure(None) == "it was not delivered, and Twilio doesn't say why"
