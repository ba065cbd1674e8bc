"""The account of a demo run: each figure, and each promise held and broken."""

from dataclasses import replace

import pytest

from gateway.core.provider import Takeover
from gateway.demo.accounting import Account, Books, TicketView, percentile, settle
from gateway.demo.desk.ticket import DeskState, DeskTicket
from gateway.demo.traffic import HandIn

TAKEOVER = Takeover(
    id="t1",
    policy="default",
    from_provider="acme",
    to_provider="norte",
    last_good_at=100.0,
    first_bad_at=101.0,
    detected_at=102.0,
    switched_at=102.5,
    detection_bound=2.8,
    ticket_bound=5.0,
    rescue_size=2,
    rescued=2,
    doubles=1,
    doubles_withdrawn=1,
    met=True,
)


def handed_in(reference: str | None, failure: str | None = None) -> HandIn:
    return HandIn(key=f"key-{reference}", sent_at=100.0, answered_at=100.1, reference=reference, failure=failure)


def at_desk(reference: str, state: DeskState = DeskState.OPEN) -> DeskTicket:
    return DeskTicket("X-1", reference, f"key-{reference}", "s", "es", state, received_at=100.5)


def known(reference: str, state: str = "handed_off", seconds: float | None = 0.5) -> TicketView:
    handed_off_at = None if seconds is None else 100.0 + seconds
    return TicketView(reference, state, "acme", received_at=100.0, handed_off_at=handed_off_at)


GOOD = Books(
    hand_ins=[handed_in("1"), handed_in("2"), handed_in("3")],
    desks={"acme": [at_desk("1"), at_desk("3", DeskState.WITHDRAWN)], "norte": [at_desk("2"), at_desk("3")]},
    tickets=[known("1", seconds=0.25), known("2", seconds=0.5), known("3", seconds=4.5)],
    takeovers=[TAKEOVER],
    takeover_within=5.0,
)


INTAKE = "no hand-in failed"
NOTHING_LOST = "nothing that was accepted is lost"
NONE_WAITING = "no ticket is left waiting"
IN_TIME = "every ticket was handed off within 5s"
TAKEN_OVER = "the backup took over within its bound"
ONE_COPY = "no ticket is open at two desks"


def broken(account: Account) -> dict[str, str]:
    """Each broken promise, with the reason."""
    return {each.words: each.because for each in account.promises if each.because is not None}


def test_a_good_run_holds_every_promise_and_adds_up() -> None:
    account = settle(GOOD)
    assert account.held
    assert (account.accepted, account.failed) == (3, 0)
    assert (account.handed_off, account.waiting, account.lost) == (3, 0, ())
    assert account.at_desks == {"acme": 1, "norte": 2}
    assert account.rescued == 2
    assert (account.doubles, account.doubles_known, account.doubles_withdrawn, account.doubles_open) == (1, 1, 1, ())
    assert (account.p50, account.p99, account.longest) == (0.5, 4.5, 4.5)
    assert account.takeovers == (TAKEOVER,)
    assert [each.words for each in account.promises] == [
        INTAKE,
        NOTHING_LOST,
        NONE_WAITING,
        IN_TIME,
        TAKEN_OVER,
        ONE_COPY,
    ]


def test_a_failed_hand_in_breaks_the_first_promise_and_says_why() -> None:
    account = settle(replace(GOOD, hand_ins=[*GOOD.hand_ins, handed_in(None, "HTTP 503"), handed_in(None, "HTTP 503")]))
    assert account.failed == 2
    assert broken(account) == {INTAKE: "2 failed: HTTP 503 (2)"}


def test_what_no_desk_has_is_lost_whatever_relevo_believes() -> None:
    account = settle(replace(GOOD, desks={"acme": [], "norte": GOOD.desks["norte"]}))
    assert account.lost == ("1",)
    assert account.handed_off == 2
    assert broken(account) == {NOTHING_LOST: "1 lost: 1"}


def test_a_ticket_that_relevo_has_never_heard_of_is_lost() -> None:
    account = settle(replace(GOOD, hand_ins=[*GOOD.hand_ins, handed_in("4")]))
    assert account.lost == ("4",)


def test_a_copy_that_was_withdrawn_is_no_copy() -> None:
    desks = {"acme": [at_desk("1", DeskState.WITHDRAWN)], "norte": GOOD.desks["norte"]}
    assert settle(replace(GOOD, desks=desks)).lost == ("1",)


@pytest.mark.parametrize("state", [DeskState.PICKED_UP, DeskState.RESOLVED])
def test_a_ticket_in_work_or_solved_is_at_its_desk(state: DeskState) -> None:
    desks = {"acme": [at_desk("1", state)], "norte": GOOD.desks["norte"]}
    assert settle(replace(GOOD, desks=desks)).held


