"""What is said to a reader, and how it answers: JSON within frames of known length. Nothing here is ever executed, on
either side: a reader that was taken over must not be able to run code in the gateway.

A question is two lengths, of the order and of the mail, then both. An answer is one length and the answer.
"""

import struct

import orjson

from channels.email.authentication import Authentication
from channels.email.automatic import Outcome
from channels.email.mail import Mail
from channels.email.notifications.notification import Notification
from channels.email.parsing.limits import Limits
from channels.email.reading.reading import Question
from channels.text_language import Language
from gateway.core.values import dataclass

QUESTION = struct.Struct(">II")
ANSWER = struct.Struct(">I")
MOST_ANSWERED = 16_000_000
"""Bytes of an answer; a longer one is none."""
LONGEST_WHY = 200


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for a reader from its start."""

    memory: int
    """Bytes of address space."""
    dkim_within: float
    """Seconds for the signatures of one mail, with their look-ups."""
    limits: Limits

    def dump(self) -> str:
        return orjson.dumps(self).decode()

    @classmethod
    def load(cls, text: str) -> "Rules":
        given = orjson.loads(text)
        return cls(given["memory"], given["dkim_within"], Limits(**given["limits"]))


@dataclass(frozen=True, slots=True)
class Order:
    """One mail to be read."""

    question: Question
    mail: str | None
    """Where the mail lies, if it is too large to be sent along."""
    folder: str
    """Where its files go, named by their numbers, `0` the first; made by the reader."""

    def dump(self) -> bytes:
        return orjson.dumps(self, default=list)

    @classmethod
    def load(cls, text: bytes) -> "Order":
        given = orjson.loads(text)
        question = given["question"]
        question["own_addresses"] = frozenset(question["own_addresses"])
        return cls(Question(**question), given["mail"], given["folder"])


@dataclass(frozen=True, slots=True)
class Found:
    """What a reader found."""

    mail: Mail
    """Without contents: those of its files are in the folder."""
    notification: Notification | None
    outcome: Outcome
    authentication: Authentication
    language: Language | None


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a reader found nothing."""

    code: str
    """Those of `Unparsable`, `memory`, `crashed`, and `no_room`, for which the mail can do nothing."""
    why: str


Answer = Found | Refused


def dump_answer(answer: Answer) -> bytes:
    kind = "found" if isinstance(answer, Found) else "refused"
    return orjson.dumps({kind: answer}, default=_empty)


def _empty(content: object) -> str:
    if content == b"":
        return ""
    raise TypeError(f"{type(content).__name__} is not sent")
