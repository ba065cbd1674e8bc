"""The evidence of a takeover: each bound met or exceeded, and what is blamed for it."""

from dataclasses import replace

import pytest

from gateway.core.provider import HealthState, ProviderStatus, Takeover, TakeoverFigures
from routing.takeover.evidence import add_rescue, close_takeover, open_takeover
from tests.support.tickets import NOW

FIGURES = TakeoverFigures(
    first_ticket_at=NOW + 3.0,
    last_ticket_at=NOW + 60.0,
    rescued=10,
    rescued_at=NOW + 6.0,
    slowest_ticket=4.0,
    doubles=2,
    doubles_withdrawn=2,
)


class Promised:
    """Bounds in round figures."""

    def detection(self, provider: str) -> float:
        return 3.0

    def ticket(self, backup: str | None) -> float:
        return 5.0 if backup else 7.0

    def rescue(self, provider: str, backup: str | None, size: int) -> float:
        return 5.0 + size / 10


FAILED = ProviderStatus("acme", HealthState.DOWN, NOW + 2.4, "silent", last_good_at=NOW, first_bad_at=NOW + 0.5)


def opened(
    *, last_good_at: float | None = NOW, first_bad_at: float | None = NOW + 0.5, backup: str | None = "norte"
) -> Takeover:
    failed = replace(FAILED, last_good_at=last_good_at, first_bad_at=first_bad_at)
    return open_takeover("id", "default", failed, backup, Promised(), NOW + 2.5)


def closed(takeover: Takeover, broken: tuple[str, ...] = (), **changed: float | None) -> Takeover:
    return close_takeover(takeover, replace(FIGURES, **changed), broken, NOW + 90.0)  # type: ignore[arg-type]


def test_the_first_page_says_what_was_promised_and_when_it_failed() -> None:
    takeover = opened()
    assert (takeover.from_provider, takeover.to_provider) == ("acme", "norte")
    assert (takeover.detection_bound, takeover.ticket_bound) == (3.0, 5.0)
    assert (takeover.last_good_at, takeover.first_bad_at) == (NOW, NOW + 0.5)
    assert (takeover.detected_at, takeover.switched_at) == (NOW + 2.4, NOW + 2.5)
    assert opened(backup=None).ticket_bound == 7.0
    assert opened(first_bad_at=None).first_bad_at == NOW + 2.4


def test_the_promise_of_a_rescue_grows_with_what_there_is_to_rescue() -> None:
    takeover = add_rescue(add_rescue(opened(), 6, FAILED, Promised()), 4, FAILED, Promised())
    assert takeover.rescue_size == 10
    assert takeover.rescue_bound == 6.0


@pytest.mark.parametrize("last_good_at", [NOW + 20.0, None])
def test_the_rescue_after_a_relapse_is_measured_from_that(last_good_at: float | None) -> None:
    again = replace(FAILED, last_good_at=last_good_at, first_bad_at=NOW + 20.0)
    takeover = add_rescue(add_rescue(opened(), 6, FAILED, Promised()), 4, again, Promised())
    assert takeover.rescue_bound == 20.0 + 6.0


def test_the_last_page_has_all_figures_and_says_that_every_bound_held() -> None:
    takeover = closed(add_rescue(opened(), 10, FAILED, Promised()))
    assert takeover.met
    assert takeover.failed_assumption is None
    assert takeover.ended_at == NOW + 90.0
    figures = TakeoverFigures(**{name: getattr(takeover, name) for name in TakeoverFigures.__slots__})
    assert figures == FIGURES


LATE = replace(opened(), switched_at=NOW + 3.1)
RESCUE = add_rescue(opened(), 10, FAILED, Promised())


@pytest.mark.parametrize(
    ("takeover", "slowest", "rescued_at", "words"),
    [
        (LATE, None, None, ("detection", "grid")),
        (opened(), 5.1, None, ("ticket", "backup's first attempt")),
        (RESCUE, None, NOW + 6.1, ("rescue", "backup's first attempt")),
        (add_rescue(LATE, 10, FAILED, Promised()), 5.1, NOW + 6.1, ("detection", "ticket", "rescue")),
        (opened(backup=None), 7.1, None, ("ticket", "no backup was up")),
    ],
)
def test_each_bound_that_was_exceeded_is_named_with_what_is_to_blame(
    takeover: Takeover, slowest: float | None, rescued_at: float | None, words: tuple[str, ...]
) -> None:
    ended = closed(takeover, slowest_ticket=slowest, rescued_at=rescued_at)
    assert ended.met is False
    assert ended.failed_assumption is not None
    for word in words:
        assert word in ended.failed_assumption
    named = {
        bound for bound in ("detection", "ticket", "rescue") if bound in ended.failed_assumption.split(" bound")[0]
    }
    assert named == {bound for bound in ("detection", "ticket", "rescue") if bound in words}


@pytest.mark.parametrize("takeover", [LATE, opened(backup=None)])
def test_assumptions_that_were_seen_broken_are_blamed_before_all_else(takeover: Takeover) -> None:
    ended = closed(takeover, ("loop lag", "commit lag"), slowest_ticket=9.0)
    assert ended.failed_assumption is not None
    assert ended.failed_assumption.endswith("commit lag, loop lag")


def test_a_broken_assumption_is_no_breach_while_every_bound_holds() -> None:
    ended = closed(RESCUE, ("loop lag",))
    assert ended.met
    assert ended.failed_assumption is None


def test_a_provider_that_was_never_seen_well_has_no_bound_of_detection() -> None:
    assert closed(replace(opened(last_good_at=None), switched_at=NOW + 60.0), rescued_at=None).met


def test_exactly_at_the_bound_is_met() -> None:
    exactly = replace(RESCUE, switched_at=NOW + 3.0)
    assert closed(exactly, slowest_ticket=5.0, rescued_at=NOW + 6.0).met
