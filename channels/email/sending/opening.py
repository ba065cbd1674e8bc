"""From a relay's address to a session in which a mail can be begun, step by step: it can be said which one failed."""

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import aiohappyeyeballs
import aiosmtplib
from aiohappyeyeballs import AddrInfoType

from channels.email.sending.outcome import Reply
from channels.email.sending.patience import Patience
from channels.email.sending.relay import PasswordLogin, Relay, TokenLogin
from gateway.core.egress import AddressNotPermitted, guarded_socket
from gateway.core.errors import RelevoError
from gateway.core.post import Deferred

_NEXT_ADDRESS_AFTER = 0.25
"""Seconds until another address of the server is tried beside the first (RFC 8305)."""
_BY_PASSWORD = ("plain", "login", "cram-md5")
"""One is tried, not all: each failure counts where accounts are locked."""


class RelayTrouble(Exception):
    """The relay can't be used now, and no mail was begun; `fleeting` where the next moment may be better."""

    def __init__(self, step: str, why: str, code: int | None = None, *, fleeting: bool = False) -> None:
        super().__init__(why)
        self.deferred = Deferred(why, step, code)
        self.fleeting = fleeting


async def open_session(
    relay: Relay, patience: Patience, begin: Callable[[str], None] = lambda _step: None
) -> aiosmtplib.SMTP:
    """Greeted, encrypted and logged in as the relay demands; `begin` hears of each step. Raises RelayTrouble."""
    begin("resolve")
    async with _step("resolve", relay, patience):
        loop = asyncio.get_running_loop()
        addresses = await loop.getaddrinfo(relay.host, relay.port, type=socket.SOCK_STREAM)
    begin("connect")
    connected = await _connected(relay, addresses, patience)
    client = aiosmtplib.SMTP(
        hostname=relay.host,
        sock=connected,
        use_tls=relay.at_once,
        start_tls=False,
        tls_context=relay.tls,
        local_hostname=relay.name,
        timeout=None,
    )
    try:
        await _greet(client, relay, patience, begin)
        await _log_in(client, relay, patience, begin)
    except BaseException:
        client.close()
        raise
    return client


async def _connected(relay: Relay, addresses: Sequence[AddrInfoType], patience: Patience) -> socket.socket:
    async with _step("connect", relay, patience):
        return await aiohappyeyeballs.start_connection(
            addresses, happy_eyeballs_delay=_NEXT_ADDRESS_AFTER, socket_factory=guarded_socket(relay.allow_private)
        )


async def _greet(client: aiosmtplib.SMTP, relay: Relay, patience: Patience, begin: Callable[[str], None]) -> None:
    first = "tls" if relay.at_once else "greeting"
    begin(first)
    async with _step(first, relay, patience):
        await client.connect()
    if relay.at_once:
        begin("greeting")
    async with _step("greeting", relay, patience):
        await client.ehlo()
    if relay.starttls:
        begin("tls")
        async with _step("tls", relay, patience):
            if not client.supports_extension("starttls"):
                raise RelayTrouble("tls", f"{relay.host} offers no STARTTLS; check port and security")
            await client.starttls()
            await client.ehlo()


async def _log_in(client: aiosmtplib.SMTP, relay: Relay, patience: Patience, begin: Callable[[str], None]) -> None:
    if relay.login is None:
        return
    begin("login")
    async with _step("login", relay, patience):
        if isinstance(relay.login, TokenLogin):
            await _log_in_by_token(client, relay.login)
        else:
            await _log_in_by_password(client, relay.login)


async def _log_in_by_password(client: aiosmtplib.SMTP, login: PasswordLogin) -> None:
    offered = [each for each in _BY_PASSWORD if each in client.server_auth_methods]
    if not offered:
        raise RelayTrouble("login", "the server takes no password here; check port and security, or use oauth")
    ways = {"plain": client.auth_plain, "login": client.auth_login, "cram-md5": client.auth_crammd5}
    await ways[offered[0]](login.user, login.password)


async def _log_in_by_token(client: aiosmtplib.SMTP, login: TokenLogin) -> None:
    if "xoauth2" not in client.server_auth_methods:
        raise RelayTrouble("login", "the server takes no tokens (XOAUTH2)")
    try:
        token = await login.tokens.token()
    except RelevoError as error:
        raise RelayTrouble("login", f"there is no access token: {error}") from error
    try:
        await client.auth_xoauth2(login.user, token)
    except aiosmtplib.SMTPAuthenticationError:
        login.tokens.refused(token)
        raise


@asynccontextmanager
async def _step(name: str, relay: Relay, patience: Patience) -> AsyncIterator[None]:
    """Within its time, and whatever fails is told in words."""
    where = f"{relay.host} port {relay.port}"
    try:
        async with asyncio.timeout(patience.step):
            yield
    except aiosmtplib.SMTPResponseException as error:
        reply = Reply(error.code, str(error.message))
        step = "greeting" if isinstance(error, aiosmtplib.SMTPConnectResponseError) else name
        raise RelayTrouble(step, f"{where}: it answered {reply.code} {reply.shown}", reply.code) from error
    except ssl.SSLCertVerificationError as error:
        raise RelayTrouble(name, _distrusted(where, error)) from error
    except (TimeoutError, aiosmtplib.SMTPTimeoutError) as error:
        raise RelayTrouble(name, f"{where}: no answer within {patience.step:g} s") from error
    except (OSError, UnicodeError, aiosmtplib.SMTPException) as error:
        cause = error.__cause__
        if isinstance(cause, ssl.SSLCertVerificationError):
            raise RelayTrouble(name, _distrusted(where, cause)) from error
        fleeting = name in ("connect", "greeting") and not isinstance(error, AddressNotPermitted)
        raise RelayTrouble(name, f"{where}: {_said(error)}", fleeting=fleeting) from error


def _distrusted(where: str, error: ssl.SSLCertVerificationError) -> str:
    return f"{where}: its certificate is not trusted ({error.verify_message}); check host, or set ca_file"


def _said(error: Exception) -> str:
    if type(error).__module__ == "builtins" and isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)  # asyncio words it otherwise
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
