"""The desk's book: its tickets and the reports it owes, in a SQLite file, committed before anything is answered.

Synchronous, and used from one thread at a time; every change and the report of it are one transaction.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from gateway.core.clock import Instant
from gateway.core.ids import new_id
from gateway.core.provider import ReportType
from gateway.demo.desk.files import SCHEMA, DeskFile, Files
from gateway.demo.desk.report import Report
from gateway.demo.desk.ticket import DeskState, DeskTicket, NewTicket

_SCHEMA = """
CREATE TABLE IF NOT EXISTS tickets (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    reference TEXT NOT NULL,
    subject TEXT NOT NULL,
    language TEXT NOT NULL,
    content TEXT NOT NULL,
    state TEXT NOT NULL,
    received_at REAL NOT NULL,
    picked_up_at REAL,
    resolved_at REAL,
    withdrawn_at REAL,
    withdraw_reason TEXT
);
CREATE INDEX IF NOT EXISTS tickets_by_state ON tickets (state);
CREATE TABLE IF NOT EXISTS messages (
    key TEXT PRIMARY KEY,
    ticket INTEGER NOT NULL REFERENCES tickets (number),
    content TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS messages_by_ticket ON messages (ticket);
CREATE TABLE IF NOT EXISTS reports (
    id TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    ticket INTEGER NOT NULL REFERENCES tickets (number),
    due_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0
);
"""
_WHOLE = ("BEGIN IMMEDIATE", "COMMIT", ("ROLLBACK",))
_PART = ("SAVEPOINT part", "RELEASE part", ("ROLLBACK TO part", "RELEASE part"))
_TICKETS = """
SELECT tickets.*, (SELECT count(*) FROM messages WHERE ticket = number) AS messages FROM tickets
"""


class InHand(Exception):
    """A ticket can't be withdrawn: somebody works on it, or has solved it."""


Question = Callable[["Book"], object]
"""A verb of the book, with what it is given."""


class Book:
    """The tickets of the desk `name`; its references are `NAME-1`, `NAME-2`, and so on."""

    def __init__(self, path: Path, name: str) -> None:
        self._prefix = f"{name.upper()}-"
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.row_factory = sqlite3.Row
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.executescript(_SCHEMA + SCHEMA)
        self.files = Files(self._database)

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Within another it is a part of that one, undone alone."""
        begin, end, undo = _PART if self._database.in_transaction else _WHOLE
        self._database.execute(begin)
        try:
            yield self._database
            self._database.execute(end)
        except BaseException:
            if self._database.in_transaction:  # a full disk ends it by itself
                for statement in undo:
                    self._database.execute(statement)
            raise

    def together(self, questions: Sequence[Question]) -> list[object]:
        """The answer to each, or the error that it met, after one commit for all."""
        try:
            with self._transaction():
                return [self._answer(question) for question in questions]
        except sqlite3.Error as error:
            return [error] * len(questions)

    def _answer(self, question: Question) -> object:
        try:
            with self._transaction():
                return question(self)
        except Exception as error:
            return error

    def create(self, ticket: NewTicket, now: Instant) -> DeskTicket:
        """The ticket of that key: this one, or the one that came with the key before."""
        with self._transaction() as database:
            inserted = database.execute(
                "INSERT INTO tickets (key, reference, subject, language, content, state, received_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING RETURNING number",
                (ticket.key, ticket.reference, ticket.subject, ticket.language, ticket.content, DeskState.OPEN, now),
            ).fetchone()
            if inserted is not None:
                self.files.add(inserted["number"], ticket.files)
                self._owe(ReportType.ACCEPTED, inserted["number"], now)
        row = self._database.execute(f"{_TICKETS} WHERE key = ?", (ticket.key,)).fetchone()
        return self._ticket(row)

    def by_key(self, key: str) -> DeskTicket | None:
        """The ticket created with that key."""
        row = self._database.execute(f"{_TICKETS} WHERE key = ?", (key,)).fetchone()
        return self._ticket(row) if row is not None else None

    def by_provider_reference(self, provider_reference: str) -> DeskTicket | None:
        """The ticket with the desk's own reference."""
        row = self._database.execute(f"{_TICKETS} WHERE number = ?", (self._number(provider_reference),)).fetchone()
        return self._ticket(row) if row is not None else None

    def tickets(self, limit: int = -1) -> list[DeskTicket]:
        """Newest first; all of them without a limit."""
        rows = self._database.execute(f"{_TICKETS} ORDER BY number DESC LIMIT ?", (limit,))
        return [self._ticket(row) for row in rows]

    def files_of(self, tickets: Sequence[DeskTicket]) -> Mapping[str, Sequence[DeskFile]]:
        """What came with each of these tickets, by the desk's reference."""
        found = self.files.of([number for each in tickets if (number := self._number(each.provider_reference))])
        return {f"{self._prefix}{number}": files for number, files in found.items()}

    def counts(self) -> dict[DeskState, int]:
        """How many tickets stand in each state."""
        counts = dict.fromkeys(DeskState, 0)
        for state, count in self._database.execute("SELECT state, count(*) FROM tickets GROUP BY state"):
            counts[DeskState(state)] = count
        return counts

    def append(
        self, provider_reference: str, key: str, content: str, now: Instant, files: Sequence[DeskFile] = ()
    ) -> bool:
        """Add a message, once for each key: it opens a resolved ticket again. False where there is no such ticket (any
        more)."""
        ticket = self.by_provider_reference(provider_reference)
        if ticket is None or not ticket.held:
            return False
        with self._transaction() as database:
            added = database.execute(
                "INSERT INTO messages (key, ticket, content, at) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
                (key, self._number(provider_reference), content, now),
            )
            if added.rowcount:
                self.files.add(int(provider_reference.removeprefix(self._prefix)), files)
                database.execute(
                    "UPDATE tickets SET state = ?, picked_up_at = NULL, resolved_at = NULL"
                    " WHERE number = ? AND state = ?",
                    (DeskState.OPEN, self._number(provider_reference), DeskState.RESOLVED),
                )
        return True

    def withdraw(self, provider_reference: str, reason: str, now: Instant) -> bool:
        """Give up a ticket that nobody has touched; False where there is none. Raises InHand."""
        ticket = self.by_provider_reference(provider_reference)
        if ticket is None:
            return False
        if ticket.state in (DeskState.PICKED_UP, DeskState.RESOLVED):
            raise InHand(provider_reference)
        with self._transaction() as database:
            database.execute(
                "UPDATE tickets SET state = ?, withdrawn_at = ?, withdraw_reason = ? WHERE number = ? AND state = ?",
                (DeskState.WITHDRAWN, now, reason, self._number(provider_reference), DeskState.OPEN),
            )
        return True

    def pick_up(self, received_before: Instant, now: Instant) -> None:
        """Somebody takes every open ticket that came before that instant."""
        with self._transaction() as database:
            taken = database.execute(
                "UPDATE tickets SET state = ?, picked_up_at = ? WHERE state = ? AND received_at <= ? RETURNING number",
                (DeskState.PICKED_UP, now, DeskState.OPEN, received_before),
            ).fetchall()
            for row in taken:
                self._owe(ReportType.PICKED_UP, row["number"], now)

    def resolve(self, received_before: Instant, now: Instant) -> None:
        """Somebody answers and closes every ticket in hand that came before that instant."""
        with self._transaction() as database:
            solved = database.execute(
                "UPDATE tickets SET state = ?, resolved_at = ? WHERE state = ? AND received_at <= ? RETURNING number",
                (DeskState.RESOLVED, now, DeskState.PICKED_UP, received_before),
            ).fetchall()
            for row in solved:
                self._owe(ReportType.REPLIED, row["number"], now)
                self._owe(ReportType.RESOLVED, row["number"], now)

    def answer(self, provider_reference: str, now: Instant) -> bool:
        """Somebody picks this one up, answers and closes it, if it is open; False where there is no such ticket."""
        ticket = self.by_provider_reference(provider_reference)
        if ticket is None or not ticket.held:
            return False
        number = self._number(provider_reference)
        with self._transaction() as database:
            answered = database.execute(
                "UPDATE tickets SET state = ?, picked_up_at = ifnull(picked_up_at, ?), resolved_at = ?"
                " WHERE number = ? AND state IN (?, ?)",
                (DeskState.RESOLVED, now, now, number, DeskState.OPEN, DeskState.PICKED_UP),
            )
            if answered.rowcount and number is not None:
                if ticket.state is DeskState.OPEN:
                    self._owe(ReportType.PICKED_UP, number, now)
                self._owe(ReportType.REPLIED, number, now)
                self._owe(ReportType.RESOLVED, number, now)
        return True

    def due_reports(self, now: Instant, limit: int = 50) -> list[Report]:
        """Reports to be sent now, oldest first."""
        rows = self._database.execute(
            "SELECT reports.*, reference, language, EXISTS (SELECT * FROM files WHERE files.ticket = tickets.number) "
            "AS files FROM reports JOIN tickets ON ticket = number "
            "WHERE due_at <= ? ORDER BY reports.id LIMIT ?",
            (now, limit),
        )
        return [
            Report(
                id=row["id"],
                type=ReportType(row["type"]),
                reference=row["reference"],
                provider_reference=f"{self._prefix}{row['ticket']}",
                language=row["language"],
                attempts=row["attempts"],
                answers_files=bool(row["files"]),
            )
            for row in rows
        ]

    def report_done(self, report_id: str) -> None:
        """Delivered, or given up."""
        self._database.execute("DELETE FROM reports WHERE id = ?", (report_id,))

    def report_failed(self, report_id: str, due_at: Instant) -> None:
        """To be sent again then."""
        self._database.execute(
            "UPDATE reports SET attempts = attempts + 1, due_at = ? WHERE id = ?", (due_at, report_id)
        )

    def _owe(self, type_: ReportType, number: int, now: Instant) -> None:
        self._database.execute(
            "INSERT INTO reports (id, type, ticket, due_at) VALUES (?, ?, ?, ?)", (new_id(), type_, number, now)
        )

    def _number(self, provider_reference: str) -> int | None:
        digits = provider_reference.removeprefix(self._prefix)
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 18 else None

    def _ticket(self, row: sqlite3.Row) -> DeskTicket:
        return DeskTicket(
            provider_reference=f"{self._prefix}{row['number']}",
            reference=row["reference"],
            key=row["key"],
            subject=row["subject"],
            language=row["language"],
            state=DeskState(row["state"]),
            received_at=row["received_at"],
            picked_up_at=row["picked_up_at"],
            resolved_at=row["resolved_at"],
            withdrawn_at=row["withdrawn_at"],
            messages=row["messages"],
        )
