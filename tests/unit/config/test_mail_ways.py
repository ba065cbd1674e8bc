"""The mail channel that a provider goes by must be there, and able to send."""

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


class SampleMailDesk(Settings):
    """A desk that is reached by mail."""

    via: str = Field(description="By which channel.")


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


def loaded(folder: Path, via: str) -> None:
    path = folder / "relevo.yaml"
    path.write_text(DOCUMENT.format(via=via), encoding="utf-8")
    load(path, KINDS, {})


def test_one_that_can_send_is_good(tmp_path: Path) -> None:
    loaded(tmp_path, "mail")


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
        loaded(tmp_path, via)
    assert [problem.show("F") for problem in caught.value.problems] == [f"F:5:10: providers.sur.via: {words}"]
