"""What a call comes to in seconds, and as it is kept."""

from dataclasses import replace

import pytest

from channels.phone import inputs
from channels.phone.ending import patience
from channels.phone.facts import CallFacts, facts_of
from channels.phone.keeping import read, written
from tests.support.phone_calls import ACME, NORTE, WITH_KEY, Line, World


def test_a_call_that_the_backups_agent_took_by_key() -> None:
    line = Line(World(ACME, replace(WITH_KEY, provider="norte")))
    line.end_dial("no-answer", after=20)
    line.whisper()
    line.press_at_desk("1")
    line.end_dial("completed", after=60, bridged=True, seconds=63.0, caller_gone=True)
    facts = facts_of(line.call)
    assert (facts.waiting, facts.ringing, facts.talking) == (27.0, 24.0, 60.0)
    assert (facts.failovers, facts.provider, facts.abandoned) == (1, "norte", False)


def test_without_a_key_talking_begins_when_it_is_picked_up() -> None:
    line = Line(World(ACME))
    line.end_dial("completed", after=50, bridged=True, seconds=40.0)
    assert facts_of(line.call) == CallFacts(10.0, 10.0, 40.0, 0, "acme", abandoned=False)


def test_a_caller_who_gave_up_while_it_rang() -> None:
    line = Line(World(ACME, NORTE))
    line.end_dial("busy", after=3)
    line.end_dial("no-answer", after=9, caller_gone=True)
    assert facts_of(line.call) == CallFacts(12.0, 12.0, 0.0, 1, None, abandoned=True)


def test_who_gives_up_at_the_tone_has_waited_until_then() -> None:
    line = Line(World(ACME))
    line.end_dial("busy", after=7)
    line.hang_up()
    line.hear(inputs.RecordingAbsent(line.after(30), line.step))
    assert facts_of(line.call) == CallFacts(9.0, 7.0, 0.0, 0, None, abandoned=True)


def test_waiting_ends_when_the_last_desk_has_failed_and_a_message_begins() -> None:
    line = Line(World(ACME))
    line.end_dial("busy", after=7)
    line.end_record(20.0, gone=True)
    assert facts_of(line.call) == CallFacts(7.0, 7.0, 0.0, 0, None, abandoned=False)


def test_a_result_that_never_came() -> None:
    line = Line(World(ACME))
    line.hear(inputs.LegReported(line.now + 6, line.step, "CA2", "in-progress"))
    line.now += 100
    line.hang_up()
    line.hear(inputs.NothingMore(line.after(60)))
    assert facts_of(line.call) == CallFacts(6.0, 6.0, 96.0, 0, "acme", abandoned=False)


@pytest.mark.parametrize(("desks", "seconds"), [((ACME,), 60.0), ((), 3600.0)])
def test_a_recording_is_waited_for_longer_than_a_leg(desks: tuple[()], seconds: float) -> None:
    line = Line(World(*desks))
    assert patience(line.hang_up()) == seconds


def test_what_is_written_is_read_and_what_an_older_version_did_not_know_is_as_at_first() -> None:
    line = Line(World(WITH_KEY, NORTE))
    line.whisper()
    line.end_dial("failed", sip_code=503)
    assert read(written(line.call)) == line.call
    older = '{"sid": "CA1", "caller": "", "called": "", "began_at": 1, "language": "es", "state": "menu", "gone": 1}'
    assert (read(older).step, read(older).legs) == (1, ())
