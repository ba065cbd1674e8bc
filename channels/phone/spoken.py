"""Numbers as they are said, and how long it takes to say a text."""

import re
from collections.abc import Iterable

from channels.phone.answers import Answer, Gather, Pause, Play, Record, Say

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_NOBODY = frozenset({"+7378742833", "+2562533", "+8656696", "+266696687", "+86282452253"})
"""What Twilio says in place of a number that isn't shown: RESTRICTED, BLOCKED, UNKNOWN, ANONYMOUS, UNAVAILABLE on a
phone's keys."""
CHARACTERS_A_SECOND = 12
"""Slow for a voice made by a machine."""
AUDIO_SECONDS = 10.0
"""Of a recording, which nobody has measured."""


def is_number(caller: str) -> bool:
    """Whether a caller has shown a number that can be dialled."""
    return _NUMBER.fullmatch(caller) is not None and caller not in _NOBODY


def spoken_reference(reference: str) -> str:
    """`4 8 2, 9 1 5, 7 3 6 0`: digit by digit, in the groups it is written in, in every language."""
    groups = (reference[:3], reference[3:6], reference[6:])
    return ", ".join(" ".join(group) for group in groups)


def seconds_of(answer: Answer) -> float:
    """How long an answer takes at most until it waits for somebody else, keys included."""
    return sum(_seconds(verb) for verb in answer)


def _seconds(verb: object) -> float:
    match verb:
        case Say():
            return len(verb.text) / CHARACTERS_A_SECOND
        case Play():
            return AUDIO_SECONDS
        case Pause():
            return float(verb.seconds)
        case Gather():
            return _all(verb.prompts) + verb.most * verb.timeout
        case Record():
            return float(verb.longest)
        case _:
            return 0.0


def _all(prompts: Iterable[object]) -> float:
    return sum(_seconds(prompt) for prompt in prompts)
