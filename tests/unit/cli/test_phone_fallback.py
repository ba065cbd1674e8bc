"""`relevo phone fallback`: what is to be pasted at Twilio, half by half."""

from pathlib import Path

import pytest

from tests.support.command import WITH_PHONE, invoke, write_configuration

BIN = "https://handler.twilio.com/twiml/EH0a1b2c"
SECOND_LINE = (
    "  phone:\n",
    """  guard:
    type: voice
    account_sid: AC00000000000000000000000000000000
    auth_token: {env: TWILIO_AUTH_TOKEN}
    numbers: ["+34910000009"]
  phone:
""",
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_configuration(tmp_path, *WITH_PHONE)


def test_the_first_half_thanks_and_says_what_comes_next(file: Path, tmp_path: Path) -> None:
    result = invoke("phone", "fallback", "-c", file, "--output", tmp_path / "bins")

    assert result.exit_code == 0
    assert "<Say" in (tmp_path / "bins" / "phone-thanks.es.xml").read_text(encoding="utf-8")
    assert [each.name for each in (tmp_path / "bins").iterdir()] == ["phone-thanks.es.xml"]
    assert "--thanks-url" in result.output


def test_the_second_half_dials_the_desks_and_names_the_first(file: Path, tmp_path: Path) -> None:
    result = invoke("phone", "fallback", "-c", file, "--output", tmp_path, "--thanks-url", BIN)

    document = (tmp_path / "phone-call.es.xml").read_text(encoding="utf-8")
    assert document.index("+34910000001") < document.index("+34910000002")
    assert f'action="{BIN}"' in document
    assert "Primary handler fails" in result.output
    assert "acme (+34910000001), norte (+34910000002)" in result.output
    assert "can't ask agents for a key" in result.output


def test_without_keys_there_is_nothing_to_warn_of(tmp_path: Path) -> None:
    file = write_configuration(tmp_path, *WITH_PHONE, (', accept_key: "1"', ""))
    result = invoke("phone", "fallback", "-c", file, "--output", tmp_path, "--thanks-url", BIN)
    assert "can't ask" not in result.output


def test_the_language_is_one_that_the_line_speaks(tmp_path: Path) -> None:
    file = write_configuration(tmp_path, *WITH_PHONE, ("answer_within: 60s", "languages: [es, en]"))
    english = invoke("phone", "fallback", "-c", file, "--output", tmp_path, "--language", "en")
    french = invoke("phone", "fallback", "-c", file, "--output", tmp_path, "--language", "fr")

    assert english.exit_code == 0
    assert "Thank you. We have your message." in (tmp_path / "phone-thanks.en.xml").read_text(encoding="utf-8")
    assert "it speaks: es, en" in french.stderr


def test_the_line_is_named_where_there_are_several(tmp_path: Path) -> None:
    file = write_configuration(tmp_path, *WITH_PHONE, SECOND_LINE)
    assert "there are several voice channels: guard, phone" in invoke("phone", "fallback", "-c", file).stderr
    assert "no voice channel is called web; there are: guard, phone" in (
        invoke("phone", "fallback", "-c", file, "--channel", "web").stderr
    )
    chosen = invoke("phone", "fallback", "-c", file, "--channel", "guard", "--output", tmp_path)
    assert "guard-thanks.es.xml" in chosen.output


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    without = invoke("phone", "fallback", "-c", write_configuration(tmp_path))
    mute = write_configuration(tmp_path, WITH_PHONE[0])
    assert (without.exit_code, "has no channel of type voice" in without.stderr) == (1, True)
    assert "no provider of policy default has a phone" in invoke("phone", "fallback", "-c", mute).stderr


@pytest.mark.parametrize("url", ["http://handler.twilio.com/twiml/EH0", "handler.twilio.com", "https://"])
def test_only_an_address_of_twilios_kind_will_do(file: Path, tmp_path: Path, url: str) -> None:
    result = invoke("phone", "fallback", "-c", file, "--output", tmp_path, "--thanks-url", url)
    assert "the https address of a TwiML Bin is needed" in result.stderr
    assert not (tmp_path / "phone-call.es.xml").exists()


def test_a_folder_that_cant_be_written_is_said(file: Path, tmp_path: Path) -> None:
    (tmp_path / "bins").write_text("")
    result = invoke("phone", "fallback", "-c", file, "--output", tmp_path / "bins" / "below")
    assert result.exit_code == 1
    assert "can't be written" in result.stderr
