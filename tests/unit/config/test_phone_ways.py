"""Numbers in a file: whose they are, and who may be called."""

from pathlib import Path

import pytest

from gateway.app.configuration import load_configuration
from gateway.core.errors import ConfigError
from tests.support.command import SECRETS, WITH_PHONE, write_configuration

GUARD = (
    "  phone:\n",
    """\
  guard:
    type: voice
    account_sid: AC00000000000000000000000000000000
    auth_token: {env: TWILIO_AUTH_TOKEN}
    numbers: ["NUMBER"]
  phone:
""",
)


def problems(folder: Path, *changes: tuple[str, str]) -> list[str]:
    file = write_configuration(folder, *WITH_PHONE, *changes)
    try:
        load_configuration(file, SECRETS)
    except ConfigError as error:
        return [line.partition(": ")[2] for line in str(error).splitlines()]
    return []


def test_two_lines_with_numbers_of_their_own(tmp_path: Path) -> None:
    assert problems(tmp_path, GUARD, ("NUMBER", "+34910000009")) == []


def test_a_number_belongs_to_one_line(tmp_path: Path) -> None:
    assert problems(tmp_path, GUARD, ("NUMBER", "+34910000000")) == [
        "channels.phone.numbers[0]: this number belongs to the voice channel guard already"
    ]


def test_one_line_calls_a_requester_back(tmp_path: Path) -> None:
    callback = "callback: {for_channels: [phone]}"
    both = (f'numbers: ["NUMBER"]\n    {callback}', "answer_within: 60s\n    " + callback)
    changes = (GUARD, ('numbers: ["NUMBER"]', both[0]), ("NUMBER", "+34910000009"), ("answer_within: 60s", both[1]))
    assert problems(tmp_path, *changes) == [
        "channels.phone.callback.for_channels[0]: the voice channel guard calls these requesters back already"
    ]


def test_no_desk_is_ourselves(tmp_path: Path) -> None:
    assert problems(tmp_path, ('dial: "+34910000002"', 'dial: "+34910000000"')) == [
        "providers.norte.voice.dial: this is a number of the voice channel phone: it would call itself"
    ]


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        ("phone", None),
        ("web", "this channel proves no number; allowed: phone"),
        ("fone", "no channel has this name; did you mean phone?; allowed: phone"),
    ],
)
def test_only_proved_numbers_are_called_back(tmp_path: Path, channel: str, words: str | None) -> None:
    callback = ("answer_within: 60s", f"callback: {{for_channels: [{channel}]}}")
    expected = [] if words is None else [f"channels.phone.callback.for_channels[0]: {words}"]
    assert problems(tmp_path, callback) == expected


def test_a_wrong_number_is_told_once_and_in_words(tmp_path: Path) -> None:
    assert problems(tmp_path, ('numbers: ["+34910000000"]', 'numbers: ["910000000"]')) == [
        'channels.phone.numbers[0]: a number with its country\'s code is needed, in quotes, such as "+34910000000"'
    ]