@pytest.mark.parametrize("state", ["waiting", "quarantined"])
def test_what_relevo_still_owes_is_waiting_and_not_lost(state: str) -> None:
    tickets = [known("1", state, None), *GOOD.tickets[1:]]
    account = settle(replace(GOOD, desks={"acme": [], "norte": GOOD.desks["norte"]}, tickets=tickets))
    assert (account.handed_off, account.waiting, account.lost) == (2, 1, ())
    assert broken(account) == {NONE_WAITING: "1 still wait: 1"}


def test_a_desk_has_it_but_relevo_does_not_know_is_waiting_too() -> None:
    account = settle(replace(GOOD, tickets=[known("1", "waiting", None), *GOOD.tickets[1:]]))
    assert (account.handed_off, account.waiting) == (2, 1)


def test_a_late_hand_off_breaks_the_contracted_time() -> None:
    account = settle(replace(GOOD, tickets=[known("1", seconds=5.25), *GOOD.tickets[1:]]))
    assert broken(account) == {IN_TIME: "1 late, the longest 5.25s"}


def test_tickets_of_others_are_not_measured() -> None:
    account = settle(replace(GOOD, tickets=[*GOOD.tickets, known("99", seconds=60.0)]))
    assert account.held
    assert account.longest == 4.5


def test_open_at_two_desks_is_an_open_double() -> None:
    desks = {"acme": [at_desk("1"), at_desk("2")], "norte": [at_desk("2"), at_desk("3")]}
    account = settle(replace(GOOD, desks=desks))
    assert account.doubles_open == ("2",)
    assert account.doubles_withdrawn == 0
    assert broken(account) == {ONE_COPY: "1 open twice: 2"}


def test_two_copies_at_one_desk_are_a_double_too() -> None:
    desks = {"acme": [at_desk("1"), at_desk("1")], "norte": [*GOOD.desks["norte"], at_desk("9")]}
    account = settle(replace(GOOD, desks=desks))
    assert account.doubles_open == ("1",)
    assert account.at_desks["acme"] == 1


def test_an_outage_without_takeover_proves_nothing() -> None:
    account = settle(replace(GOOD, takeovers=[]))
    assert broken(account) == {TAKEN_OVER: "there was no takeover"}


def test_a_takeover_beyond_its_bound_breaks_the_promise() -> None:
    account = settle(replace(GOOD, takeovers=[replace(TAKEOVER, switched_at=103.0)]))
    assert broken(account) == {TAKEN_OVER: "it took 3s, the bound was 2.8s"}


def test_a_takeover_without_a_good_probe_counts_from_the_first_bad_one() -> None:
    account = settle(replace(GOOD, takeovers=[replace(TAKEOVER, last_good_at=None)]))
    assert account.takeovers[0].switch_seconds == 1.5


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({"met": False, "failed_assumption": "loop lag"}, "an assumption failed: loop lag"),
        ({"met": None}, "a takeover isn't finished, or nobody took over"),
        ({"to_provider": None}, "a takeover isn't finished, or nobody took over"),
    ],
)
def test_evidence_that_is_not_good_breaks_the_promise(changes: dict[str, object], because: str) -> None:
    account = settle(replace(GOOD, takeovers=[replace(TAKEOVER, **changes)]))  # type: ignore[arg-type]
    assert broken(account) == {TAKEN_OVER: because}


def test_one_bad_takeover_among_good_ones_is_found() -> None:
    bad = replace(TAKEOVER, id="t2", met=False, failed_assumption="loop lag")
    account = settle(replace(GOOD, takeovers=[TAKEOVER, bad, TAKEOVER]))
    assert broken(account) == {TAKEN_OVER: "an assumption failed: loop lag"}


def test_an_empty_run_has_no_times_and_no_takeover() -> None:
    account = settle(Books([], {"acme": [], "norte": []}, [], [], 5.0))
    assert (account.accepted, account.p50, account.p99, account.longest) == (0, None, None, None)
    assert broken(account).keys() == {TAKEN_OVER}


def test_accepted_is_always_handed_off_waiting_or_lost() -> None:
    account = settle(
        replace(
            GOOD,
            hand_ins=[*GOOD.hand_ins, handed_in("4"), handed_in("5")],
            tickets=[*GOOD.tickets, known("4", "waiting", None)],
        )
    )
    assert account.accepted == account.handed_off + account.waiting + len(account.lost)
    assert (account.handed_off, account.waiting, account.lost) == (3, 1, ("5",))


@pytest.mark.parametrize(
    ("ordered", "part", "expected"),
    [
        ([], 0.5, None),
        ([7.0], 0.5, 7.0),
        ([1.0, 2.0, 3.0, 4.0], 0.5, 2.0),
        ([float(n) for n in range(1, 201)], 0.99, 198.0),
    ],
)
def test_percentile_is_by_nearest_rank(ordered: list[float], part: float, expected: float | None) -> None:
    assert percentile(ordered, part) == expected
