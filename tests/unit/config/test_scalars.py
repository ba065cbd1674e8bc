"""Plain scalars mean what YAML 1.2's core schema says."""

import pytest

from config.scalars import ScalarValue, plain_scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("12", 12),
        ("-7", -7),
        ("0x1F", 31),
        ("0o17", 15),
        ("017", 17),
        ("0.5", 0.5),
        ("5.", 5.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("no", "no"),
        ("NO", "NO"),
        ("on", "on"),
        ("y", "y"),
        ("12:30", "12:30"),
        ("2026-12-25", "2026-12-25"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1e999", "1e999"),
        ("9" * 19, 1e19),
        ("0b11", "0b11"),
        ("٣", "٣"),
    ],
)
def test_a_plain_scalar(text: str, value: ScalarValue) -> None:
    meaning = plain_scalar(text)

    assert meaning == value
    assert type(meaning) is type(value)
