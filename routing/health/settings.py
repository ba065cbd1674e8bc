"""How a provider's health is watched."""

from pydantic import Field

from gateway.core.settings import Duration, Settings


class HealthSettings(Settings):
    """Active probes on a fixed grid, confirmed at once when one fails or is slow."""

    every: Duration = Field(1.0, gt=0, description="Start-to-start period of the probes (I).")
    timeout: Duration = Field(1.0, gt=0, description="After this a probe has failed (D).")
    suspect_after: Duration = Field(0.3, gt=0, description="After this an unanswered probe raises suspicion (s <= D).")
    failures: int = Field(3, ge=1, le=20, description="Failed probes in all, the first included, that mean down (n).")
    confirm_every: Duration = Field(0.25, gt=0, description="Spacing of the confirming probes (I_f).")
    jitter: float = Field(0.1, ge=0, le=0.5, description="Part of a period by which a start may be late (j).")
    live_failures: int = Field(3, ge=1, description="Consecutive failed live attempts that mean down.")
    live_window: Duration = Field(10.0, gt=0, description="Window over which the failure rate of live attempts counts.")
    live_failure_rate: float = Field(0.5, gt=0, le=1, description="Failure rate over the window that means down.")
    live_minimum: int = Field(5, ge=2, description="Live attempts within the window before their rate counts.")
    hold: Duration = Field(30.0, description="How long it must be healthy again before new tickets return to it.")
    ramp: Duration = Field(30.0, description="How long its share of new tickets takes to grow back to all.")
