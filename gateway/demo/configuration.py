"""The demo's configuration file: Relevo with one policy over demo desks on this machine."""

import base64
import json
import secrets
from collections.abc import Mapping
from pathlib import Path

from gateway.core.settings import show_duration

_GATEWAY = """\
gateway:
  public: {{listen: 127.0.0.1:{public_port}, url: http://127.0.0.1:{public_port}}}
  ops: {{listen: 127.0.0.1:{ops_port}}}
  store: {store}
channels:
  web: {{type: web}}
providers:
{providers}\
policies:
  - name: default
    providers: [{order}]
    takeover_within: {takeover_within}
"""
_PROVIDER = """\
  {name}:
    type: webhook
    url: http://127.0.0.1:{port}/tickets
    allow_private: true
    secret: {{env: {variable}}}
    languages: [es, en]
    health: {{url: http://127.0.0.1:{port}/health, hold: {hold}, ramp: {ramp}}}
"""


def secret_variable(desk: str) -> str:
    """The environment variable that holds the secret that a desk shares with the gateway."""
    return f"{desk.upper().replace('-', '_')}_SECRET"


def new_secret() -> str:
    """A Standard Webhooks secret."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def configuration(
    *,
    public_port: int,
    ops_port: int,
    desk_ports: Mapping[str, int],
    database: Path,
    takeover_within: float,
    hold: float,
    ramp: float,
) -> str:
    """The file's text; the desks stand in the policy's order, the primary first. Times are seconds."""
    providers = "".join(
        _PROVIDER.format(
            name=name, port=port, variable=secret_variable(name), hold=show_duration(hold), ramp=show_duration(ramp)
        )
        for name, port in desk_ports.items()
    )
    return _GATEWAY.format(
        public_port=public_port,
        ops_port=ops_port,
        store=json.dumps(f"sqlite:{database}"),
        providers=providers,
        order=", ".join(desk_ports),
        takeover_within=show_duration(takeover_within),
    )
