"""The settings for mail servers in README and in docs/email.md load as they stand there."""

import re
from pathlib import Path

import pytest

from gateway.app.configuration import load_configuration

ROOT = Path(__file__).parents[2]
_BEFORE = "channels:\n  mail:\n    type: email\n    address: help@example.org\n"
_AFTER = """
providers:
  acme: {type: webhook, url: "https://desk.example.org/tickets", secret: {env: ACME_SECRET}}
policies: [{name: default, providers: [acme], takeover_within: 5s}]
"""


def pieces(page: str, begin: str) -> list[str]:
    """The YAML blocks of the page that begin so."""
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
    return [block for block in blocks if block.startswith(begin)]


PASTED = {
    "README, plain": pieces("README.md", "channels:\n  mail:")[0],
    "README, Google": _BEFORE + pieces("README.md", "    # in their place, Google")[0],
    "README, Microsoft": _BEFORE + pieces("README.md", "    # in their place, Microsoft")[0],
    "docs, plain": pieces("docs/email.md", "channels:\n  mail:")[0],
    "docs, listener": _BEFORE + pieces("docs/email.md", "    listener:")[0],
    "docs, Google": "channels:\n" + pieces("docs/email.md", "  mail:")[0],
    "docs, Microsoft": "channels:\n" + pieces("docs/email.md", "  mail:")[1],
}


@pytest.mark.parametrize("text", PASTED.values(), ids=PASTED)
def test_they_load(text: str, tmp_path: Path) -> None:
    file = tmp_path / "relevo.yaml"
    file.write_text(text + _AFTER)
    names = re.findall(r"env: (\w+)", text)
    load_configuration(file, {"ACME_SECRET": "whsec_" + "a" * 32, **{name: f"the secret {name}" for name in names}})


def test_a_mail_desk_loads_with_its_channel(tmp_path: Path) -> None:
    (desk,) = pieces("docs/email.md", "providers:")
    file = tmp_path / "relevo.yaml"
    mail = PASTED["docs, plain"]
    file.write_text(f"{mail}\n{desk}\npolicies: [{{name: default, providers: [sur], takeover_within: 5m}}]\n")
    config = load_configuration(file, {"MAIL_PASSWORD": "the secret of the mailbox"})
    assert config.providers["sur"].type == "email"
