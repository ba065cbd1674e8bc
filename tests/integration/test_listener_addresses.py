"""T12, T30: which address a route is told, on bare sockets."""

from ipaddress import ip_network

from aiohttp import web

from gateway.core.addresses import client_address
from tests.support.listening import listening


async def told(request: web.Request) -> web.Response:
    return web.Response(text=client_address(request))


FORGED = b"GET /who HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.7\r\nForwarded: for=192.0.2.8\r\n\r\n"
ROUTES = [web.get("/who", told)]


async def test_t30_whoever_claims_an_address_is_not_believed() -> None:
    async with listening(ROUTES) as site, site.line() as line:
        assert (await line.ask(FORGED)).endswith(b"\r\n\r\n127.0.0.1")
        named = FORGED.replace(b"X-Forwarded-For", b"X_Forwarded_For").replace(b"Forwarded:", b"X-Real-IP:")
        assert (await line.ask(named)).endswith(b"\r\n\r\n127.0.0.1")


async def test_t12_a_trusted_proxy_is_believed_and_garbage_leaves_its_own_address_and_is_counted() -> None:
    proxies = [ip_network("127.0.0.1")]
    async with listening(ROUTES, trusted_proxies=proxies) as site, site.line() as line:
        assert (await line.ask(FORGED)).endswith(b"\r\n\r\n192.0.2.7")
        assert site.figures.unusable == 0
        assert (await line.ask(FORGED.replace(b"192.0.2.7", b"somebody"))).endswith(b"\r\n\r\n127.0.0.1")
        assert site.figures.unusable == 1
