"""Logs: one line per event and per thing said by a library, as JSON for machines or coloured for people.

Everything ends in one place, `_Lines.write`: our structlog loggers, the standard library's, and the events of the
stream. So redaction and the treatment of exceptions hold for all of it. Events carry no personal data (see
`gateway.core.events`), and requests are not logged as aiohttp would, with address and user agent.
"""

import logging
import os
import re
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, Final, Literal, TextIO

import orjson
import structlog
from structlog.typing import EventDict

from gateway.core.clock import iso
from gateway.core.events import (
    AssumptionBroken,
    ChannelTroubled,
    ConfigurationRejected,
    DeliveryQuarantined,
    DoubleDetected,
    DuplicateReceived,
    Event,
    HandoffConfirmed,
    HandoffStarted,
    LedgerUnbalanced,
    MailSkipped,
    MessageBounced,
    MessageDoubtful,
    NoProviderLeft,
    ProviderMisconfigured,
    ProviderStateChanged,
    Recorded,
    RecordingMissed,
    SpoolingStarted,
    TakeoverEnded,
    TakeoverStarted,
    TextFailed,
    TextFilesMissed,
    TicketOverdue,
    TicketRescued,
)
from gateway.core.provider import HealthState

Format = Literal["json", "text"]
Level = Literal["debug", "info", "warning", "error"]

EVENTS: Final = "relevo.events"
"""The logger of the lines that come from the stream."""

_LEVELS: dict[type[Event], Level] = {
    DuplicateReceived: "debug",
    HandoffStarted: "debug",
    HandoffConfirmed: "debug",
    DoubleDetected: "warning",
    TicketRescued: "warning",
    DeliveryQuarantined: "warning",
    ProviderMisconfigured: "warning",
    TakeoverStarted: "warning",
    AssumptionBroken: "warning",
    ConfigurationRejected: "warning",
    SpoolingStarted: "warning",
    MailSkipped: "warning",
    RecordingMissed: "warning",
    MessageDoubtful: "warning",
    TextFailed: "warning",
    TextFilesMissed: "warning",
    ChannelTroubled: "error",
    TicketOverdue: "error",
    NoProviderLeft: "error",
    LedgerUnbalanced: "error",
}
"""Where it isn't info."""

_NUMBERS: dict[Level, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}

_QUIET = ("aiohttp.access", "asyncio", "alembic")
"""Loggers whose info is noise, or personal data."""

_SHORTEST_SECRET = 6
"""Shorter ones would blacken ordinary words; nothing that short is worth keeping secret."""

_FIRST = ("at", "level", "logger", "event")
"""What every line has, in this order."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Redactor:
    """The last line of defence: blackens the known secrets in finished lines, whatever brought them there."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self.know(secrets)

    def know(self, secrets: Iterable[str]) -> None:
        """From now on these, and only these, are blackened; shorter ones than six characters are not."""
        forms = {form for secret in secrets if len(secret) >= _SHORTEST_SECRET for form in _forms(secret)}
        self._longest_first = sorted(forms, key=len, reverse=True)

    def redact(self, lines: str) -> str:
        """The same without secrets."""
        for form in self._longest_first:
            if form in lines:
                lines = lines.replace(form, "[secret]")
        return lines


class LogObserver:
    """The Observer that writes every event's type, instant, place in the stream, ticket and data.

    A commit may bring hundreds of events: they go straight to the lines, and are written at once.
    """

    def observe(self, events: Sequence[Recorded]) -> None:
        said = [(each, level_of(each.event)) for each in events]
        for lines in _in_use:
            lines.write_all([lines.line(_fields(each, level)) for each, level in said if lines.wants(level)])


def _fields(recorded: Recorded, level: Level) -> EventDict:
    event = recorded.event
    fields: EventDict = {
        "at": iso(event.at),
        "level": level,
        "logger": EVENTS,
        "event": event.type,
        "seq": recorded.seq,
    }
    if event.ticket_id is not None:
        fields["ticket_id"] = event.ticket_id
        fields["reference"] = event.reference
    for name, value in recorded.data.items():
        if value is not None:
            fields[name] = value
    return fields


def configure_logging(
    stream: TextIO,
    *,
    format: Format | None = None,  # noqa: A002  the word that people know it by
    level: Level = "info",
    secrets: Iterable[str] = (),
) -> Redactor:
    """Send all logs of this process to `stream`: JSON lines unless it is a terminal, or as `format` says.

    The Redactor wants to be told the secrets of each configuration that is loaded later.
    """
    redactor = Redactor(secrets)
    terminal = stream.isatty()
    as_text = format == "text" or (format is None and terminal)
    render = _text_renderer(colours=terminal and "NO_COLOR" not in os.environ) if as_text else _render_json
    lines = _Lines(stream, render, redactor, level)
    _in_use[:] = [lines]
    structlog.configure(
        processors=[_name_and_level, lines.finish],
        wrapper_class=structlog.make_filtering_bound_logger(_NUMBERS[level]),
        logger_factory=lines.logger,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, _Bridge)]:
        root.removeHandler(handler)
    root.addHandler(_Bridge(lines))
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    return redactor


