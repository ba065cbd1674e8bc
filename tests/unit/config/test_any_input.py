"""Whatever is in the file: it loads, or it is a ConfigError; and a secret is never repeated (T32)."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from config.loader import load
from gateway.core.errors import ConfigError
from tests.support.sample_settings import SAMPLE_KINDS

CANARY = "canary-2f9c71d04be8"
ENVIRON = {"SECRET": CANARY, "SHORT": "x"}

ANY_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

WORDS = (
    "gateway channels providers policies alarms type webhook web name url secret env SECRET health every 1s acme é - ~"
)
SIGNS = ": |:|- |\n|\n  |\n    |{|}|[|]|, |'|\"|&a |*a|!t |>|#|---\n|...\n|\t|? |\\|\0|\x85|\r|\u2028|\ufeff"
ODDITIES = (
    "<<: ",
    "!<",
    "!!binary ",
    "|",
    '"\\ud800"',
    '"\\UFFFFFFFF"',
    "1e400",
    "0x",
    "0o8",
    "%YAML 1.1\n",
    "%TAG ! x\n",
)
PIECES = st.sampled_from([*WORDS.split(), *SIGNS.split("|"), *ODDITIES])
DOCUMENTS = st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join), st.binary())

WRITTEN = """\
channels: {web: {type: web}}
providers:
  acme:
    type: webhook
    url: http://x
    %s
policies: [{name: default, providers: [acme], takeover_within: 5s}]
"""


def outcome(folder: Path, content: str | bytes) -> str:
    """What an administrator sees: the error, or the configuration."""
    path = folder / "relevo.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(errors="surrogatepass"))
    try:
        config = load(path, SAMPLE_KINDS, ENVIRON)
    except ConfigError as error:
        return str(error)
    return repr(config) + config.text


@ANY_FOLDER
@given(DOCUMENTS)
@example('a: "\\UFFFFFFFF"')
@example("%YAML 9.9\n---\na")
@example("%YAML 1.99999999999999999999\n---\na")
@example("!<%ZZ> a")
@example("a: !%41%FF b")
@example("a: >9999\n b")
def test_any_text_is_a_configuration_or_a_config_error(tmp_path: Path, content: str | bytes) -> None:
    outcome(tmp_path, content)


@ANY_FOLDER
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_any_value_of_a_setting_is_accepted_or_a_config_error(tmp_path: Path, value: str) -> None:
    outcome(tmp_path, WRITTEN % f"timeout: {value}")


@pytest.mark.parametrize(
    "written",
    [
        "secret: {env: SECRET}",
        f"secret: {CANARY}",
        f"secret: *{CANARY}",
        f"secret: &{CANARY}",
        f"secret: !{CANARY} x",
        f"secret: !{CANARY}!x y",
        f"secret: |{CANARY}",
        f"secret: '{CANARY}",
        f'secret: "{CANARY}\\q"',
        f"secret: @{CANARY}",
        f"secret: {CANARY}: x",
        f"secret: {{{CANARY}}}",
        f"secret: {{{CANARY}, {CANARY}}}",
        f"secret: [{CANARY}",
        f"secret:\n      - {CANARY}\n      {CANARY}",
        f"secret: {{env: {CANARY}}}",
        f"secret: {{file: {CANARY}}}",
        f"secret: {{{CANARY}: {{{CANARY}: x, {CANARY}: y}}}}",
        f"{{secret:{CANARY}}}: x",
        f"? [{CANARY}]\n    : x",
        f"secret:{CANARY}",
        f"'secret:{CANARY}': x",
        f"secret: {{env: SECRET}}\n    url: http://u:{CANARY}@x",
        f"secret: {{env: SECRET}}\n    timeout: {CANARY}",
        f"secret: {{env: SECRET}}\n    level: {CANARY}",
        f"secret: {{env: SECRET}}\n    health: {CANARY}",
        f"secret: {{env: SECRET}}\n    type: {CANARY}",
        f"secret: {{env: SECRET}}\n  norte: {{type: {CANARY}}}",
        f"secret: {{env: SECRET}}\n    languages: [{CANARY}\x07]",
    ],
)
def test_t32_a_secret_is_never_repeated(tmp_path: Path, written: str) -> None:
    assert CANARY not in outcome(tmp_path, WRITTEN % written)


@ANY_FOLDER
@given(before=st.text(max_size=8), after=st.text(max_size=8))
def test_t32_a_secret_in_plain_is_never_repeated(tmp_path: Path, before: str, after: str) -> None:
    assert CANARY not in outcome(tmp_path, WRITTEN % f"secret: {before}{CANARY}{after}")
