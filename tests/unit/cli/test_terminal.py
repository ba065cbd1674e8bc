"""What is shown came from outside: it moves no cursor, and stays in its cell."""

import json

import pytest

from gateway.cli.terminal import moment, printable, show_facts, show_json, show_table


@pytest.mark.parametrize("character", ["\x1b", "\x9b", "\r", "\n", "\x7f", "‮", "⁦"])
def test_control_characters_are_replaced(character: str) -> None:
    assert printable(f"a{character}b") == "a?b"


def test_a_table_is_plain_lines_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(["name", "state"], [("acme", "up"), ("norte", None)])

    assert capsys.readouterr().out == "name   state\nacme   up\nnorte\n"


def test_facts_without_a_value_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    show_facts({"state": "waiting", "provider": None, "language": "es"})

    assert capsys.readouterr().out == "state     waiting\nlanguage  es\n"


def test_json_holds_no_control_character_and_keeps_its_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"subject": "ñ\x1b[31m\x9b0m\u202e\x7f"}

    show_json(value)

    shown = capsys.readouterr().out
    assert json.loads(shown) == value
    assert "ñ" in shown
    assert all(character == "\n" or printable(character) == character for character in shown)


def test_a_moment_is_local_time() -> None:
    assert moment(None) is None
    shown = moment("2026-12-24T03:00:01.250Z")
    assert shown is not None
    assert shown.startswith("2026-12-2")
    assert shown.endswith(":01")
