"""How many examples a property is tried on: few and always the same ones, or `RELEVO_EXAMPLES` times as many, drawn
afresh."""

import os

from hypothesis import HealthCheck, settings

_TIMES = int(os.environ.get("RELEVO_EXAMPLES", "0"))


def examples(few: int) -> settings:
    """Settings for a property whose examples are costly."""
    return settings(
        max_examples=few * max(1, _TIMES),
        derandomize=_TIMES == 0,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
