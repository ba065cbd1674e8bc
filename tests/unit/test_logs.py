"""One line per event and per thing said, of one shape, without secrets."""

import io
import logging
import warnings
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import orjson
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.events import (
    TYPES,
    ChannelRecovered,
    ChannelTroubled,
    Event,
    HandoffChanged,
    HandoffStarted,
    LedgerUnbalanced,
    MailNoted,
    MailSkipped,
    MessageBounced,
    ProviderStateChanged,
    TakeoverEnded,
    TakeoverStarted,
    TicketReceived,
)
from gateway.core.handoff import HandoffState
from gateway.logs import Level, LogObserver, Redactor, configure_logging, level_of
from tests.support.ops import recorded

CANARY = "canary-2f9c"
AT = 1_790_000_000.25


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in stream.getvalue().splitlines()]


def accepted() -> HandoffChanged:
    return HandoffChanged(
        at=AT,
        ticket_id="t1",
        reference="4829157360",
        handoff_id="h1",
        provider="acme",
        state=HandoffState.ACCEPTED,
        provider_reference=None,
        reason=None,
        seconds=0.5,
        attempt_seconds=0.25,
        first=True,
    )


def test_an_event_is_a_line_of_its_facts() -> None:
    stream = io.StringIO()
    configure_logging(stream)

    LogObserver().observe(recorded([accepted()], 7))

    assert lines(stream) == [
        {
            "at": "2026-09-21T14:13:20.250Z",
            "level": "info",
            "logger": "relevo.events",
            "event": "handoff.changed",
            "seq": 7,
            "ticket_id": "t1",
            "reference": "4829157360",
            "handoff_id": "h1",
            "provider": "acme",
            "state": "accepted",
            "seconds": 0.5,
            "attempt_seconds": 0.25,
            "first": True,
        }
    ]


def provider_became(state: str) -> Event:
    return ProviderStateChanged(at=AT, provider="acme", old="up", new=state, reason="probe")


def takeover_ended(met: bool) -> Event:
    return TakeoverEnded(at=AT, takeover_id="k", policy="p", seconds=2.0, met=met, failed_assumption=None)


def bounced(*, hard: bool) -> Event:
    return MessageBounced(at=AT, channel="mail", party="requester", action="failed", status="5.1.1", hard=hard)


@pytest.mark.parametrize(
    ("event", "level"),
    [
        (TicketReceived(at=AT, channel="web", policy="p", language=None, category=None, priority="normal"), "info"),
        (accepted(), "info"),
        (HandoffStarted(at=AT, handoff_id="h", provider="acme", attempt=1, reason="primary"), "debug"),
        (
            TakeoverStarted(at=AT, takeover_id="k", policy="p", from_provider="a", to_provider="b", seconds=2.0),
            "warning",
        ),
        (LedgerUnbalanced(at=AT, tickets=1), "error"),
        (provider_became("down"), "warning"),
        (provider_became("up"), "info"),
        (takeover_ended(met=True), "info"),
        (takeover_ended(met=False), "error"),
        (bounced(hard=True), "warning"),
        (bounced(hard=False), "info"),
        (MailNoted(at=AT, channel="mail", kind="own"), "info"),
        (MailSkipped(at=AT, channel="mail", place="imap INBOX", key="7", reason="too large"), "warning"),
        (ChannelTroubled(at=AT, channel="mail", part="smtp", reason="refused"), "error"),
        (ChannelRecovered(at=AT, channel="mail", part="smtp"), "info"),
    ],
)
def test_how_loudly_an_event_is_said(event: Event, level: Level) -> None:
    assert level_of(event) == level


def test_what_is_not_loud_enough_is_left_out() -> None:
    quiet, loud = io.StringIO(), io.StringIO()
    started = recorded([HandoffStarted(at=AT, handoff_id="h", provider="acme", attempt=1, reason="primary")])
    observer = LogObserver()

    configure_logging(quiet)
    observer.observe(started)
    configure_logging(loud, level="debug")
    observer.observe(started)

    assert quiet.getvalue() == ""
    assert [line["event"] for line in lines(loud)] == ["handoff.started"]


def test_no_fact_of_an_event_hides_what_every_line_has() -> None:
    reserved = {"level", "logger", "event", "seq", "exception", "exc_info"}

    assert not [kind for kind, event in TYPES.items() if reserved & {each.name for each in fields(event)}]


def test_our_loggers_and_the_libraries_end_in_the_same_lines() -> None:
    stream = io.StringIO()
    configure_logging(stream)

    structlog.get_logger("relevo.auditor").warning("ledger not audited", error="busy")
    logging.getLogger("a.library").info("upgrade %s", "0001")

    ours, theirs = lines(stream)
    assert list(ours) == ["at", "level", "logger", "event", "error"]
    assert (ours["level"], ours["logger"], ours["event"]) == ("warning", "relevo.auditor", "ledger not audited")
    assert list(theirs) == ["at", "level", "logger", "event"]
    assert (theirs["level"], theirs["logger"], theirs["event"]) == ("info", "a.library", "upgrade 0001")


def test_configuring_again_replaces_the_stream() -> None:
    first, second = io.StringIO(), io.StringIO()
    configure_logging(first)
    configure_logging(second)

    logging.getLogger("a.library").info("once")

    assert first.getvalue() == ""
    assert len(lines(second)) == 1


