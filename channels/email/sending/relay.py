"""A server that takes mail: where it is, how the line is protected, and who we are to it."""

import ssl
from typing import Protocol, Self

from channels.email.sending.settings import SmtpSettings
from gateway.core.smtp_server import SmtpServer
from gateway.core.values import dataclass


class TokenSource(Protocol):
    """Where access tokens come from."""

    async def token(self) -> str:
        """One that can be used now. Raises RelevoError."""

    def refused(self, value: str) -> None:
        """The server didn't accept it."""


@dataclass(frozen=True, slots=True, repr=False)
class PasswordLogin:
    """AUTH PLAIN, LOGIN or CRAM-MD5, whichever is offered first."""

    user: str
    password: str


@dataclass(frozen=True, slots=True, repr=False)
class TokenLogin:
    """AUTH XOAUTH2."""

    user: str
    tokens: TokenSource


@dataclass(frozen=True, slots=True)
class Relay:
    """One server."""

    host: str
    port: int
    name: str
    """What we call ourselves in EHLO: a host name."""
    starttls: bool = False
    """Demanded: where the server doesn't offer it, nothing is sent."""
    at_once: bool = False
    """TLS from the first byte."""
    tls: ssl.SSLContext | None = None
    """Whom we trust, where there is TLS."""
    login: PasswordLogin | TokenLogin | None = None
    allow_private: bool = True
    """Whether it may have a private, loopback or special address."""

    @classmethod
    def of(cls, settings: SmtpSettings, name: str, tokens: TokenSource | None = None) -> Self:
        """The configured one; `tokens` where the settings say `oauth`. Raises OSError for an unusable `ca_file`."""
        login: PasswordLogin | TokenLogin | None = None
        if settings.user is not None and tokens is not None:
            login = TokenLogin(settings.user, tokens)
        elif settings.user is not None and settings.password is not None:
            login = PasswordLogin(settings.user, settings.password.get_secret_value())
        return cls(
            settings.host,
            settings.usual_port,
            name,
            starttls=settings.security == "starttls",
            at_once=settings.security == "tls",
            tls=_context(settings) if settings.security != "none" else None,
            login=login,
        )

    @classmethod
    def seen_from_outside(cls, server: SmtpServer, name: str, *, allow_private: bool) -> Self:
        """A server that we only ask for a sign of life."""
        return cls(server.host, server.port, name, allow_private=allow_private)


def _context(settings: SmtpSettings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.ca_file is not None:
        context.load_verify_locations(settings.ca_file)
    return context
