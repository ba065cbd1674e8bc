"""The table and the statement, as they look on a terminal and anywhere else."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from gateway.cli.demo_board import Board
from gateway.cli.demo_statement import show_account
from gateway.core.provider import Takeover
from gateway.core.texts import Saying
from gateway.demo.accounting import Books, settle
from gateway.demo.spectator import Row
from gateway.demo.traffic import HandIn

ROW = Row(
    seconds=5.2,
    accepted=100,
    failed=0,
    at_desks={"acme": None, "norte": 20},
    waiting=3,
    oldest=1.25,
    states={"acme": "down", "norte": "up"},
    event=Saying("{desk}: {fault}", desk="acme", fault=Saying("killed")),
)


@pytest.fixture
def spanish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "es_ES.UTF-8")


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def screen(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=140, height=50, _environ={})


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_without_a_terminal_each_row_is_a_line_under_the_headings() -> None:
    console = screen(terminal=False)
    with Board(console, ("acme", "norte")) as board:
        board.show(ROW)
        board.show(replace(ROW, seconds=6.2, at_desks={}, waiting=None, oldest=None, states={}, event=""))
    headings, first, second = (" ".join(line.split()) for line in written(console).splitlines())
    assert headings == "time accepted failed at acme at norte waiting oldest waiting acme is norte is"
    assert first == "5 s 100 0 – 20 3 1.2 s down up acme: killed"
    assert second == "6 s 100 0 – – – – unknown unknown"
    assert "\x1b" not in written(console)


@pytest.mark.usefixtures("spanish")
def test_on_a_terminal_the_table_is_drawn_in_place() -> None:
    console = screen(terminal=True)
    with Board(console, ("acme", "norte")) as board:
        board.show(ROW)
        board.show(ROW)
    assert "\x1b" in written(console)
    assert "mayor espera" in written(console)
    assert "caída" in written(console)
    assert "acme: muerta de golpe" in written(console)


def test_the_statement_says_which_promise_was_broken_and_why() -> None:
    takeover = Takeover("t", "default", "acme", "norte", 10.0, 10.5, 11.0, 14.0, 2.8, 5.0, met=False)
    account = settle(Books([HandIn("k", 0.0, 0.1, None, "HTTP 503")], {"acme": [], "norte": []}, [], [takeover], 5.0))
    console = screen(terminal=False)
    show_account(console, account)
    said = written(console)
    assert "0 accepted, 1 failed" in said
    assert "no hand-in failed: 1 failed: HTTP 503 (1)" in said
    assert "acme → norte in 4s, bound 2.8s" in said
    assert "it took 4s, the bound was 2.8s" in said
    assert "every ticket was handed off within 5s" in said
    assert "Not every promise held." in said


@pytest.mark.usefixtures("spanish")
def test_the_statement_speaks_spanish() -> None:
    takeover = Takeover("t", "default", "acme", "norte", 10.0, 10.5, 11.0, 12.0, 2.8, 5.0, met=True)
    console = screen(terminal=False)
    show_account(console, settle(Books([], {"acme": [], "norte": []}, [], [takeover], 5.0)))
    assert "Se han cumplido todas las promesas." in written(console)
