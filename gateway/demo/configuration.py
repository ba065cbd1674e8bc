"""The demo's configuration file: Relevo with one policy over demo desks on this machine."""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

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
{categories}{mail}{phone}providers:
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
    secret: {secret}
    languages: [es, en]
    health: {{url: http://127.0.0.1:{port}/health, hold: {hold}, ramp: {ramp}}}
"""
_PHONE = """\
  phone:
    type: voice
    account_sid: {account_sid}
    auth_token: {token}
    numbers: ["{number}"]
    languages: [es, en]
    categories:
      - {{id: access, name: {{es: contraseñas y acceso, en: passwords and access}}}}
      - {{id: hardware, name: {{es: ordenadores e impresoras, en: computers and printers}}}}
    ask_reference: true
    callback: {{offer: true, for_channels: [phone]}}
    answer_within: 100s
    api: http://127.0.0.1:{carrier}
    allow_private: true
"""
_VOICE = """\
    voice: {{dial: "{number}", accept_key: "1"}}
"""


HELP_DESK = "ayuda@fuentelarga.example"
"""The address that people write to."""
HELP_LINE = "+34975000000"
"""The number that people call."""
ACCOUNT_SID = f"AC{0:032x}"
AUTH_TOKEN = "TWILIO_AUTH_TOKEN"  # noqa: S105  the name of a variable
"""The variable, or the file, that holds the account's token."""


@dataclass(frozen=True, slots=True)
class MailPorts:
    """On this machine: where Relevo takes mail, and where it sends it."""

    listener: int
    postbox: int


def phone_of(desk: int) -> str:
    """The number of a desk, which count from 1."""
    return f"+3497500000{desk}"


def secret_variable(desk: str) -> str:
    """The environment variable, or the file, that holds the secret that a desk shares with the gateway."""
    return f"{desk.upper().replace('-', '_')}_SECRET"


def new_secret() -> str:
    """A Standard Webhooks secret."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def new_auth_token() -> str:
    """One as long as Twilio's."""
    return secrets.token_hex(16)


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
    carrier: int | None = None,
    secrets_in: str = "env",
) -> str:
    """The file's text; the desks stand in the policy's order, the primary first. Times are seconds.

    With the port of a `carrier` there is a phone. `secrets_in` is `env` or `file`; both go by the same names.
    """

    from gateway.core.settings import show_duration  # only here: desks import this module, and start faster without

    def secret(name: str) -> str:
        return f"{{{secrets_in}: {name}}}"

    providers = "".join(
        _PROVIDER.format(
            name=name,
            port=port,
            secret=secret(secret_variable(name)),
            hold=show_duration(hold),
            ramp=show_duration(ramp),
        )
        + (_VOICE.format(number=phone_of(number)) if carrier else "")
        for number, (name, port) in enumerate(desk_ports.items(), 1)
    )
    phone = {"account_sid": ACCOUNT_SID, "token": secret(AUTH_TOKEN), "number": HELP_LINE, "carrier": carrier}
    return _GATEWAY.format(
        public_port=public_port,
        ops_port=ops_port,
        store=json.dumps(f"sqlite:{database}"),
        categories=_CATEGORIES,
        mail=_MAIL.format(address=HELP_DESK, listener=mail.listener, postbox=mail.postbox) if mail else "",
        phone=_PHONE.format(**phone) if carrier else "",
        providers=providers,
        order=", ".join(desk_ports),
        takeover_within=show_duration(takeover_within),
    )
