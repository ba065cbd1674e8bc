"""The mail channel that a provider goes by must be there, and able to send; and no desk is one of our own addresses."""

from pathlib import Path

import pytest
from pydantic import Field

from config.loader import load
from config.problems import InvalidConfig
from config.schema import SettingsKinds
from gateway.core.settings import Settings
from tests.support.sample_settings import SAMPLE_KINDS, SampleChannel, SamplePolicy, SampleProvider


class SampleMail(Settings):
    """A mail channel."""

    smtp: str | None = Field(None, description="Where mail goes.")
    address: str = Field("help@example.org", description="Its own.")
    reply_address: str | None = Field(None, description="Of tickets.")


class SampleMailDesk(Settings):
    """A desk that is reached by mail."""

    via: str = Field(description="By which channel.")
    address: str = Field("desk@sur.example", description="Its own.")
    senders: tuple[str, ...] = Field((), description="Who writes for it.")


KINDS = SettingsKinds(
    channels={"web": SampleChannel, "email": SampleMail},
    providers={"webhook": SampleProvider, "email": SampleMailDesk},
    alarms=SAMPLE_KINDS.alarms,
    policy=SamplePolicy,
)
DOCUMENT = """\
channels: {{web: {{type: web}}, mail: {{type: email, smtp: mx}}, quiet: {{type: email}}}}
providers:
  sur:
    type: email
    via: {via}
policies: [{{name: default, providers: [sur], takeover_within: 15m}}]
"""


def loaded(folder: Path, document: str) -> None:
    path = folder / "relevo.yaml"
    path.write_text(document, encoding="utf-8")
    load(path, KINDS, {})


def test_one_that_can_send_is_good(tmp_path: Path) -> None:
    loaded(tmp_path, DOCUMENT.format(via="mail"))


@pytest.mark.parametrize(
    ("via", "words"),
    [
        ("mali", "no mail channel has this name; did you mean mail?; allowed: mail, quiet"),
        ("web", "this is no mail channel; allowed: mail, quiet"),
        ("quiet", "this mail channel has no smtp, so it can't send anything"),
    ],
)
def test_any_other_is_an_error_at_its_place(tmp_path: Path, via: str, words: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        loaded(tmp_path, DOCUMENT.format(via=via))
    assert [problem.show("F") for problem in caught.value.problems] == [f"F:5:10: providers.sur.via: {words}"]


OURS = """\
channels:
  mail: {{type: email, smtp: mx, address: help@example.org}}
  padron: {{type: email, smtp: mx, address: padron@example.org, reply_address: "r-{{token}}@mail.example.org"}}
providers:
  sur:
    type: email
    via: mail
    address: {address}
    senders: [ana@sur.example, {sender}]
policies: [{{name: default, providers: [sur], takeover_within: 15m}}]
"""


@pytest.mark.parametrize(
    ("address", "sender", "place", "channel"),
    [
        ("Help@Example.org", "'@sur.example'", "F:8:14: providers.sur.address", "mail"),
        ("help+desk@example.org", "x@y.example", "F:8:14: providers.sur.address", "mail"),
        ("r-a@mail.example.org", "x@y.example", "F:8:14: providers.sur.address", "padron"),
        ("desk@sur.example", "padron@example.org", "F:9:32: providers.sur.senders[1]", "padron"),
    ],
)
def test_a_desk_at_our_own_address_would_write_to_itself(
    tmp_path: Path, address: str, sender: str, place: str, channel: str
) -> None:
    with pytest.raises(InvalidConfig) as caught:
        loaded(tmp_path, OURS.format(address=address, sender=sender))
    said = f"this is an address of the mail channel {channel}: letters to it would come in as requests"
    assert [problem.show("F") for problem in caught.value.problems] == [f"{place}: {said}"]


@pytest.mark.parametrize("address", ["desk@example.org", "padron+x@example.org", "desk@sur.example"])
def test_a_desk_may_be_our_neighbour(tmp_path: Path, address: str) -> None:
    loaded(tmp_path, OURS.format(address=address, sender="'@example.org'"))
