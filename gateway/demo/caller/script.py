"""Who plays in a call: the caller, the desks that may be dialled, and the line between."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Line:
    """A number at Twilio, with the addresses that are configured for it there."""

    number: str
    voice_url: str
    account_sid: str
    auth_token: str
    status_url: str | None = None
    """Told when the call is over."""
    fallback_url: str | None = None
    """Asked where `voice_url`, or what it leads to, gives no good answer."""
    api: str = "https://api.twilio.com"
    """Where recordings are said to be."""
    late_reports: bool = False
    """Reports of progress come all at the end, the last first."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What the caller does."""

    number: str = "+34600111222"
    keys: tuple[str, ...] = ()
    """What is keyed when the gateway asks, once for each time; "" for nothing. Afterwards nothing is keyed."""
    hangs_up_after: float = 600.0
    """Seconds since the call began: nobody waits for ever."""
    message: float = 8.0
    """Seconds that are spoken after the tone; 0 where nothing is said."""
    words: str = "Hola, no puedo entrar en mi cuenta. Llámenme, por favor."
    """What is spoken, as far as a machine understands it; "" where it understands nothing."""
    ends_message: str = "hangup"
    """How: `hangup`, a key that ends it, such as `#`, or "" for silence."""
    leaves_queue_after: float | None = None
    """Seconds of talking, or of waiting in a desk's queue, after which `*` is pressed."""


class Behaviour(StrEnum):
    """What happens where a desk is dialled."""

    ANSWERS = "answers"
    """Somebody picks up, presses what is asked for, and talks."""
    BUSY = "busy"
    RINGS = "rings"
    """Nobody picks up."""
    FAILS = "fails"
    """The number can't be reached; a SIP address answers 503."""
    QUEUE = "queue"
    """A queue or a machine picks up, and nobody ever comes."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One desk's telephone."""

    behaviour: Behaviour = Behaviour.ANSWERS
    rings_for: float = 6.0
    """Seconds before it picks up."""
    key: str = "1"
    """What the agent presses when a key is asked for."""
    talks_for: float = 90.0
    stays_for: float = 600.0
    """Seconds that its agent, called by the gateway, stays on the line at most: nobody waits for ever."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One call to be played."""

    caller: Caller = field(default_factory=Caller)
    desks: Mapping[str, Desk] = field(default_factory=dict)
    """By the number or SIP address that is dialled. One that isn't here can't be reached."""
