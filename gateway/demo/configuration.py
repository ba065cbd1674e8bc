"""The demo's configuration file: Relevo with one policy over demo desks on this machine."""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.core.settings import show_duration

_GATEWAY = """\
gateway:
  public: {{listen: 127.0.0.1:{public_port}, url: http://127.0.0.1:{public_port}}}
  ops: {{listen: 127.0.0.1:{ops_port}}}
  store: {store}
  organisation: {{name: Ayuntamiento de Fuentelarga, timezone: Europe/Madrid}}
channels:
  web:
    type: web
    categories:
{categories}{mail}providers:
{providers}\
policies:
  - name: default
    providers: [{order}]
    takeover_within: {takeover_within}
"""
_CATEGORIES = """\
      - id: access
        name: {es: Contraseñas y acceso, en: Passwords and access}
        help: {es: "Correo, certificados, cuentas bloqueadas", en: "Mail, certificates, locked accounts"}
        steps:
          - {es: ¿Está activado el bloqueo de mayúsculas?, en: Is Caps Lock on?}
          - {es: Espere quince minutos y vuelva a intentarlo., en: Wait fifteen minutes and try again.}
      - id: hardware
        name: {es: Ordenadores e impresoras, en: Computers and printers}
        help: {es: "Pantallas, teclados, papel atascado", en: "Screens, keyboards, paper jams"}
        steps:
          - {es: ¿Ha reiniciado el equipo?, en: Have you restarted it?}
          - {es: ¿Están bien conectados los cables?, en: Are all the cables firmly in?}
        fields:
          - id: device
            label: {es: ¿De qué se trata?, en: What is it?}
            type: choice
            choices:
              - {id: computer, label: {es: Ordenador, en: Computer}}
              - {id: printer, label: {es: Impresora, en: Printer}}
              - {id: other, label: {es: Otro equipo, en: Something else}}
          - {id: room, label: {es: Sala, en: Room}, help: {es: El número de la puerta., en: The number on the door.}}
          - {id: urgent, label: {es: No puedo trabajar mientras tanto, en: I can't work meanwhile}, type: checkbox}
      - id: network
        name: {es: Red y wifi, en: Network and Wi-Fi}
        help: {es: "Sin conexión, VPN, teletrabajo", en: "No connection, VPN, working from home"}
      - id: software
        name: {es: Programas, en: Software}
        help: {es: "Errores, instalaciones, licencias", en: "Errors, installations, licences"}
        fields:
          - {id: program, label: {es: ¿Qué programa?, en: Which program?}}
          - {id: since, label: {es: ¿Desde qué día?, en: Since which day?}, type: date}
"""
_MAIL = """\
  mail:
    type: email
    address: {address}
    listener: {{protocol: smtp, listen: 127.0.0.1:{listener}}}
    smtp: {{host: 127.0.0.1, port: {postbox}, security: none}}
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


HELP_DESK = "ayuda@fuentelarga.example"
"""The address that people write to."""


@dataclass(frozen=True, slots=True)
class MailPorts:
    """On this machine: where Relevo takes mail, and where it sends it."""

    listener: int
    postbox: int


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
    mail: MailPorts | None = None,
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
        categories=_CATEGORIES,
        mail=_MAIL.format(address=HELP_DESK, listener=mail.listener, postbox=mail.postbox) if mail else "",
        providers=providers,
        order=", ".join(desk_ports),
        takeover_within=show_duration(takeover_within),
    )
