"""The files that came with tickets: where they are, and how many bytes were there when the desk downloaded them."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS files (
    number INTEGER PRIMARY KEY,
    ticket INTEGER NOT NULL REFERENCES tickets (number),
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    url TEXT NOT NULL,
    fetched INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS files_by_ticket ON files (ticket);
CREATE INDEX IF NOT EXISTS files_to_fetch ON files (number) WHERE fetched IS NULL;
"""
_PATIENCE = 5
"""How often a download is tried."""


@dataclass(frozen=True, slots=True)
class DeskFile:
    """One file; `fetched` is the number of bytes that were downloaded, None while they were not."""

    name: str
    size: int
    url: str
    fetched: int | None = None


def read_files(content: Mapping[str, Any]) -> list[DeskFile]:
    """The attachments in a request of the protocol."""
    return [DeskFile(each["name"], each["size"], each["url"]) for each in content.get("attachments", ())]


class Files:
    """Rows beside the book's, in its transactions."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def add(self, ticket: int, files: Iterable[DeskFile]) -> None:
        self._database.executemany(
            "INSERT INTO files (ticket, name, size, url) VALUES (?, ?, ?, ?)",
            [(ticket, each.name, each.size, each.url) for each in files],
        )

    def of(self, tickets: Sequence[int]) -> Mapping[int, list[DeskFile]]:
        """The files of each of these tickets."""
        marks = ", ".join("?" * len(tickets))
        found: defaultdict[int, list[DeskFile]] = defaultdict(list)
        for row in self._database.execute(
            f"SELECT * FROM files WHERE ticket IN ({marks}) ORDER BY number",  # noqa: S608 (question marks)
            tickets,
        ):
            found[row["ticket"]].append(DeskFile(row["name"], row["size"], row["url"], row["fetched"]))
        return found

    def to_fetch(self, limit: int = 5) -> list[tuple[int, str]]:
        """The numbers and addresses of files that are still to be downloaded, oldest first."""
        rows = self._database.execute(
            "SELECT number, url FROM files WHERE fetched IS NULL AND attempts < ? ORDER BY number LIMIT ?",
            (_PATIENCE, limit),
        )
        return [(row["number"], row["url"]) for row in rows]

    def fetched(self, number: int, size: int) -> None:
        """It has so many bytes."""
        self._database.execute("UPDATE files SET fetched = ? WHERE number = ?", (size, number))

    def failed(self, number: int) -> None:
        """It could not be downloaded this time."""
        self._database.execute("UPDATE files SET attempts = attempts + 1 WHERE number = ?", (number,))
