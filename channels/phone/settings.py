"""What an administrator may set of the phone, and of text messages."""

from ipaddress import ip_address
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from gateway.core.clock import Instant
from gateway.core.dialling import E164
from gateway.core.hours import Hours, is_open
from gateway.core.settings import Duration, Like, LocalPath, LocalText, Secret, Settings

Prompt = Literal["greeting", "notice", "connecting", "another", "goodbye"]
"""What may be a recording instead of a voice made by Twilio."""
_Language = Literal["es", "en"]
_AccountSid = Annotated[
    str, Like(r"^AC[0-9a-f]{32}$", "an Account SID is needed: AC and 32 digits and letters from a to f")
]
_Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
_COUNTRY = "the two letters of a country with phone numbers are needed, such as ES (ISO 3166)"
_Priority = Literal["low", "normal", "high", "urgent"]
_DAY = 86_400.0
LINE_SECONDS = 900.0
"""How long a desk's line may last beside the talk, at most: its agent comes, and the requester's phone rings."""
MOST_CATEGORIES = 7
"""A menu has the keys 1 to 7 for them; nobody remembers more."""


def _has_numbers(country: str) -> str:
    from phonenumbers import SUPPORTED_REGIONS  # takes long to import, and few set it

    if country not in SUPPORTED_REGIONS:
        raise ValueError(_COUNTRY)
    return country


_Country = Annotated[str, Like(r"^[A-Z]{2}$", _COUNTRY), AfterValidator(_has_numbers)]


def _origin(written: str) -> str:
    parts = urlsplit(written)
    if parts.scheme not in ("http", "https") or not parts.hostname or written != f"{parts.scheme}://{parts.netloc}":
        raise ValueError("an origin is needed, such as https://api.twilio.com: no path, no final slash")
    if "@" in parts.netloc:
        raise ValueError("an origin has no user and no password")
    return written


def _is_private(host: str) -> bool:
    """As far as it can be told without asking for the name's address."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return host == "localhost"


def _different(written: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(written)) < len(written):
        raise ValueError("one stands in the list twice")
    return written


class AccountSettings(Settings):
    """A Twilio account, and the numbers of it that are ours."""

    account_sid: _AccountSid = Field(description="The account, as Twilio's console shows it.")
    auth_token: Secret = Field(description="The account's token: it signs what Twilio sends us.")
    numbers: Annotated[tuple[E164, ...], AfterValidator(_different)] = Field(
        min_length=1, max_length=100, description="The numbers that people use, with the country's code."
    )
    api: Annotated[str, AfterValidator(_origin)] = Field(
        "https://api.twilio.com", description="Where Twilio's REST API is; only this host is given the token."
    )
    allow_private: bool = Field(
        False, description="`api` may be at a private or loopback address, as that of a simulator."
    )
    keep_records: Duration = Field(
        30 * _DAY,
        ge=7 * _DAY,
        description="How long the record of a call or message is kept beside its ticket, with people's numbers. That "
        "there was one stays known for ever.",
    )

    @model_validator(mode="after")
    def _token_is_sent_safely(self) -> Self:
        parts = urlsplit(self.api)
        if parts.scheme == "http" and not self.allow_private and not _is_private(parts.hostname or ""):
            raise ValueError("api: https is needed, since the token goes there; a simulator goes with allow_private")
        return self


class TextSettings(AccountSettings):
    """Numbers that people write text messages to, by SMS or by WhatsApp."""

    language: _Language = Field("es", description="Language of messages whose own can't be told.")
    category: _Id | None = Field(None, description="Category of this channel's tickets.")
    priority: _Priority = Field("normal", description="Priority of this channel's tickets.")
    acknowledge: bool = Field(
        False, description="Write to whoever opens a ticket that it has come, at most three times a day each."
    )
    countries: Annotated[tuple[_Country, ...], AfterValidator(_different)] = Field(
        ("ES",),
        min_length=1,
        description="Countries whose numbers are written to, such as ES. Premium numbers never are.",
    )
    most_a_day: int = Field(1000, ge=1, le=1_000_000, description="Texts sent in 24 hours, in all; what is more waits.")


class VoiceName(Settings):
    """Who speaks: one of Twilio's voices, and the variety of the language that it is asked for."""

    voice: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")] = Field(
        description="Twilio's name of the voice, such as Polly.Lucia."
    )
    locale: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}-[A-Z0-9]{2,3}$")] = Field(
        description="Such as es-ES or es-MX."
    )


class MenuCategorySettings(Settings):
    """One line of the menu."""

    id: _Id = Field(description="Its name in policies and at the desks.")
    name: LocalText = Field(description="As it is said: 'For NAME, press 1.'")
    priority: _Priority | None = Field(None, description="Priority of its tickets.")


class VoicemailSettings(Settings):
    """What becomes of a call that no desk takes."""

    offer: bool = Field(True, description="Whether a message can be left.")
    longest: Duration = Field(180.0, ge=10, le=3600, description="How long a message may be.")
    transcribe: bool = Field(False, description="Have Twilio write messages down, where they last at most two minutes.")
    delete: bool = Field(False, description="Delete a recording at Twilio once it is kept here.")


