"""Trying a mail channel: its mailboxes, its relays, its listener, each step by step."""

import asyncio
import errno
import os
import re
import socket
import ssl
from collections.abc import Callable

from channels.email.accounts import Accounts
from channels.email.imap.probe import probe as probe_mailbox
from channels.email.imap.settings import ImapSettings
from channels.email.oauth import TokenSource
from channels.email.oauth_grants import TokenUnavailable
from channels.email.reception.settings import ListenerSettings, TlsSettings
from channels.email.sending.patience import Patience
from channels.email.sending.probe import probe as probe_relay
from channels.email.sending.relay import Relay
from channels.email.sending.settings import SmtpSettings
from channels.email.settings import EmailSettings
from channels.email.step import Step
from channels.trial import Tried
from gateway.core.clock import Clock

_ANSWER_WITHIN = 5.0
_REPLY = re.compile(rb"[245]\d\d[ -]")
_THIS_MACHINE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (where a listener on every address is reached)

Report = Callable[[Step], None]


async def try_out(settings: EmailSettings, clock: Clock, report: Callable[[Tried], None]) -> bool:
    """A `Trial`."""

    def of(part: str) -> Report:
        return lambda step: report(Tried(part, step.name, step.why))

    accounts = Accounts(clock, lambda _part, _why: None)
    went_well = True
    for mailbox in settings.imap:
        part = of(f"imap: {mailbox.user}, {mailbox.host}:{mailbox.port}")
        went_well &= await _try_mailbox(mailbox, accounts.tokens(mailbox.oauth, mailbox.user), part)
    for name, relay in (("smtp", settings.smtp), ("backup_smtp", settings.backup_smtp)):
        if relay is not None:
            part = of(f"{name}: {relay.host}:{relay.usual_port}")
            went_well &= await _try_relay(relay, accounts.tokens(relay.oauth, relay.user), part)
    if (listener := settings.listener) is not None:
        went_well &= await _try_listener(listener, of(f"listener: {listener.protocol}, {listener.listen}"))
    return went_well


async def _try_mailbox(settings: ImapSettings, tokens: TokenSource | None, report: Report) -> bool:
    return await _try_token(tokens, report) and await probe_mailbox(settings, tokens, report)


async def _try_relay(settings: SmtpSettings, tokens: TokenSource | None, report: Report) -> bool:
    if not await _try_token(tokens, report):
        return False
    try:
        relay = Relay.of(settings, socket.gethostname(), tokens)
    except OSError as error:
        report(Step("tls", f"ca_file {settings.ca_file} can't be used: {error.strerror or error}"))
        return False
    return await probe_relay(relay, report, patience=Patience(step=settings.timeout))


async def _try_token(tokens: TokenSource | None, report: Report) -> bool:
    """Before the server is asked: else it would seem to be the one that fails."""
    if tokens is None:
        return True
    try:
        await tokens.token()
    except TokenUnavailable as error:
        report(Step("token", str(error)))
        return False
    report(Step("token"))
    return True


async def _try_listener(settings: ListenerSettings, report: Report) -> bool:
    if settings.tls is not None:
        why = _unusable(settings.tls)
        report(Step("certificate", why))
        if why is not None:
            return False
    step = await _listening(settings)
    report(step)
    return step.why is None


def _unusable(tls: TlsSettings) -> str | None:
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(tls.certificate, tls.key)
    except OSError as error:
        return f"{tls.certificate} with {tls.key}: {error.strerror or error}"
    return None


async def _listening(settings: ListenerSettings) -> Step:
    """`listen` where the address can be had; `in use` where a mail server answers there already."""
    listen = settings.listen
    try:
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, listen.host, listen.port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE and await _answers(_THIS_MACHINE.get(listen.host, listen.host), listen.port):
            return Step("in use")
        return Step("listen", os.strerror(error.errno) if error.errno and error.errno > 0 else str(error))
    server.close()
    return Step("listen")


async def _answers(host: str, port: int) -> bool:
    """Whether what listens there speaks as a mail server, even if it doesn't want us."""
    try:
        async with asyncio.timeout(_ANSWER_WITHIN):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                return _REPLY.match(await reader.readline()) is not None
            finally:
                writer.transport.abort()
    except (OSError, ValueError):
        return False
