"""The desk's book: keys, states, and the report that each change leaves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.core.provider import ReportType
from gateway.demo.desk.book import Book, InHand
from gateway.demo.desk.ticket import DeskState, DeskTicket, NewTicket


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    book = Book(tmp_path / "acme.db", "acme")
    yield book
    book.close()


def new(key: str, reference: str = "4829157360", subject: str = "Ayuda") -> NewTicket:
    return NewTicket(key, reference, subject, "es", "{}")


def reports(book: Book, now: float = 1e9) -> list[ReportType]:
    return [report.type for report in book.due_reports(now)]


def test_the_same_key_gives_the_same_ticket_and_one_report(book: Book) -> None:
    first = book.create(new("k1"), 10.0)
    again = book.create(new("k1", subject="otra cosa"), 20.0)
    assert again == first
    assert first.provider_reference == "ACME-1"
    assert len(book.tickets()) == 1
    assert reports(book) == [ReportType.ACCEPTED]


def test_tickets_are_found_by_key_and_by_reference(book: Book) -> None:
    ticket = book.create(new("k1"), 10.0)
    assert book.by_key("k1") == book.by_provider_reference("ACME-1") == ticket
    assert book.by_key("k2") is None
    for stranger in ("ACME-2", "NORTE-1", "ACME-", "ACME-x", "", "ACME-" + "9" * 40, "ACME-²"):
        assert book.by_provider_reference(stranger) is None


def test_everything_is_there_when_the_book_is_opened_again(book: Book, tmp_path: Path) -> None:
    ticket = book.create(new("k1"), 10.0)
    another = Book(tmp_path / "acme.db", "acme")
    assert another.tickets() == [ticket]
    assert another.create(new("k2"), 11.0).provider_reference == "ACME-2"
    another.close()


def test_a_message_opens_a_resolved_ticket_again(book: Book) -> None:
    book.create(new("k1"), 10.0)
    book.pick_up(10.0, 11.0)
    book.resolve(10.0, 12.0)
    assert book.append("ACME-1", "m1", "{}", 13.0)
    (ticket,) = book.tickets()
    assert (ticket.state, ticket.picked_up_at, ticket.resolved_at) == (DeskState.OPEN, None, None)
    book.pick_up(10.0, 14.0)
    book.resolve(10.0, 15.0)
    assert book.append("ACME-1", "m1", "{}", 16.0)
    assert book.tickets()[0].state is DeskState.RESOLVED


def test_a_message_is_added_once_for_each_key(book: Book) -> None:
    book.create(new("k1"), 10.0)
    assert book.append("ACME-1", "m1", "{}", 11.0)
    assert book.append("ACME-1", "m1", "{}", 12.0)
    assert book.append("ACME-1", "m2", "{}", 13.0)
    assert not book.append("ACME-2", "m3", "{}", 14.0)
    assert book.tickets()[0].messages == 2


def test_withdrawing_again_changes_nothing(book: Book) -> None:
    book.create(new("k1"), 10.0)
    assert book.withdraw("ACME-1", "norte has it", 11.0)
    assert book.withdraw("ACME-1", "norte has it", 12.0)
    ticket = book.tickets()[0]
    assert (ticket.state, ticket.withdrawn_at, ticket.held) == (DeskState.WITHDRAWN, 11.0, False)
    assert not book.withdraw("ACME-2", "", 13.0)
    assert not book.append("ACME-1", "m1", "{}", 14.0)


def test_what_somebody_works_on_is_not_withdrawn(book: Book) -> None:
    book.create(new("k1"), 10.0)
    book.pick_up(10.0, 12.0)
    with pytest.raises(InHand):
        book.withdraw("ACME-1", "", 13.0)
    book.resolve(10.0, 14.0)
    with pytest.raises(InHand):
        book.withdraw("ACME-1", "", 15.0)


def test_agents_take_what_is_old_enough_and_report_it(book: Book) -> None:
    book.create(new("k1"), 10.0)
    book.create(new("k2"), 11.0)
    book.pick_up(10.5, 12.0)
    newer, older = book.tickets()
    assert (older.state, older.picked_up_at) == (DeskState.PICKED_UP, 12.0)
    assert newer.state is DeskState.OPEN
    book.resolve(99.0, 20.0)
    newer, older = book.tickets()
    assert (older.state, older.resolved_at) == (DeskState.RESOLVED, 20.0)
    assert newer.state is DeskState.OPEN
    assert reports(book) == [
        ReportType.ACCEPTED,
        ReportType.ACCEPTED,
        ReportType.PICKED_UP,
        ReportType.REPLIED,
        ReportType.RESOLVED,
    ]


def test_somebody_answers_one_ticket_and_it_is_reported_once(book: Book) -> None:
    book.create(new("k1"), 10.0)
    book.create(new("k2"), 10.0)
    for now in (12.0, 13.0):
        assert book.answer("ACME-1", now)
    answered = book.by_provider_reference("ACME-1")
    assert answered is not None
    assert (answered.state, answered.picked_up_at, answered.resolved_at) == (DeskState.RESOLVED, 12.0, 12.0)
    accepted = [ReportType.ACCEPTED] * 2
    assert reports(book) == [*accepted, ReportType.PICKED_UP, ReportType.REPLIED, ReportType.RESOLVED]
    assert book.counts()[DeskState.OPEN] == 1


def test_what_is_in_hand_already_is_not_picked_up_again_to_be_answered(book: Book) -> None:
    book.create(new("k1"), 10.0)
    book.pick_up(10.0, 11.0)
    assert book.answer("ACME-1", 12.0)
    assert reports(book).count(ReportType.PICKED_UP) == 1
    answered = book.by_provider_reference("ACME-1")
    assert answered is not None
    assert answered.picked_up_at == 11.0


def test_what_is_not_here_is_not_answered(book: Book) -> None:
    book.create(new("k1"), 10.0)
    book.withdraw("ACME-1", "norte has it", 11.0)
    for reference in ("ACME-1", "ACME-2", ""):
        assert not book.answer(reference, 12.0)
    assert reports(book) == [ReportType.ACCEPTED]


def test_counts_name_every_state(book: Book) -> None:
    book.create(new("k1"), 10.0)
    book.create(new("k2"), 11.0)
    book.withdraw("ACME-2", "", 12.0)
    assert book.counts() == {
        DeskState.OPEN: 1,
        DeskState.PICKED_UP: 0,
        DeskState.RESOLVED: 0,
        DeskState.WITHDRAWN: 1,
    }


def test_a_failed_report_comes_again_when_due_and_a_delivered_one_never(book: Book) -> None:
    book.create(new("k1"), 10.0)
    (report,) = book.due_reports(10.0)
    book.report_failed(report.id, 15.0)
    assert book.due_reports(14.9) == []
    (again,) = book.due_reports(15.0)
    assert (again.id, again.attempts) == (report.id, 1)
    book.report_done(report.id)
    assert book.due_reports(99.0) == []


def test_a_report_names_both_references_and_a_reply_has_words(book: Book) -> None:
    book.create(new("k1"), 10.0)
    book.pick_up(10.0, 11.0)
    book.resolve(10.0, 12.0)
    bodies = [report.body("Acme") for report in book.due_reports(99.0)]
    references = {"reference": "4829157360", "provider_reference": "ACME-1"}
    assert bodies[0] == {"type": "ticket.accepted", "data": references}
    reply = bodies[2]["data"]
    assert isinstance(reply, dict)
    assert reply["message"]["author"] == "Acme"
    assert "Hemos resuelto" in reply["message"]["body"]


def test_a_ticket_survives_its_own_json(book: Book) -> None:
    ticket = book.create(new("k1"), 10.0)
    assert DeskTicket.from_json(ticket.as_json()) == ticket


def test_of_what_is_asked_together_only_what_failed_is_undone(book: Book) -> None:
    def create_and_fail(book: Book) -> None:
        book.create(new("k2"), 10.0)
        raise KeyError("k2")

    first, failed, third = book.together(
        [lambda book: book.create(new("k1"), 10.0), create_and_fail, lambda book: book.create(new("k3"), 10.0)]
    )
    assert isinstance(failed, KeyError)
    assert book.tickets() == [third, first]
    assert reports(book) == [ReportType.ACCEPTED] * 2


def test_what_is_asked_together_is_there_once_it_is_answered(book: Book, tmp_path: Path) -> None:
    book.together([lambda book: book.create(new("k1"), 10.0), lambda book: book.report_done("none")])
    another = Book(tmp_path / "acme.db", "acme")
    assert [ticket.key for ticket in another.tickets()] == ["k1"]
    another.close()
