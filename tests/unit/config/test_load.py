"""A good file becomes typed settings, and its secrets stay where nobody sees them."""

from hashlib import sha256
from pathlib import Path

import pytest

from config.loader import load
from config.schema import Config
from gateway.core.settings import Listen
from tests.support.sample_settings import SAMPLE_KINDS, SampleAlarm, SampleLog, SamplePolicy, SampleProvider

CANARY = "canary-2f9c71d04be8"
ENVIRON = {
    "ACME_SECRET": CANARY,
    "NORTE_SECRET": f"{CANARY} of norte",
    "TOKEN": f"  {CANARY}\n",
    "STORE": f"postgresql://relevo:{CANARY}@one,two:5433/relevo?sslmode=require",
}

WHOLE = """\
gateway:
  public: {listen: "[::1]:80", url: https://help.example.org/}
  ops: {listen: 0.0.0.0:9000, token: {env: TOKEN}}
  store: {env: STORE}
  organisation: {name: Ayuntamiento de Ávila}
  crashes: 2
channels:
  web: {type: web}
providers:
  acme:
    type: webhook
    url: http://127.0.0.1:9101/tickets
    secret: {env: ACME_SECRET}
    timeout: 2s
    languages: [es, no]
    health: &watched {every: 500ms, failures: 2, jitter: 0}
  norte: {type: webhook, url: http://127.0.0.1:9102/tickets, secret: {env: NORTE_SECRET}, health: *watched}
policies:
  - name: default
    providers: [acme, norte]
    takeover_within: 5s
alarms:
  - {type: log}
  - {type: webhook, url: https://example.org/hook, secret: {file: alarm.key}}
"""

SHORT = """\
channels: {web: {type: web}}
providers: {acme: {type: webhook, url: http://x, secret: {env: ACME_SECRET}}}
policies: [{name: default, providers: [acme], takeover_within: 5s}]
"""


def load_text(folder: Path, text: str) -> Config[SamplePolicy]:
    (folder / "alarm.key").write_text(f"{CANARY}\n")
    path = folder / "relevo.yaml"
    path.write_text(text)
    return load(path, SAMPLE_KINDS, ENVIRON)


def test_every_section_becomes_its_settings(tmp_path: Path) -> None:
    config = load_text(tmp_path, WHOLE)

    assert config.gateway.public.listen == Listen(host="::1", port=80)
    assert config.gateway.public.url == "https://help.example.org"
    assert config.gateway.organisation.name == "Ayuntamiento de Ávila"
    assert config.gateway.crashes == 2
    assert list(config.channels) == ["web"]
    acme = config.providers["acme"]
    assert acme.type == "webhook"
    assert isinstance(acme.settings, SampleProvider)
    assert acme.settings.timeout == 2.0
    assert acme.settings.languages == ("es", "no")
    assert acme.settings.health.every == 0.5
    norte = config.providers["norte"].settings
    assert isinstance(norte, SampleProvider)
    assert norte.health == acme.settings.health
    assert config.policies == (SamplePolicy(name="default", providers=("acme", "norte"), takeover_within=5.0),)
    assert [alarm.type for alarm in config.alarms] == ["log", "webhook"]
    assert isinstance(config.alarms[0].settings, SampleLog)


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    gateway = load_text(tmp_path, SHORT).gateway

    assert str(gateway.public.listen) == "127.0.0.1:8080"
    assert gateway.public.url == "http://127.0.0.1:8080"
    assert str(gateway.ops.listen) == "127.0.0.1:8081"
    assert gateway.ops.token is None
    assert str(gateway.store) == "sqlite:relevo.db"
    assert (gateway.restart_within, gateway.lag_allowance, gateway.queue_allowance) == (1.5, 0.25, 0.1)
    assert (gateway.crashes, gateway.shutdown_within) == (1, 10.0)


@pytest.mark.parametrize("section", ["gateway:", "alarms:", "alarms: []", "gateway: {}"])
def test_an_optional_section_may_be_empty(tmp_path: Path, section: str) -> None:
    config = load_text(tmp_path, SHORT + section)

    assert config.alarms == ()


def test_the_url_follows_the_address_it_listens_on(tmp_path: Path) -> None:
    config = load_text(tmp_path, SHORT + "gateway: {public: {listen: 127.0.0.1:9999}}")

    assert config.gateway.public.url == "http://127.0.0.1:9999"


def test_secrets_come_from_the_environment_and_from_files(tmp_path: Path) -> None:
    config = load_text(tmp_path, WHOLE)

    acme, alarm = config.providers["acme"].settings, config.alarms[1].settings
    assert isinstance(acme, SampleProvider)
    assert isinstance(alarm, SampleAlarm)
    assert acme.secret.get_secret_value() == CANARY
    assert alarm.secret.get_secret_value() == CANARY
    assert config.gateway.ops.token is not None
    assert config.gateway.ops.token.get_secret_value() == CANARY


def test_t32_no_secret_in_repr_or_text(tmp_path: Path) -> None:
    config = load_text(tmp_path, WHOLE)

    assert CANARY not in repr(config)
    assert CANARY not in config.text
    assert '"timeout": "2s"' in config.text


def test_the_digest_is_of_the_content(tmp_path: Path) -> None:
    assert load_text(tmp_path, SHORT).digest == sha256(SHORT.encode()).hexdigest()


def test_a_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    assert load_text(tmp_path, "\ufeff" + SHORT).path == tmp_path / "relevo.yaml"
