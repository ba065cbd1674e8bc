"""Every secret of a configuration is known to the log, however deep it lies (T32)."""

from pathlib import Path

from gateway.app.configuration import load_configuration, secrets_of

FILE = """
gateway: {ops: {token: {env: OPS}}}
channels:
  mail:
    type: email
    address: help@example.org
    imap:
      - {host: one.example.org, user: help, folder: [INBOX, Cau], password: {env: FIRST}}
      - {host: two.example.org, user: help, oauth: {service: google, client_id: ours, refresh_token: {env: SECOND}}}
    smtp: {host: smtp.example.org, user: help, password: {env: THIRD}}
providers:
  acme: {type: webhook, url: "https://desk.example.org/tickets", secret: {env: DESK}}
policies: [{name: default, providers: [acme], takeover_within: 5s}]
alarms: [{type: webhook, url: "https://ops.example.org/hook", secret: {env: ALARM}}]
"""


def test_t32_none_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "relevo.yaml"
    file.write_text(FILE)
    names = ("OPS", "FIRST", "SECOND", "THIRD", "DESK", "ALARM")
    given = {name: f"the secret of {name} at length" for name in names} | {
        name: "whsec_" + letter * 32 for name, letter in (("DESK", "a"), ("ALARM", "b"))
    }
    assert set(secrets_of(load_configuration(file, given))) == set(given.values())
