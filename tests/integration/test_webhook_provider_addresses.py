"""T28: a configured URL leads to public addresses only, unless private ones are permitted for that provider."""

import asyncio
import os
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.core.clock import SystemClock
from gateway.core.delivery import Answer
from gateway.core.errors import ProviderUnavailable
from gateway.core.handoff import Outcome
from routing.providers.webhook.adapter import WebhookProvider
from tests.support.scripted_desk import ScriptedDesk, answers
from tests.support.tickets import make_case, make_handoff
from tests.support.webhook_provider import LINKS, make_provider, make_settings

REFUSED = Answer(Outcome.UNAVAILABLE, "its address is not a public one, and only those are permitted")


@pytest.fixture
async def desk() -> AsyncIterator[ScriptedDesk]:
    async with ScriptedDesk() as desk:
        yield desk


async def attempt(provider: WebhookProvider) -> Answer:
    case = make_case()
    return await provider.create(case, make_handoff(case))


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[object]:
    """Have every name resolve to these addresses; returns the look-ups made."""
    asked: list[object] = []

    def getaddrinfo(host: object, port: int, *_: object, **__: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (each, port, 0, 0))
            if ":" in each
            else (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (each, port))
            for each in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("::ffff:127.0.0.1",),
        ("127.0.0.1", "10.0.0.1", "::1"),
        ("169.254.169.254",),
        ("100.64.0.1",),
        ("64:ff9b::7f00:1",),
        ("2002:7f00:1::1",),
    ],
)
async def test_t28_a_name_that_resolves_to_a_private_address_is_not_dialled(
    desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...]
) -> None:
    resolve_to(monkeypatch, *addresses)
    provider = WebhookProvider(
        "acme", make_settings(f"http://desk.example.org:{desk.port}/tickets", allow_private=False), SystemClock(), LINKS
    )
    answer = await attempt(provider)
    with pytest.raises(ProviderUnavailable, match="not a public one"):
        await provider.find(make_handoff(make_case()))
    with pytest.raises(ProviderUnavailable, match="not a public one"):
        await provider.probe(1)  # by TCP
    await provider.close()
    assert answer == REFUSED
    assert desk.connections == 0


async def test_t28_a_private_health_address_is_not_probed(desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, "127.0.0.1")
    settings = make_settings(
        "https://desk.example.org/tickets", f"http://health.example.org:{desk.port}/health", allow_private=False
    )
    provider = WebhookProvider("acme", settings, SystemClock(), LINKS)
    with pytest.raises(ProviderUnavailable, match="not a public one"):
        await provider.probe(1)
    await provider.close()
    assert desk.connections == 0


async def test_t28_a_name_that_changes_its_mind_is_judged_by_what_is_dialled(
    desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, "127.0.0.1")
    permitted = WebhookProvider(
        "acme", make_settings(f"http://desk.example.org:{desk.port}/tickets"), SystemClock(), LINKS
    )
    assert (await attempt(permitted)).outcome is Outcome.ACCEPTED
    await permitted.close()
    provider = WebhookProvider(
        "acme", make_settings(f"http://desk.example.org:{desk.port}/tickets", allow_private=False), SystemClock(), LINKS
    )
    asked = resolve_to(monkeypatch, "8.8.8.8")
    assert socket.getaddrinfo("desk.example.org", 80)[0][4][0] == "8.8.8.8"  # what a check beforehand would see
    rebound = resolve_to(monkeypatch, "127.0.0.1")
    assert await attempt(provider) == REFUSED
    await provider.close()
    assert (len(asked), len(rebound)) == (1, 1)
    assert desk.connections == 1


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0x7f000001", "0177.0.0.1"])
async def test_t28_other_ways_to_write_loopback_are_not_dialled(desk: ScriptedDesk, host: str) -> None:
    settings = make_settings("https://desk.example.org/tickets", allow_private=False)
    sly = settings.model_copy(update={"url": f"http://{host}:{desk.port}/tickets"})
    provider = WebhookProvider("acme", sly, SystemClock(), LINKS)
    assert (await attempt(provider)).outcome is Outcome.UNAVAILABLE
    with pytest.raises(ProviderUnavailable):
        await provider.probe(1)
    await provider.close()
    assert desk.connections == 0


async def test_t28_localhost_by_name_is_not_dialled(desk: ScriptedDesk) -> None:
    settings = make_settings(f"http://localhost:{desk.port}/tickets")
    provider = WebhookProvider("acme", settings.model_copy(update={"allow_private": False}), SystemClock(), LINKS)
    assert await attempt(provider) == REFUSED
    with pytest.raises(ProviderUnavailable, match="not a public one"):
        await provider.probe(1)
    await provider.close()
    assert desk.connections == 0


