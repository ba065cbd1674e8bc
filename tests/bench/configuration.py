"""The configuration of what is measured: Relevo over two demo desks, its brakes left loose."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.demo.configuration import secret_variable

DESKS = ("acme", "norte")
"""In the policy's order."""
_PHONES = dict(zip(DESKS, ("+34910000001", "+34910000002"), strict=True))
TAKEOVER_WITHIN = 5.0
"""The contracted time T, in seconds."""
_RATE = 1000
"""Tickets a second that a desk may be given: so many that the default, which protects a desk, doesn't set the pace."""
_OURS = ("127.0.0.0/8",)
"""Whoever calls from here is never slowed by the web channel: it would be its brake that was measured."""
WEB = {"web": {"type": "web", "rates": {"trusted": _OURS}}}


@dataclass(frozen=True, slots=True)
class Routes:
    """Which desk gets what, and how soon one that is back gets new tickets again; times in seconds."""

    by_language: bool = False
    """Spanish tickets go to the first desk and all others to the second, each being the other's backup."""
    hold: float = 30.0
    ramp: float = 30.0


ONE_PRIMARY = Routes()


def write_configuration(
    file: Path,
    ports: Mapping[str, int],
    database: Path,
    routes: Routes = ONE_PRIMARY,
    channels: Mapping[str, object] = WEB,
) -> None:
    """JSON, which is YAML too; `ports` has those of `public`, `ops` and each desk."""
    document = {
        "gateway": {
            "public": {"listen": _local(ports["public"]), "url": f"http://{_local(ports['public'])}"},
            "ops": {"listen": _local(ports["ops"])},
            "store": f"sqlite:{database}",
        },
        "channels": channels,
        "providers": {desk: _provider(desk, ports[desk], routes) for desk in DESKS},
        "policies": _policies(routes),
    }
    file.write_text(json.dumps(document, indent=2), encoding="utf-8")


def _provider(desk: str, port: int, routes: Routes) -> dict[str, object]:
    url = f"http://{_local(port)}"
    return {
        "type": "webhook",
        "url": f"{url}/tickets",
        "allow_private": True,
        "secret": {"env": secret_variable(desk)},
        "languages": ["es", "en"],
        "voice": {"dial": _PHONES[desk], "accept_key": "1"},
        "rate": _RATE,
        "health": {"url": f"{url}/health", "hold": f"{routes.hold:g}s", "ramp": f"{routes.ramp:g}s"},
    }


def _policies(routes: Routes) -> list[dict[str, object]]:
    others = _policy("others", tuple(reversed(DESKS)))
    return [_policy("spanish", DESKS, "es"), others] if routes.by_language else [_policy("default", DESKS)]


def _policy(name: str, desks: Sequence[str], *languages: str) -> dict[str, object]:
    policy: dict[str, object] = {"name": name, "providers": desks, "takeover_within": f"{TAKEOVER_WITHIN:g}s"}
    return {**policy, "match": {"languages": languages}} if languages else policy


def _local(port: int) -> str:
    return f"127.0.0.1:{port}"
