"""What every provider's settings have, whatever its type."""

from collections.abc import Collection
from typing import ClassVar

from pydantic import Field

from gateway.core.dialling import DialSettings
from gateway.core.settings import Duration
from gateway.core.texts import Saying
from routing.health.settings import HealthSettings
from routing.policy.settings import ContractTerms
from routing.takeover.bounds import Canaries


class ProviderSettings(ContractTerms):
    """Times, capacity and health of one provider, beside its contract's terms."""

    honours_key: ClassVar[bool] = False
    """Whether this type of provider answers the same idempotency key with the same copy."""
    can_search: ClassVar[bool] = False
    """Whether it can be asked for a copy by that key."""
    can_read: ClassVar[bool] = False
    """Whether it can be asked how a copy stands."""

    timeout: Duration = Field(1.0, gt=0, description="One attempt, in all (D_b).")
    rate: float = Field(50.0, gt=0, description="Tickets a second that it can take (mu).")
    window: int = Field(16, ge=1, description="Attempts in flight at once: the most doubles that a hang can make.")
    health: HealthSettings = HealthSettings()
    voice: DialSettings | None = Field(None, description="Its phone, where it takes calls.")

    @property
    def search_seconds(self) -> float:
        """The longest that one search or read-back takes (F); none where it can't be asked."""
        return 0.0

    @property
    def key_seconds(self) -> float:
        """For how long it remembers an idempotency key."""
        return 0.0

    def canaries(self) -> Canaries | None:
        """How its silent death is found out, where it is."""
        return None

    @property
    def shows_pick_up(self) -> bool:
        """Whether it can be known that somebody works on a ticket there."""
        return True

    def assumptions(self, name: str) -> tuple[Saying, ...]:
        """What its acceptance of a ticket rests on, where that needs words; `name` is the provider's."""
        return ()

    def warnings(self, name: str, unproven: Collection[str]) -> tuple[Saying, ...]:
        """What will not work as it is set. `unproven` are the mail channels that can't tell whose a mail is."""
        return ()


class AskableSettings(ProviderSettings):
    """Of a provider that knows our keys, and can be asked about its tickets."""

    honours_key: ClassVar[bool] = True
    can_search: ClassVar[bool] = True
    can_read: ClassVar[bool] = True

    search_timeout: Duration = Field(0.3, gt=0, description="One search or read-back, in all (F).")
    key_memory: Duration = Field(86400.0, gt=0, description="How long it remembers an idempotency key.")

    @property
    def search_seconds(self) -> float:
        return self.search_timeout

    @property
    def key_seconds(self) -> float:
        return self.key_memory
