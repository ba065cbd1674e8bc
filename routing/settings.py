"""What every provider's settings have, whatever its type."""

from typing import ClassVar

from pydantic import Field

from gateway.core.settings import Duration
from routing.health.settings import HealthSettings
from routing.policy.settings import ContractTerms


class ProviderSettings(ContractTerms):
    """Times, capacity and health of one provider, beside its contract's terms."""

    honours_key: ClassVar[bool] = True
    """Whether this type of provider answers the same idempotency key with the same copy."""
    can_search: ClassVar[bool] = True
    """Whether it can be asked for a copy by that key."""

    timeout: Duration = Field(1.0, gt=0, description="One attempt, in all (D_b).")
    search_timeout: Duration = Field(0.3, gt=0, description="One search or read-back, in all (F).")
    rate: float = Field(50.0, gt=0, description="Tickets a second that it can take (mu).")
    window: int = Field(16, ge=1, description="Attempts in flight at once: the most doubles that a hang can make.")
    key_memory: Duration = Field(86400.0, gt=0, description="How long it remembers an idempotency key.")
    health: HealthSettings = HealthSettings()
