"""T03, T04, T18: what every answer of the running service says to a browser, walked route by route."""

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from gateway.app.configuration import load_configuration
from gateway.app.service import Service
from gateway.listener import Listener
from gateway.logs import Redactor

GATEWAY = {
    "public": {"listen": "127.0.0.1:0", "url": "https://help.example.org"},
    "ops": {"listen": "127.0.0.1:0"},
}
DESK = {"type": "webhook", "allow_private": True, "secret": {"env": "ACME_SECRET"}}
NOBODY = {"url": "http://127.0.0.1:9/tickets", "health": {"url": "http://127.0.0.1:9/health"}}
CONFIGURATION = {
    "channels": {"web": {"type": "web"}},
    "providers": {"acme": DESK | NOBODY, "norte": DESK | NOBODY},
    "policies": [{"name": "default", "providers": ["acme", "norte"], "takeover_within": "5s"}],
}
_PLACEHOLDER = re.compile(r"\{[^}]*\}")
_LOOSE = ("unsafe-inline", "unsafe-eval", "unsafe-hashes", "*", "http:", "https:")


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    file = tmp_path / "relevo.yaml"
    file.write_text(json.dumps(CONFIGURATION | {"gateway": GATEWAY | {"store": f"sqlite:{tmp_path}/relevo.db"}}))
    environment = {"ACME_SECRET": "whsec_" + base64.b64encode(bytes(32)).decode()}
    running = Service(load_configuration(file, environment), Redactor([]))
    await running.start()
    try:
        yield running
    finally:
        assert await running.stop()


def routes_of(listener: Listener) -> list[tuple[str, str]]:
    """Every method and path there is, so that a route added later is walked too."""
    routes: list[web.AbstractRoute] = list(listener._app.router.routes())
    named = [(route.method, route.resource.canonical) for route in routes if route.resource]
    return [(method, _PLACEHOLDER.sub("x", path)) for method, path in named if method != "HEAD"]


def require_safe(response: aiohttp.ClientResponse) -> None:
    headers = response.headers
    assert headers["Server"] == "Relevo"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] in ("no-referrer", "same-origin", "strict-origin")
    assert "X-Powered-By" not in headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert not [source for source in " ".join(policy.values()).split() if source in _LOOSE]


async def test_t03_every_answer_has_a_strict_policy_and_names_no_version(service: Service) -> None:
    async with aiohttp.ClientSession() as client:
        for listener in (service._public, service._ops):
            routes = routes_of(listener)
            assert len(routes) > 5
            for method, path in [*routes, ("GET", "/nowhere"), ("PUT", "/problems"), ("TRACE", "/")]:
                for accept in ("text/html", "*/*"):
                    url, headers = listener.url + path, {"Accept": accept}
                    async with client.request(method, url, headers=headers, allow_redirects=False) as response:
                        require_safe(response)
                        assert "aiohttp" not in str(response.headers)


UNREADABLE = (
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x y\r\nAccept: text/html\r\n\r\n",
    b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nExpect: gifts\r\nContent-Length: 0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
)


async def test_t03_so_has_what_never_reached_a_route(service: Service) -> None:
    for listener in (service._public, service._ops):
        for request_bytes in UNREADABLE:
            reader, writer = await asyncio.open_connection("127.0.0.1", listener.address.port)
            writer.write(request_bytes)
            async with asyncio.timeout(3):
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            writer.close()
            assert re.match(r"http/1\.[01] 4", head)
            assert "\r\nserver: relevo\r\n" in head
            assert "\r\nx-content-type-options: nosniff\r\n" in head
            assert "\r\ncontent-security-policy: default-src 'none'" in head
            assert "aiohttp" not in head


async def test_the_connections_are_on_the_metrics_page(service: Service) -> None:
    async with aiohttp.ClientSession() as client:
        async with client.get(f"{service.public_url}/nowhere") as response:
            assert json.loads(await response.read())["status"] == 404
        async with asyncio.timeout(5):
            page = ""
            while 'relevo_connections_open{listener="public"} 1.0' not in page:
                await asyncio.sleep(0.05)
                async with client.get(f"{service.ops_url}/metrics", headers={"Accept": "text/plain"}) as response:
                    page = await response.text()
        assert 'relevo_connections_open{listener="ops"}' in page
        assert "relevo_forwarded_unusable_total 0.0" in page
