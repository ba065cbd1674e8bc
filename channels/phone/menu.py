"""What keys mean. A wrong key is asked again, so many times and no more; who presses nothing goes on."""

from collections.abc import Sequence
from enum import Enum, auto

from channels.phone.settings import VoiceSettings
from gateway.core.values import dataclass

MOST_ASKED = 2
"""How many times a menu is said, at most."""
MOST_ASKED_REFERENCE = 3
ANOTHER_DESK = "1"
CALL_BACK = "1"
LEAVE_MESSAGE = "2"
_CALLBACK_KEY = "8"
_REFERENCE_KEY = "9"


class Wish(Enum):
    """What a key of the main menu stands for."""

    CATEGORY = auto()
    CALLBACK = auto()
    REFERENCE = auto()


@dataclass(frozen=True, slots=True)
class Choice:
    """One key of the main menu."""

    key: str
    wish: Wish
    category: str | None = None


def choices(settings: VoiceSettings, *, callback: bool) -> tuple[Choice, ...]:
    """The main menu; empty where there is nothing to choose."""
    categories = (Choice(str(key), Wish.CATEGORY, each.id) for key, each in enumerate(settings.categories, 1))
    others = ((callback, _CALLBACK_KEY, Wish.CALLBACK), (settings.ask_reference, _REFERENCE_KEY, Wish.REFERENCE))
    return (*categories, *(Choice(key, wish) for offered, key, wish in others if offered))


def chosen(menu: Sequence[Choice], digits: str) -> Choice | None:
    """What was chosen; None for a key that the menu doesn't have."""
    return next((choice for choice in menu if choice.key == digits), None)


def chosen_language(languages: Sequence[str], digits: str) -> str | None:
    """Their keys are 1, 2 and so on, in their order."""
    return next((language for key, language in enumerate(languages, 1) if str(key) == digits), None)