def level_of(event: Event) -> Level:
    """How loudly an event is said."""
    if isinstance(event, ProviderStateChanged):
        return "warning" if event.new in (HealthState.DOWN, HealthState.SUSPECT) else "info"
    if isinstance(event, TakeoverEnded):
        return "info" if event.met else "error"
    if isinstance(event, MessageBounced):
        return "warning" if event.hard else "info"
    return _LEVELS.get(type(event), "info")


class _Lines:
    """Finished lines, to one stream."""

    def __init__(self, stream: TextIO, render: Callable[[EventDict], str], redactor: Redactor, level: Level) -> None:
        self._stream = stream
        self._render = render
        self._redactor = redactor
        self._level = _NUMBERS[level]

    def wants(self, level: Level) -> bool:
        """Whether what is said that loudly is written."""
        return _NUMBERS[level] >= self._level

    def finish(self, _logger: Any, _method: str, fields: EventDict) -> str:
        """A structlog processor: the line of what is said."""
        fields = structlog.processors.format_exc_info(None, "", fields)
        fields.setdefault("at", iso(time.time()))
        first = {name: fields.pop(name, None) for name in _FIRST}
        return self.line({**first, **fields})

    def line(self, fields: EventDict) -> str:
        """The line of these fields, in their order."""
        return self._render(fields)

    def write(self, line: str) -> None:
        self.write_all([line])

    def write_all(self, lines: Sequence[str]) -> None:
        """As one piece, without secrets."""
        if lines:
            # a log that can't be written must not stop the service
            with suppress(OSError, ValueError):
                self._stream.write(self._redactor.redact("\n".join([*lines, ""])))
                self._stream.flush()

    def logger(self, name: str = "relevo") -> "_Logger":
        return _Logger(name, self.write)


_in_use: list[_Lines] = []
"""Where all logs of this process end since `configure_logging`: as structlog's own configuration, one for all."""


class _Logger:
    """What structlog's loggers end in."""

    def __init__(self, name: str, write: Callable[[str], None]) -> None:
        self.name = name
        self.debug = self.info = self.warning = self.error = self.critical = write


class _Bridge(logging.Handler):
    """What the standard library's loggers say, on the same way."""

    def __init__(self, lines: _Lines) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        fields: EventDict = {"level": record.levelname.lower(), "logger": record.name, "event": _message(record)}
        if record.exc_info:
            fields["exc_info"] = record.exc_info
        self._lines.write(self._lines.finish(None, "", fields))


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # a library's mistake in its own arguments; its template still says something
        return str(record.msg)


def _name_and_level(logger: Any, method: str, fields: EventDict) -> EventDict:
    fields["logger"] = logger.name
    fields["level"] = method
    return fields


def _forms(secret: str) -> set[str]:
    """The secret as it may stand in a line: plain, in a JSON text, a Python repr, on a terminal, or one in another."""
    once = _quoted(secret)
    return once.union(*map(_quoted, once))


def _quoted(text: str) -> set[str]:
    return {text, orjson.dumps(_encodable(text)).decode()[1:-1], repr(text)[1:-1], _CONTROL.sub("?", text)}


def _render_json(fields: EventDict) -> str:
    try:
        return orjson.dumps(fields, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # half a character, or an odd object: the line must be written nevertheless
        return orjson.dumps({str(name): _encodable(str(value)) for name, value in fields.items()}).decode()


def _text_renderer(*, colours: bool) -> Callable[[EventDict], str]:
    console = structlog.dev.ConsoleRenderer(
        colors=colours, sort_keys=False, timestamp_key="at", exception_formatter=structlog.dev.plain_traceback
    )

    def render(fields: EventDict) -> str:
        return str(console(None, "", {name: _printable(name, value) for name, value in fields.items()}))

    return render


def _printable(name: str, value: Any) -> Any:
    """Nothing that comes from outside may move the terminal's cursor; only an exception has several lines."""
    if not isinstance(value, str):
        return value if isinstance(value, int | float | None) else _CONTROL.sub("?", str(value))
    lines = value.split("\n") if name == "exception" else [value]
    return "\n".join(_encodable(_CONTROL.sub("?", line)) for line in lines)


def _encodable(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()
