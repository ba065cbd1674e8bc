"""How a provider is reached by phone, as an administrator writes it below `voice`, and as a call keeps it."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from gateway.core.settings import Duration, Like, Settings
from gateway.core.values import dataclass

E164 = Annotated[
    str, Like(r"^\+[1-9]\d{6,14}$", 'a number with its country\'s code is needed, in quotes, such as "+34910000000"')
]
"""A number with its country's code, such as +34910000000 (ITU-T E.164)."""
_Destination = Annotated[
    str,
    Like(
        r"^(\+[1-9]\d{6,14}|sips?:[^\s<>\"']{1,200}@[^\s<>\"']{1,200})$",
        "a number with its country's code, such as +34910000001, or a SIP address, such as sip:cau@acme.es, is needed",
    ),
]
_Key = Annotated[str, Like(r"^[0-9]$", 'one digit is needed, in quotes, such as "1"')]


@dataclass(frozen=True, slots=True)
class Desk:
    """A provider's phone, with what a call needs to dial it; all times in seconds."""

    provider: str
    dial: str
    """A number with its country's code, or a SIP address."""
    timeout: int
    """How long it may ring."""
    accept_key: str | None = None
    """The key that an agent presses to take the call. Without one, whoever picks up has answered."""
    accept_within: float = 0.0
    """How long after it was picked up that key is waited for."""
    caller_id: str | None = None
    """The number that the desk is shown; None for the caller's own."""


class DialSettings(Settings):
    """A provider's phone."""

    dial: _Destination = Field(
        description="Its number, such as +34910000001, or a SIP address, such as sip:cau@acme.es."
    )
    timeout: Duration = Field(15.0, ge=5, le=120, description="How long it may ring before the next one is dialled.")
    accept_key: _Key | None = Field(
        None, description="Key that an agent presses to take the call: a machine or a queue presses none."
    )
    queue_within: Duration = Field(
        10.0, ge=5, le=600, description="How long after the desk has picked up its agent may take to press that key."
    )
    caller_id: E164 | None = Field(
        None, description="Number that the desk is shown. Without it the caller's, where the carrier lets that through."
    )

    @model_validator(mode="after")
    def _a_queue_needs_a_key(self) -> Self:
        if "queue_within" in self.model_fields_set and self.accept_key is None:
            raise ValueError("queue_within goes with accept_key: nothing else tells a desk's queue from its agents")
        return self

    def desk(self, provider: str) -> Desk:
        """As a call keeps it, whatever becomes of the configuration meanwhile."""
        within = self.queue_within if self.accept_key else 0.0
        return Desk(provider, self.dial, round(self.timeout), self.accept_key, within, self.caller_id)
