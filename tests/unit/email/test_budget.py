"""Automatic answers end, whatever was detected."""

import pytest

from channels.email.budget import Budget, normal_address, normal_subject

_DAY = 86_400.0


def test_t19_a_loop_that_nobody_detects_ends_by_itself() -> None:
    budget = Budget(per_subject=3, per_sender=12)
    answered = [budget.spend("robot@example.org", f"Re: Re: Your case {at}", float(at)) for at in range(100)]
    assert answered == [True] * 3 + [False] * 97


def test_t19_a_robot_that_varies_its_subject_ends_too() -> None:
    budget = Budget(per_subject=3, per_sender=12)
    words = [chr(ord("a") + at % 26) * (1 + at // 26) for at in range(100)]
    answered = [budget.spend("robot@example.org", word, 0.0) for word in words]
    assert sum(answered) == 12


def test_t19_a_tag_in_the_address_makes_no_other_sender() -> None:
    budget = Budget(per_subject=1)
    assert budget.spend("robot+1@example.org", "x", 0.0)
    assert not budget.spend("Robot+2@Example.org", "x", 0.0)


def test_time_gives_answers_back() -> None:
    budget = Budget(per_subject=2, per_sender=10)
    assert [budget.spend("a@example.org", "x", 0.0) for _ in range(3)] == [True, True, False]
    assert not budget.spend("a@example.org", "x", _DAY / 4)
    assert budget.spend("a@example.org", "x", _DAY / 2)


def test_others_are_not_held_up() -> None:
    budget = Budget(per_subject=1)
    assert budget.spend("a@example.org", "x", 0.0)
    assert budget.spend("b@example.org", "x", 0.0)
    assert budget.spend("a@example.org", "y", 0.0)


def test_its_memory_is_bounded_and_forgets_who_was_silent_longest() -> None:
    budget = Budget(per_subject=1, senders=2)
    for sender in ("a", "b", "c"):
        assert budget.spend(f"{sender}@example.org", "x", 0.0)
    assert not budget.spend("c@example.org", "x", 0.0)
    assert budget.spend("a@example.org", "x", 0.0)


@pytest.mark.parametrize(
    "subject",
    [
        "Ticket 12",
        "RE: Ticket 13",
        "Fwd: re: TICKET  99",
        "Re[2]: Ticket 1",
        "AW: Ticket 1",
        "RV: Ticket 4",
        "回复:Ticket 5",
    ],
)
def test_subjects_that_are_the_same(subject: str) -> None:
    assert normal_subject(subject) == "ticket 0"


@pytest.mark.parametrize("subject", ["", "Re:", "re: re:"])
def test_subjects_without_anything(subject: str) -> None:
    assert normal_subject(subject) == ""


def test_addresses_that_are_the_same() -> None:
    assert normal_address(" Ana+x@Example.ORG ") == normal_address("ana@example.org") == "ana@example.org"