class CallbackSettings(Settings):
    """Who is called back, when, and what that may cost. Whoever calls can show any number he likes: so only ordinary
    subscribers' numbers of these countries are called, one at a time each, and so often and no more."""

    offer: bool = Field(False, description="Whether callers may ask to be called back instead of waiting.")
    for_channels: Annotated[tuple[_Id, ...], AfterValidator(_different)] = Field(
        (),
        description="Channels whose requesters are called when a desk asks for it by its protocol: this one, and those "
        "of text messages. A number that somebody wrote into a form is never called.",
    )
    verification: Literal["webhook", "attestation"] = Field(
        "webhook",
        description="What proves a number: Twilio's webhook, or also its carrier's attestation (STIR/SHAKEN A).",
    )
    countries: Annotated[tuple[_Country, ...], AfterValidator(_different)] = Field(
        ("ES",), min_length=1, description="Countries that are called back, such as ES."
    )
    hours: Hours | None = Field(None, description="When people are called; none given means at any time.")
    within: Duration = Field(
        1800.0, ge=60, le=14_400, description="How long it is tried; then the ticket goes its ordinary way."
    )
    tries: int = Field(3, ge=1, le=10, description="How many times the requester's phone is called, at most.")
    pause: Duration = Field(300.0, ge=60, le=14_400, description="How long after a try in vain the next one is.")
    ring: Duration = Field(30.0, ge=10, le=60, description="How long the requester's phone rings.")
    longest: Duration = Field(1800.0, ge=60, le=14_400, description="How long a talk may last: then the line is cut.")
    most_a_day: int = Field(50, ge=1, le=10_000, description="Requests to be called back in 24 hours, in all.")
    most_a_day_each: int = Field(3, ge=1, le=100, description="The same of one number.")
    price_a_minute: float = Field(
        0.05, gt=0, le=1000, description="What a minute of a line costs at most, in any currency; a call has two."
    )
    spend_a_day: float = Field(
        20.0, gt=0, le=1_000_000, description="What calling back may cost in 24 hours, in the same currency."
    )

    @model_validator(mode="after")
    def _one_call_can_be_paid(self) -> Self:
        if self.cost(2 * self.longest + LINE_SECONDS) > self.spend_a_day:
            raise ValueError("spend_a_day doesn't pay for one call: lower longest or price_a_minute, or raise it")
        return self

    def cost(self, seconds: float) -> float:
        """Of lines that lasted so long, all together."""
        return seconds / 60 * self.price_a_minute

    def open_at(self, now: Instant) -> bool:
        """Whether people may be called then."""
        return self.hours is None or is_open(self.hours, now)


class VoiceSettings(AccountSettings):
    """Phone numbers that people call."""

    answer_within: Duration = Field(
        60.0, gt=0, description="Contracted time until a phone rings at the desk that answers, the menu included."
    )
    languages: Annotated[tuple[_Language, ...], AfterValidator(_different)] = Field(
        ("es",), min_length=1, description="Languages to choose from by key, the usual one first."
    )
    number_languages: dict[E164, _Language] = Field(
        default_factory=dict, description="Language of a number; who calls it is not asked."
    )
    voices: dict[_Language, VoiceName] = Field(
        default_factory=dict, description="Who speaks, by language. Without it Polly.Lucia, and Polly.Amy in English."
    )
    greeting: LocalText | None = Field(None, description="What callers hear first, in one or in each language.")
    notice: LocalText | None = Field(
        None, description="Said after the greeting, such as: this call may be recorded. It is noted that it was said."
    )
    audio: dict[Prompt, dict[_Language, LocalPath]] = Field(
        default_factory=dict, description="Recordings (MP3 or WAV) to be played in place of a text, by language."
    )
    categories: tuple[MenuCategorySettings, ...] = Field(
        (), max_length=MOST_CATEGORIES, description="What callers may choose by key. Without any they are not asked."
    )
    ask_reference: bool = Field(False, description="Let callers key in the reference that they already have.")
    star_leaves: bool = Field(
        False, description="Let callers leave a desk's queue by the star key, for the next desk or the voicemail."
    )
    voicemail: VoicemailSettings = VoicemailSettings()
    callback: CallbackSettings = CallbackSettings()

    @model_validator(mode="after")
    def _known_numbers(self) -> Self:
        if unknown := set(self.number_languages) - set(self.numbers):
            raise ValueError(f"number_languages: {min(unknown)} is not among numbers")
        return self

    @model_validator(mode="after")
    def _different_categories(self) -> Self:
        _different(tuple(category.id for category in self.categories))
        return self

    @model_validator(mode="after")
    def _a_notice_to_be_played(self) -> Self:
        if "notice" in self.audio and self.notice is None:
            raise ValueError("audio.notice goes with notice: its text is what was said, for whoever asks later")
        return self

    def category(self, category_id: str | None) -> MenuCategorySettings | None:
        """The one of that id; None where there is none, or no longer."""
        return next((each for each in self.categories if each.id == category_id), None)
