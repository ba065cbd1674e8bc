"""A bound as it is printed: the sum, its named terms, what it assumes, and what to turn where it is too long."""

from dataclasses import dataclass

from gateway.core.settings import show_duration
from gateway.core.texts import Saying


@dataclass(frozen=True, slots=True)
class Term:
    """One summand of a bound."""

    words: Saying
    seconds: float
    formula: str
    """The summand in the symbols of the derivation."""


@dataclass(frozen=True, slots=True)
class Bound:
    """An upper limit of a time, in seconds, with all that it rests on."""

    what: Saying
    terms: tuple[Term, ...]
    assumptions: tuple[Saying, ...] = ()

    @property
    def seconds(self) -> float:
        return sum(term.seconds for term in self.terms)

    def __str__(self) -> str:
        """`5s = 100ms (wait before the first attempt) + ...`"""
        terms = " + ".join(f"{show_duration(term.seconds)} ({term.words})" for term in self.terms)
        return f"{show_duration(self.seconds)} = {terms}"


@dataclass(frozen=True, slots=True)
class Knob:
    """A setting with the value that makes a contract hold."""

    setting: str
    now: float
    to: float

    @property
    def turn(self) -> Saying:
        """What to do with it."""
        to, now = show_duration(self.to), show_duration(self.now)
        return Saying("{setting}: {to} instead of {now}", setting=self.setting, to=to, now=now)
