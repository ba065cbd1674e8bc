"""What steps tell the stream: each fact once, whatever comes how often, and nobody's number."""

from dataclasses import asdict, replace

from channels.phone import inputs
from channels.phone.call import Call, Fetching, State
from channels.phone.story import story
from gateway.core.events import (
    TYPES,
    CallAnswered,
    CallChose,
    CallDialled,
    CallEnded,
    CallLegEnded,
    CallReceived,
    Event,
    RecordingKept,
    RecordingMissed,
)
from tests.support.phone_calls import ACME, CALLER, CATEGORIES, NORTE, WITH_KEY, Line, World


class Told:
    """A line, and the events of its steps."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.events: list[Event] = []
        self._before: Call | None = None
        self.tell()

    def tell(self) -> list[type[Event]]:
        """Those of the last step."""
        call = self.line.call
        if call.needs_ticket:
            call = self.line.call = replace(call, ticket_id="t1", reference="4829157360")
        new = list(story("phone", self._before, call, self.line.now))
        self._before = call
        self.events += new
        return [type(each) for each in new]


def test_nothing_is_told_before_there_is_a_ticket_and_all_of_it_then() -> None:
    line = Line(World(ACME), languages=["es", "en"], categories=CATEGORIES)
    told = Told(line)
    assert told.events == []
    line.press("2")
    assert told.tell() == []
    line.press("1")
    assert told.tell() == [CallReceived, CallChose, CallChose, CallDialled]
    received, language, category, dialled = told.events
    assert received.at == line.call.began_at
    assert [asdict(each)["value"] for each in (language, category)] == ["en", "fault"]
    assert asdict(dialled)["attempt"] == 1


def test_who_hangs_up_in_a_menu_is_told_of_with_the_end() -> None:
    line = Line(World(ACME), languages=["es", "en"])
    told = Told(line)
    line.hang_up()
    assert told.tell() == [CallReceived, CallEnded]


def test_a_takeover_in_a_call() -> None:
    line = Line(World(ACME, replace(WITH_KEY, provider="norte")))
    told = Told(line)
    line.end_dial("busy")
    assert told.tell() == [CallLegEnded, CallDialled]
    line.whisper()
    assert told.tell() == []
    line.press_at_desk("1")
    assert told.tell() == [CallAnswered]
    line.end_dial("completed", bridged=True, seconds=30.0)
    assert told.tell() == [CallLegEnded]
    line.hang_up()
    assert told.tell() == [CallEnded]
    line.hear(inputs.LegReported(line.now, 1, "CA9", "completed"))
    assert told.tell() == []


def test_an_answer_is_told_once_though_it_is_learnt_late() -> None:
    line = Line(World(ACME))
    told = Told(line)
    line.end_dial("completed", bridged=True, seconds=5.0)
    assert told.tell() == [CallAnswered, CallLegEnded]
    line.hear(inputs.LegReported(line.now, 1, "CA2", "in-progress"))
    assert told.tell() == []


def test_wishes() -> None:
    line = Line(World(ACME, call_back=True), callback={"offer": True})
    told = Told(line)
    line.press("")
    line.end_dial("busy")
    told.tell()
    line.press("2")
    told.tell()
    assert [each.what for each in told.events if isinstance(each, CallChose)] == ["message"]
    other = Told(Line(World(ACME, call_back=True), callback={"offer": True}))
    other.line.press("8")
    other.tell()
    assert [each.what for each in other.events if isinstance(each, CallChose)] == ["callback"]


def test_recordings_kept_and_missed() -> None:
    line = Line(World())
    told = Told(line)
    line.hear(inputs.Recorded(line.now, "RE1", 5.0))
    line.hear(inputs.Recorded(line.now, "RE2", 6.0))
    assert told.tell() == []
    kept, missed = line.call.recordings
    recordings = (replace(kept, fetching=Fetching.KEPT), replace(missed, fetching=Fetching.MISSED, why="404"))
    line.call = replace(line.call, recordings=recordings)
    assert told.tell() == [RecordingKept, RecordingMissed]
    line.call = replace(line.call, recordings=(replace(kept, fetching=Fetching.DELETED), recordings[1]))
    assert told.tell() == []


def test_no_event_holds_a_number_or_what_was_keyed() -> None:
    line = Line(World(ACME, NORTE), ask_reference=True)
    told = Told(line)
    line.press("9")
    line.press("1234567897")
    told.tell()
    line.end_dial("busy")
    line.hang_up()
    line.hear(inputs.NothingMore(line.after(60)))
    told.tell()
    assert line.call.state is State.ENDED
    text = repr([each.data() for each in told.events])
    assert CALLER not in text
    assert line.call.claimed is None or line.call.claimed not in text


def test_the_stream_knows_all_of_them() -> None:
    mine = (CallReceived, CallChose, CallDialled, CallAnswered, CallLegEnded, CallEnded, RecordingKept, RecordingMissed)
    assert all(TYPES[each.type] is each for each in mine)
