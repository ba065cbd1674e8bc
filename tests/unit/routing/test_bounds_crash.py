"""The crash term, played through: no moment of a crash makes a hand-over longer than the bound."""

from hypothesis import given
from hypothesis import strategies as st

from routing.takeover.bounds import Desk, Platform, ticket


def hand_over(primary: Desk, backup: Desk, platform: Platform, hedge: float, crash_at: float) -> float:
    """The slowest hand-over to a backup: a silent primary, every step at its limit, and a crash at an instant."""
    begins = platform.wait + hedge
    answers = begins + backup.search_timeout + backup.timeout
    recorded = answers + platform.lag
    if crash_at >= recorded:
        return recorded
    lease_ends = begins + backup.lease if crash_at >= begins else platform.wait + primary.lease
    back = crash_at + platform.restart_within
    if platform.peers:
        free = lease_ends + platform.reclaim
    elif platform.leases_void_at_start:
        free = back
    else:
        free = max(lease_ends, back) + platform.reclaim
    searched = max(free, begins) + backup.search_timeout
    found = crash_at >= answers
    return searched + (0.0 if found else backup.timeout) + platform.lag


_TIMES = st.floats(0.05, 5.0)


@given(_TIMES, _TIMES, _TIMES, _TIMES, st.floats(0, 20), st.booleans(), st.booleans(), st.floats(0.3, 3))
def test_no_moment_of_a_crash_exceeds_the_bound(
    at_primary: float,
    timeout: float,
    search: float,
    restart: float,
    crash_at: float,
    void: bool,
    peers: bool,
    slack: float,
) -> None:
    primary = Desk("acme", at_primary, search, 50.0, at_primary + search + slack)
    backup = Desk("norte", timeout, search, 50.0, timeout + search + slack)
    platform = Platform(restart_within=restart, leases_void_at_start=void, peers=peers)
    bound = ticket(0.5, primary, [backup], platform).seconds
    assert hand_over(primary, backup, platform, 0.5, crash_at) <= bound + 1e-9


def test_the_worst_moment_of_a_crash_reaches_four_fifths_of_the_bound() -> None:
    desk, platform = Desk("norte", 1.0, 0.3, 50.0, 2.3), Platform()
    worst = max(hand_over(desk, desk, platform, 0.55, step / 100) for step in range(600))
    assert worst >= 0.8 * ticket(0.55, desk, [desk], platform).seconds
