"""What a provider's contract covers, of what is asked for."""

from typing import Protocol

from gateway.core.clock import Instant
from gateway.core.hours import is_open
from gateway.core.texts import Saying
from gateway.core.values import dataclass
from routing.policy.match import serves_language
from routing.policy.settings import ContractTerms

_CLOSED = Saying("closed at this hour")


class Asks(Protocol):
    """A ticket, or a call that has none yet."""

    @property
    def channel(self) -> str: ...

    @property
    def language(self) -> str | None: ...

    @property
    def category(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """Of a call."""

    channel: str
    language: str | None
    category: str | None


def uncovered(asks: Asks, terms: ContractTerms) -> Saying | None:
    """What the provider doesn't serve at any hour; None where it serves all that is asked."""
    if asks.language and not serves_language(asks.language, terms.languages):
        return Saying("does not serve the language {language}", language=asks.language)
    if terms.channels and asks.channel not in terms.channels:
        return Saying("does not serve the channel {channel}", channel=asks.channel)
    if asks.category and terms.categories and asks.category not in terms.categories:
        return Saying("does not serve the category {category}", category=asks.category)
    return None


def closed(terms: ContractTerms, now: Instant) -> Saying | None:
    """Said of one that doesn't work now; None where it does."""
    return _CLOSED if terms.hours is not None and not is_open(terms.hours, now) else None
