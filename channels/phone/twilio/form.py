"""What a webhook of Twilio says, read so that a captured signature can't be put to another use (T11). Pure.

Twilio signs the address and then, in the order of their names, each parameter's name followed at once by its value
(https://www.twilio.com/docs/usage/webhooks/webhooks-security): nothing in that text says where one ends. Whoever holds
a signed request may cut it elsewhere, move a piece from the body into the address, or say something twice. So nothing
may come twice, our own queries have names that Twilio never uses, and what we act on has a shape of its own, in which
no neighbour fits, and which stands in no other value. AccountSid, the first in the order, is compared to the last
character by whoever asked for the form.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote

import orjson

BODY_HASH = "bodySHA256"
"""The one name that Twilio adds to an address's query."""
_MOST_PARAMETERS = 300
_NAME_LENGTH = 128
_REMEMBERED_LENGTH = 256
"""Longer pieces are not kept: strangers could fill 80 MB with them before any signature is looked at."""

_SID = re.compile(r"(?:[A-Z]{2}[0-9a-fA-F]{32})?")
_NUMBER = re.compile(r"-?[0-9]{0,10}")
_STATE = re.compile(r"[a-z_-]{0,40}")
# A number, an address such as sip:ana@pbx.example or whatsapp:+34600111222, a short code or a sender's name.
_PARTY = re.compile(r"(?:\+(?:\d{1,20}|[A-Za-z]{1,20})|[a-z]+:[^\s\x00-\x1f\x7f]{1,320}|[^+:\x00-\x1f\x7f]{1,64})?")
_SHAPES = {
    "ApiVersion": re.compile(r"[\w.-]{0,10}", re.ASCII),
    **dict.fromkeys(
        ("AccountSid", "CallSid", "DialCallSid", "ParentCallSid", "MessageSid", "RecordingSid", "TranscriptionSid"),
        _SID,
    ),
    **dict.fromkeys(("From", "To", "Caller", "Called"), _PARTY),
    **dict.fromkeys(
        ("CallStatus", "DialCallStatus", "MessageStatus", "SmsStatus", "RecordingStatus", "TranscriptionStatus"), _STATE
    ),
    **dict.fromkeys(("CallDuration", "DialCallDuration", "RecordingDuration", "Duration"), _NUMBER),
    **dict.fromkeys(("DialSipResponseCode", "ErrorCode", "NumMedia", "NumSegments", "SequenceNumber"), _NUMBER),
    "DialBridged": re.compile(r"true|false|"),
    "Digits": re.compile(r"[0-9*#A-D]{0,64}|hangup"),
}
# Each with the word that it begins with, which is looked for many times faster.
_SWALLOWED = (
    ("Sid", re.compile(r"Sid[A-Z]{2}[0-9a-fA-F]{32}")),
    ("From", re.compile(r"From(?:whatsapp:)?\+\d{5}")),
)
_OUR_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_OUR_VALUE = re.compile(r"[\w.-]{0,128}", re.ASCII)
_HASH = re.compile(r"[0-9a-fA-F]{64}")

# What tells one webhook from the next of the same call or message, beside the address.
_TELLING = (
    "CallSid",
    "DialCallSid",
    "MessageSid",
    "RecordingSid",
    "TranscriptionSid",
    "CallStatus",
    "DialCallStatus",
    "MessageStatus",
    "RecordingStatus",
    "TranscriptionStatus",
    "SequenceNumber",
    "Digits",
)


class Malformed(ValueError):
    """Not what Twilio posts; the text says what is wrong, without a value."""


class Form(dict[str, str]):
    """The parameters, each of which came once."""


def read_form(body: bytes) -> Form:
    """A form's content. Raises Malformed."""
    return _checked(_pairs(body, "the form"))


def read_json(body: bytes) -> Form:
    """The members of a JSON object; what is no text is given as its JSON. Raises Malformed."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed("the content is not JSON") from error
    if not isinstance(document, dict):
        raise Malformed("the content is no JSON object")
    try:
        members = [
            (name, each if isinstance(each, str) else orjson.dumps(each).decode()) for name, each in document.items()
        ]
    except orjson.JSONEncodeError as error:  # what is read may lie deeper than what is written
        raise Malformed("the content is nested too deeply") from error
    return _checked(members)


def read_query(query: str) -> Mapping[str, str]:
    """The query of an address that we gave to Twilio, with the hash that it adds. Raises Malformed."""
    return _remembered_query(query) if len(query) <= _REMEMBERED_LENGTH else _read_query(query)


def _read_query(query: str) -> Form:
    found = _once(_pairs(query.encode("utf-8", "surrogateescape"), "the query"))
    for name, value in found.items():
        shape = _HASH if name == BODY_HASH else _OUR_VALUE
        if (name != BODY_HASH and not _OUR_NAME.fullmatch(name)) or not shape.fullmatch(value):
            raise Malformed("the query has what we never put there")
    return found


_remembered_query = lru_cache(maxsize=256)(_read_query)
"""All webhooks of a leg have the same."""


def has_swallowed_another(form: Form) -> bool:
    """Whether a value has in it what tells who wrote, or of which call or message: so it is where a sender's own words
    were cut, to put something else in the place of that. (Who really writes so is refused, and found in Twilio's list.)
    """
    text = "\n".join(form.values())
    return any(word in text and pattern.search(text) for word, pattern in _SWALLOWED)


def event_key(place: str, form: Form) -> str:
    """The same for a webhook that comes again, by Twilio's repeat or a stranger's replay, and for no other (T13).

    Twilio signs no time, so that a signature holds for ever: the store must know this key for as long. `place` is the
    path and query that it came to. Addresses that are asked several times in one call need a number in their query.
    """
    return "|".join([place, *(form.get(name, "") for name in _TELLING)])


def _pairs(text: bytes, what: str) -> list[tuple[str, str]]:
    """As `urllib.parse.parse_qsl` reads it, at a third of its price; nothing may be amiss."""
    if not text:
        return []
    try:
        pieces = text.decode("ascii").replace("+", " ").split("&", _MOST_PARAMETERS)
        pairs = [
            (_unquoted(name) if "%" in name else name, _unquoted(value) if "%" in value else value)
            for name, value in [each.split("=", 1) for each in pieces]
        ]
    except ValueError as error:
        raise Malformed(f"{what} can't be read") from error
    if len(pairs) > _MOST_PARAMETERS:
        raise Malformed(f"{what} has too many parameters")
    return pairs


def _unquoted(text: str) -> str:
    return _remembered(text) if len(text) <= _REMEMBERED_LENGTH else unquote(text, errors="strict")


@lru_cache(maxsize=256)
def _remembered(text: str) -> str:
    """Most of it is numbers, each of which comes four times in a webhook, and in all of its call."""
    return unquote(text, errors="strict")


def _checked(pairs: list[tuple[str, str]]) -> Form:
    form = _once(pairs)
    for name, shape in _SHAPES.items():
        if name in form and not shape.fullmatch(form[name]):
            raise Malformed(f"{name} is none")
    return form


def _once(pairs: list[tuple[str, str]]) -> Form:
    form = Form(pairs)
    if len(form) < len(pairs):
        raise Malformed("a parameter comes twice")
    if "" in form or max(map(len, form), default=0) > _NAME_LENGTH:
        raise Malformed("a parameter's name is none")
    return form
