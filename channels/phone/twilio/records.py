"""Calls, recordings and messages as Twilio's lists tell of them. Pure.

The members: https://www.twilio.com/docs/voice/api/call-resource, .../voice/api/recording and
https://www.twilio.com/docs/messaging/api/message-resource. Times are RFC 2822, numbers are mostly written as texts.
"""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from gateway.core.clock import Instant
from gateway.core.values import dataclass


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One leg: a call to us, or one that was dialled (then `parent_sid` names the call that it was dialled for)."""

    sid: str
    parent_sid: str | None
    caller: str
    called: str
    direction: str
    """`inbound`, `outbound-api`, `outbound-dial`."""
    status: str
    at: Instant
    """When it began."""
    duration: float | None
    """Seconds; None while it lasts."""


@dataclass(frozen=True, slots=True)
class RecordingRecord:
    """One recording."""

    sid: str
    call_sid: str
    status: str
    """`completed`, `absent`, `processing`, ..."""
    at: Instant
    duration: float | None
    """Seconds; None before it is processed."""
    source: str
    """What made it: `RecordVerb` for a message, others for whole talks."""


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """One text message, of SMS or WhatsApp, in or out."""

    sid: str
    sender: str
    recipient: str
    body: str
    direction: str
    """`inbound`, `outbound-api`, `outbound-reply`, ..."""
    status: str
    at: Instant
    """When it was made; of one that came in, when it came."""
    media: int
    """How many files are with it."""


@dataclass(frozen=True, slots=True)
class MediaRecord:
    """One file of a message."""

    sid: str
    media_type: str
    at: Instant


def as_call(told: Mapping[str, Any]) -> CallRecord:
    """Raises ValueError for what is none."""
    return CallRecord(
        sid=_text(told, "sid"),
        parent_sid=told.get("parent_call_sid") or None,
        caller=_text(told, "from"),
        called=_text(told, "to"),
        direction=_text(told, "direction"),
        status=_text(told, "status"),
        at=_instant(told, "start_time", "date_created"),
        duration=_number(told, "duration"),
    )


def as_recording(told: Mapping[str, Any]) -> RecordingRecord:
    """Raises ValueError for what is none."""
    return RecordingRecord(
        sid=_text(told, "sid"),
        call_sid=_text(told, "call_sid"),
        status=_text(told, "status"),
        at=_instant(told, "start_time", "date_created"),
        duration=_number(told, "duration"),
        source=_text(told, "source"),
    )


def as_message(told: Mapping[str, Any]) -> MessageRecord:
    """Raises ValueError for what is none."""
    return MessageRecord(
        sid=_text(told, "sid"),
        sender=_text(told, "from"),
        recipient=_text(told, "to"),
        body=_text(told, "body"),
        direction=_text(told, "direction"),
        status=_text(told, "status"),
        at=_instant(told, "date_created"),
        media=int(_number(told, "num_media") or 0),
    )


def as_media(told: Mapping[str, Any]) -> MediaRecord:
    """Raises ValueError for what is none."""
    return MediaRecord(_text(told, "sid"), _text(told, "content_type"), _instant(told, "date_created"))


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    if value is None and name != "sid":
        return ""  # a withheld number, or the body of a message that is only a picture
    if not isinstance(value, str):
        raise ValueError(f"{name} is no text")  # noqa: TRY004 (its content is wrong, not our code)
    return value


def _number(told: Mapping[str, Any], name: str) -> float | None:
    value = told.get(name)
    number = None if value is None else float(value)
    # Twilio writes -1 for the duration of a recording that isn't processed.
    return None if number is None or not 0 <= number < 1e9 else number


def _instant(told: Mapping[str, Any], *names: str) -> Instant:
    """Of the first that is given."""
    written = next((told[name] for name in names if told.get(name)), None)
    if not isinstance(written, str):
        raise ValueError(f"there is no {names[0]}")  # noqa: TRY004 (its content is wrong, not our code)
    return parsedate_to_datetime(written).timestamp()
