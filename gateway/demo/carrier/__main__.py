"""`python -m gateway.demo.carrier --port 9104 --account-sid AC...`; TWILIO_AUTH_TOKEN holds the account's token."""

import os

import click
from aiohttp import web

from gateway.core.clock import SystemClock
from gateway.demo.carrier.app import Carrier
from gateway.demo.carrier.orders import Orders
from gateway.demo.configuration import AUTH_TOKEN

_LONGEST_STOP = 1.0
"""Seconds."""


@click.command(help="Stand in for Twilio's REST API. TWILIO_AUTH_TOKEN holds the account's token.")
@click.option("--port", type=click.IntRange(0, 65535), default=0)
@click.option("--account-sid", required=True)
def main(port: int, account_sid: str) -> None:
    token = os.environ[AUTH_TOKEN]
    carrier = Carrier(account_sid, token, Orders(account_sid, token, SystemClock()))
    web.run_app(
        carrier.app(), host="127.0.0.1", port=port, print=_ready, access_log=None, shutdown_timeout=_LONGEST_STOP
    )


def _ready(*_said: str) -> None:
    click.echo("ready")


if __name__ == "__main__":
    main()
