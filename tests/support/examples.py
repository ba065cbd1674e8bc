"""How many examples a property is tried on: as few as tell a plain mistake at once, so that the quick tests stay quick,
or `RELEVO_EXAMPLES` times as many."""

import os

from hypothesis import HealthCheck, Phase, settings

_TIMES = int(os.environ.get("RELEVO_EXAMPLES", "0"))
_FEW = 30
"""Of a property that says nothing of its own. They are drawn afresh in each run, so that many runs try many."""


def try_few_examples() -> None:
    """What holds for properties without settings. A slow moment of the machine fails none of them."""
    settings.register_profile("few", max_examples=_FEW * max(1, _TIMES), deadline=None)
    settings.load_profile("few")


def examples(few: int) -> settings:
    """Settings for a costly property: few examples and always the same ones, or many drawn afresh.

    A failing example is shown as it is: to shrink it would take many minutes.
    """
    return settings(
        max_examples=few * max(1, _TIMES),
        derandomize=_TIMES == 0,
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