async def test_t28_a_literal_address_is_judged_too(desk: ScriptedDesk) -> None:
    settings = make_settings(desk.url)
    provider = WebhookProvider("acme", settings.model_copy(update={"allow_private": False}), SystemClock(), LINKS)
    assert await attempt(provider) == REFUSED
    await provider.close()
    assert desk.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_t28_redirects_are_not_followed(desk: ScriptedDesk, status: int) -> None:
    async with ScriptedDesk() as elsewhere:
        desk.script(answers(status, headers={"Location": elsewhere.url}))
        provider = make_provider(desk)
        answer = await attempt(provider)
        await provider.close()
        assert elsewhere.connections == 0
    assert answer.outcome is Outcome.UNAVAILABLE
    assert answer.misconfigured
    assert answer.reason == f"it answered {status}, a redirect, which is not followed"


async def test_t28_proxies_of_the_environment_are_not_used(desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ScriptedDesk() as proxy:
        for variable in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(variable, proxy.base)
        provider = make_provider(desk)
        assert (await attempt(provider)).outcome is Outcome.ACCEPTED
        await provider.close()
        assert proxy.connections == 0


async def test_t10_cookies_are_not_kept(desk: ScriptedDesk) -> None:
    desk.script(answers(201, {"reference": "T-1"}, {"Set-Cookie": "session=1; Path=/"}))
    # By name: for a bare address aiohttp would keep no cookie anyway.
    provider = WebhookProvider("acme", make_settings(f"http://localhost:{desk.port}/tickets"), SystemClock(), LINKS)
    await attempt(provider)
    await attempt(provider)
    await provider.close()
    assert "cookie" not in desk.requests[1].headers


async def test_a_name_that_is_permitted_is_dialled(desk: ScriptedDesk) -> None:
    provider = WebhookProvider("acme", make_settings(f"http://localhost:{desk.port}/tickets"), SystemClock(), LINKS)
    assert (await attempt(provider)).outcome is Outcome.ACCEPTED
    await provider.probe(1)
    await provider.close()


@pytest.fixture(scope="module")
def expired(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that expired before it began, with its key beside it."""
    assert shutil.which("openssl"), "openssl makes the expired certificate: tests/install_needs.sh installs it"
    folder = tmp_path_factory.mktemp("tls")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1")
    request = ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "request.pem"]
    subprocess.run([*request, "-subj", "/CN=localhost"], cwd=folder, check=True, capture_output=True)
    sign = ["openssl", "x509", "-req", "-in", "request.pem", "-signkey", "key.pem", "-days", "-1"]
    subprocess.run([*sign, "-extfile", "names", "-out", "certificate.pem"], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
async def expired_desk(expired: Path) -> AsyncIterator[ScriptedDesk]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(expired / "certificate.pem", expired / "key.pem")
    async with ScriptedDesk(tls=context) as desk:
        yield desk


CLIENT = """
import asyncio, sys
from gateway.core.clock import SystemClock
from routing.providers.webhook.adapter import WebhookProvider
from tests.support.tickets import make_case, make_handoff
from tests.support.webhook_provider import LINKS, make_settings

async def main():
    provider = WebhookProvider("acme", make_settings(sys.argv[1], timeout="3s"), SystemClock(), LINKS)
    case = make_case()
    answer = await provider.create(case, make_handoff(case))
    await provider.close()
    print(answer.outcome, answer.explicit, answer.reason)

asyncio.run(main())
"""


async def test_an_expired_certificate_is_surely_no_ticket(expired_desk: ScriptedDesk, expired: Path) -> None:
    """In a process of its own, which trusts the certificate but for its date."""
    client = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        CLIENT,
        expired_desk.url,
        env=os.environ | {"SSL_CERT_FILE": str(expired / "certificate.pem"), "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
    )
    told, _ = await client.communicate()
    assert told.decode() == "unavailable True the certificate is not good: certificate has expired\n"
    assert expired_desk.requests == []


async def test_a_certificate_that_nobody_vouches_for_is_surely_no_ticket(expired_desk: ScriptedDesk) -> None:
    provider = make_provider(expired_desk)
    answer = await attempt(provider)
    await provider.close()
    assert answer.outcome is Outcome.UNAVAILABLE
    assert answer.explicit
    assert answer.reason.startswith("the certificate is not good: self")


async def test_tls_with_a_desk_that_has_none_is_surely_no_ticket(desk: ScriptedDesk) -> None:
    provider = WebhookProvider("acme", make_settings(desk.url.replace("http:", "https:")), SystemClock(), LINKS)
    answer = await attempt(provider)
    await provider.close()
    assert answer.outcome is Outcome.UNAVAILABLE
    assert answer.explicit
