"""How many examples a costly property is tried on: few and always the same ones, or `RELEVO_EXAMPLES` times as many,
drawn afresh."""

import os

from hypothesis import HealthCheck, Phase, settings

_TIMES = int(os.environ.get("RELEVO_EXAMPLES", "0"))


def examples(few: int) -> settings:
    """Settings for it. A failing example is shown as it is: to shrink it would take many minutes."""
    return settings(
        max_examples=few * max(1, _TIMES),
        derandomize=_TIMES == 0,
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
