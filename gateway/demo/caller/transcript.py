"""A call as it is told: line by line, each with its time and who acts."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from gateway.core.texts import Language, Saying, mark


class Who(StrEnum):
    """Who acts in a line."""

    CALLER = mark("Caller")
    GATEWAY = mark("Relevo")
    DESK = mark("Desk")
    PERSON = mark("Person")
    """Who is called back."""
    NETWORK = mark("Network")


@dataclass(frozen=True, slots=True)
class Told:
    """One line."""

    seconds: float
    """Since the call began."""
    who: Who
    words: Saying


Tell = Callable[[Told], None]


def shown(line: Told, language: Language) -> str:
    """`00:12  Caller   presses 1`."""
    minutes, seconds = divmod(int(line.seconds), 60)
    width = max(len(language(each)) for each in Who)
    return f"{minutes:02d}:{seconds:02d}  {language(line.who.value):<{width}}  {language(line.words)}"