@pytest.mark.parametrize("ours", [True, False])
def test_an_exception_is_one_field_without_local_values(ours: bool) -> None:
    stream = io.StringIO()
    configure_logging(stream)

    try:
        local_value = "".join(["personal", "-data"])
        raise RuntimeError("broken")  # noqa: TRY301
    except RuntimeError:
        log: Any = structlog.get_logger("relevo.x") if ours else logging.getLogger("relevo.x")
        log.exception("failed")

    (line,) = lines(stream)
    assert line["event"] == "failed"
    assert line["exception"].endswith("RuntimeError: broken")
    assert local_value not in stream.getvalue()
    assert set(line) == {"at", "level", "logger", "event", "exception"}


def test_requests_are_not_logged_as_aiohttp_would() -> None:
    stream = io.StringIO()
    configure_logging(stream)

    logging.getLogger("aiohttp.access").info("203.0.113.7 GET /")

    assert stream.getvalue() == ""


def test_warnings_of_python_are_lines_too() -> None:
    stream = io.StringIO()
    configure_logging(stream)

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old", stacklevel=1)
        logging.captureWarnings(capture=False)

    assert [line["logger"] for line in lines(stream)] == ["py.warnings"]


def test_a_library_that_formats_wrongly_is_still_heard() -> None:
    stream = io.StringIO()
    configure_logging(stream)
    root = logging.getLogger()
    root.handlers[:] = root.handlers[-1:]  # without the test runner's own, which would raise

    logging.getLogger("library").error("%d pieces", "many")

    assert lines(stream)[0]["event"] == "%d pieces"


def test_a_terminal_gets_coloured_lines_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    configure_logging(stream)

    LogObserver().observe(recorded([accepted()], 7))

    assert "handoff.changed" in stream.getvalue()
    assert "\x1b[" in stream.getvalue()


@pytest.mark.parametrize(("stream", "colour"), [(Terminal(), "1"), (io.StringIO(), "")])
def test_text_without_colours(stream: io.StringIO, colour: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", colour)
    configure_logging(stream, format="text")

    LogObserver().observe(recorded([accepted()], 7))

    assert stream.getvalue().startswith("2026-09-21T14:13:20.250Z [info     ] handoff.changed")
    assert "\x1b[" not in stream.getvalue()


def test_json_on_a_terminal_when_told() -> None:
    stream = Terminal()
    configure_logging(stream, format="json")

    logging.getLogger("library").error("x")

    assert lines(stream)[0]["event"] == "x"


@pytest.mark.parametrize("outside", ["\x1b[2J", "a\nINFO b", "\u202egnp", "\x9b31m"])
def test_nothing_from_outside_moves_the_cursor(outside: str) -> None:
    stream = io.StringIO()
    configure_logging(stream, format="text")

    structlog.get_logger("relevo.x").info(outside, field=outside, nested={"a": outside})

    assert stream.getvalue().count("\n") == 1
    assert not set("\x1b\x9b\u202e") & set(stream.getvalue())


@pytest.mark.parametrize("format_", ["json", "text"])
@pytest.mark.parametrize("secret", [CANARY, 'quo"te-2f9c', "back\\slash-2f9c", "two\nlines-2f9c", "ñandú-2f9c"])
def test_t32_secrets_are_blackened_wherever_they_stand(format_: Any, secret: str) -> None:
    stream = io.StringIO()
    configure_logging(stream, format=format_, secrets=[secret])
    log = structlog.get_logger("relevo.x")

    log.info(f"said {secret}", field=secret, nested={"a": [secret]})
    logging.getLogger("library").error("url %s", f"https://u:{secret}@x")
    try:
        raise ValueError(secret)  # noqa: TRY301
    except ValueError:
        log.exception("failed")

    assert "2f9c" not in stream.getvalue()
    assert stream.getvalue().count("[secret]") >= 5


def test_t32_secrets_that_are_known_later() -> None:
    redactor = Redactor(["former-secret"])

    redactor.know([CANARY, f"{CANARY}-longer", ""])

    assert redactor.redact(f"{CANARY}-longer {CANARY} former-secret") == "[secret] [secret] former-secret"


def test_what_is_too_short_to_be_a_secret_blackens_nothing() -> None:
    assert Redactor(["info", ""]).redact("info") == "info"


@given(
    event=st.text(alphabet=st.characters()),
    field=st.one_of(
        st.text(alphabet=st.characters()),
        st.integers(),
        st.floats(),
        st.binary(),
        st.dictionaries(st.one_of(st.integers(), st.text(alphabet=st.characters())), st.none(), max_size=2),
    ),
    format_=st.sampled_from(["json", "text"]),
)
def test_whatever_is_said_is_one_line(event: str, field: object, format_: Any) -> None:
    stream = io.StringIO()
    configure_logging(stream, format=format_)

    structlog.get_logger("relevo.x").info(event, field=field)

    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue().encode()


def test_a_log_that_cannot_be_written_stops_nothing() -> None:
    stream = io.StringIO()
    configure_logging(stream)
    stream.close()

    LogObserver().observe(recorded([accepted()], 7))
    logging.getLogger("library").error("x")
