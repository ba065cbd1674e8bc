"""What a webhook is answered, as plain data; twiml.py writes it down as Twilio wants it."""

from enum import StrEnum

from channels.phone.settings import Prompt
from gateway.core.dialling import Desk
from gateway.core.values import dataclass


class Page(StrEnum):
    """What Twilio asks for, below `/channels/NAME/`."""

    VOICE = "voice"
    """A call comes in."""
    KEYS = "keys"
    DIAL = "dial"
    WHISPER = "whisper"
    """What is said at the desk's end alone."""
    ACCEPT = "accept"
    VOICEMAIL = "voicemail"
    RECORDING = "recording"
    TRANSCRIPTION = "transcription"
    STATUS = "status"
    CALLBACK_DESK = "callback/desk"
    """The phone of a desk that we call was picked up."""
    CALLBACK_ACCEPT = "callback/accept"
    CALLBACK_GREETING = "callback/greeting"
    """The phone of a requester whom we call was picked up."""
    CALLBACK_JOIN = "callback/join"
    CALLBACK_OVER = "callback/over"
    """The requester's line is cut."""
    CALLBACK_STATUS = "callback/status"
    """Of the desk's line."""


@dataclass(frozen=True, slots=True)
class Address:
    """One of our pages, with what it must be told to know what it is about."""

    page: Page
    step: int
    names_call: bool = False
    """It says which call it is about: for what Twilio asks in the name of a leg, which is a call of its own."""


@dataclass(frozen=True, slots=True)
class Say:
    """A voice reads this."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Play:
    """A recording of the organisation's."""

    prompt: Prompt
    language: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence."""

    seconds: int


Prompts = tuple[Say | Play | Pause, ...]


@dataclass(frozen=True, slots=True)
class Gather:
    """Keys are listened to from the first word on. When none comes the next verb follows."""

    prompts: Prompts
    to: Address
    most: int
    """Digits."""
    timeout: int
    """Seconds, after the last word and after each digit."""


@dataclass(frozen=True, slots=True)
class Dial:
    """One desk is called, and joined when it answers."""

    desk: Desk
    to: Address
    status: Address
    whisper: Address | None
    """The document for the desk's end, where a key is needed."""
    caller_id: str | None
    """None for the caller's own number."""
    star_leaves: bool


@dataclass(frozen=True, slots=True)
class DialRequester:
    """Somebody who is called back is called, and joined once the document for that end leaves the line open."""

    number: str
    to: Address
    greeting: Address
    caller_id: str
    timeout: int
    """Seconds that it may ring."""
    longest: int
    """Seconds that the talk may last."""


@dataclass(frozen=True, slots=True)
class Record:
    """A message is recorded after a tone, until the hash key or a silence."""

    to: Address
    status: Address
    longest: int
    transcription: Address | None


@dataclass(frozen=True, slots=True)
class Redirect:
    """The call goes on there."""

    to: Address


@dataclass(frozen=True, slots=True)
class Hangup:
    """The line is cut."""


Verb = Say | Play | Pause | Gather | Dial | DialRequester | Record | Redirect | Hangup
Answer = tuple[Verb, ...]
