"""From the settings to an open mailbox, step by step, so that it can be said which step fails."""

import asyncio
import socket
import ssl
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from contextlib import suppress

import aiohappyeyeballs
from aiohappyeyeballs import AddrInfoType
from aioimaplib.aioimaplib import AUTH, NONAUTH, Response  # type: ignore[import-untyped]

from channels.email.imap.connection import Connection, answered
from channels.email.imap.errors import ConnectionFailed, LoginRefused
from channels.email.imap.folder_names import quote
from channels.email.imap.patience import PATIENCE, Patience
from channels.email.imap.protocol import ImapProtocol
from channels.email.imap.settings import ImapSettings, Security
from channels.email.oauth import TokenSource
from channels.email.oauth_grants import TokenUnavailable

_NEXT_ADDRESS_AFTER = 0.25
"""Seconds until another address of the server is tried beside the first (RFC 8305)."""


async def open_mailbox(
    settings: ImapSettings,
    tokens: TokenSource | None,
    *,
    patience: Patience = PATIENCE,
    begin: Callable[[str], None] = lambda _step: None,
) -> Connection:
    """Logged in, no folder selected. `tokens` where the settings say `oauth`; `begin` hears of each step beforehand:
    resolve, connect, tls, login.

    Raises ConnectionFailed, LoginRefused.
    """
    begin("resolve")
    addresses = await _resolved(settings, patience)
    begin("connect")
    connected = await _connected(settings, addresses, patience)
    begin("tls")
    protocol = await _greeted(settings, connected, patience)
    try:
        begin("login")
        await _log_in(protocol, settings, tokens, patience)
    except BaseException:
        protocol.abort()
        raise
    return Connection(protocol, patience)


async def _resolved(settings: ImapSettings, patience: Patience) -> Sequence[AddrInfoType]:
    try:
        async with asyncio.timeout(patience.connect):
            loop = asyncio.get_running_loop()
            return await loop.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ConnectionFailed(f"{settings.host}: its address can't be found ({_reason(error)}); check host") from error


async def _connected(settings: ImapSettings, addresses: Sequence[AddrInfoType], patience: Patience) -> socket.socket:
    where = f"{settings.host} port {settings.port}"
    try:
        async with asyncio.timeout(patience.connect):
            return await aiohappyeyeballs.start_connection(addresses, happy_eyeballs_delay=_NEXT_ADDRESS_AFTER)
    except OSError as error:
        raise ConnectionFailed(f"{where} can't be reached ({_reason(error)}); check host and port") from error


async def _greeted(settings: ImapSettings, connected: socket.socket, patience: Patience) -> ImapProtocol:
    """With TLS, where the settings want it, and the server's greeting."""
    loop = asyncio.get_running_loop()
    protocol = ImapProtocol(loop)
    try:
        async with asyncio.timeout(patience.connect):
            context = None if settings.security is Security.NONE else _context(settings)
            at_once = context if settings.security is Security.TLS else None
            name = settings.host if at_once else None
            await loop.create_connection(lambda: protocol, sock=connected, ssl=at_once, server_hostname=name)
            await protocol.greeted()
            if context is not None and settings.security is Security.STARTTLS:
                await protocol.start_tls(context, settings.host)
    except BaseException as error:
        connected.close() if protocol.transport is None else protocol.abort()
        if isinstance(error, ssl.SSLCertVerificationError):
            why = (
                f"its certificate is not trusted ({error.verify_message}); check host, or name its authority in ca_file"
            )
        elif isinstance(error, TimeoutError):
            why = f"no greeting within {patience.connect:g} s; check port and security"
        elif isinstance(error, OSError):
            why = f"no TLS ({_reason(error)}); check port and security"
        else:
            raise
        raise ConnectionFailed(f"{settings.host} port {settings.port}: {why}") from error
    return protocol


def _context(settings: ImapSettings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.ca_file is not None:
        try:
            context.load_verify_locations(settings.ca_file)
        except OSError as error:
            raise ConnectionFailed(f"ca_file {settings.ca_file} can't be used ({_reason(error)})") from error
    return context


async def _log_in(
    protocol: ImapProtocol, settings: ImapSettings, tokens: TokenSource | None, patience: Patience
) -> None:
    if protocol.state == NONAUTH:
        if tokens is not None:
            await _log_in_by_token(protocol, settings.user, tokens, patience)
        elif settings.password is not None:
            await _log_in_by_password(protocol, settings.user, settings.password.get_secret_value(), patience)
        protocol.state = AUTH
        await answered(protocol, protocol.capability(), "CAPABILITY", patience.answer)
    if "ID" in protocol.capabilities:  # some servers open no folder to clients that don't say what they are
        await answered(protocol, protocol.id(name="Relevo"), "ID", patience.answer)


async def _log_in_by_password(protocol: ImapProtocol, user: str, password: str, patience: Patience) -> None:
    if "LOGINDISABLED" in protocol.capabilities:
        raise LoginRefused("the mail server takes no password without TLS; set security: starttls, or tls")
    if "AUTH=PLAIN" in protocol.capabilities:  # whatever characters the password has
        response = b64encode(f"\0{user}\0{password}".encode()).decode()
        asked = protocol.authenticate("PLAIN", response)
    else:
        asked = protocol.login(quote(user), password)
    answer = await answered(protocol, asked, "the login", patience.login)
    if answer.result != "OK":
        raise LoginRefused(f"the mail server refused {user}: {_why(protocol, answer)}; check user and password")


async def _log_in_by_token(protocol: ImapProtocol, user: str, tokens: TokenSource, patience: Patience) -> None:
    try:
        token = await tokens.token()
    except TokenUnavailable as error:
        raise LoginRefused(f"there is no access token for {user}: {error}") from error
    response = b64encode(f"user={user}\1auth=Bearer {token}\1\1".encode()).decode()
    answer = await answered(protocol, protocol.authenticate("XOAUTH2", response), "the login", patience.login)
    if answer.result != "OK":
        tokens.refused(token)
        why = _why(protocol, answer)
        raise LoginRefused(f"the mail server refused {user}'s token: {why}; check oauth, and that IMAP is permitted")


def _why(protocol: ImapProtocol, answer: Response) -> str:
    """The server's reason, with what a challenge told (XOAUTH2: JSON in base64)."""
    reason = bytes(answer.lines[-1]).decode(errors="replace")
    with suppress(ValueError):
        reason = f"{reason} {b64decode(protocol.challenge, validate=True).decode()}"
    return " ".join(reason.split())[:300]


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError) and not error.args:
        return "no answer in time"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
