"""What Twilio posts in a call, signed, and what it makes of the answer."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import aiohttp
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from yarl import URL

from gateway.core.clock import Instant
from gateway.demo.caller.document import Document, NotTwiML, read_document
from gateway.demo.caller.script import Line

_WITHIN = 15.0
"""Seconds that Twilio waits for an answer."""


OF_PROGRESS = {"CallbackSource": "call-progress-events"}
"""What every report of a call's progress says."""


class NoGoodAnswer(Exception):
    """What Twilio plays an application error at."""


class Webhooks:
    """Posts for one line."""

    def __init__(self, line: Line, session: aiohttp.ClientSession) -> None:
        self._line = line
        self._session = session
        self._validator = RequestValidator(line.auth_token)
        self._late: list[tuple[str, dict[str, str]]] = []

    async def ask(self, url: str, parameters: Mapping[str, str]) -> Document:
        """The document to go on with; the fallback's where there is none. Raises NoGoodAnswer."""
        try:
            return await self._document(url, parameters)
        except NoGoodAnswer:
            if self._line.fallback_url is None:
                raise
        told = {**parameters, "ErrorCode": "11200", "ErrorUrl": url}
        return await self._document(self._line.fallback_url, told)

    async def report(self, url: str, parameters: Mapping[str, str], at: Instant) -> None:
        """Progress, whose answer is of no account."""
        form = {**parameters, "Timestamp": format_datetime(datetime.fromtimestamp(int(at), UTC))}
        if self._line.late_reports:
            self._late.append((url, form))
        else:
            await self._post(url, form)

    async def deliver_late(self) -> None:
        """The reports that were held back, the last first."""
        while self._late:
            await self._post(*self._late.pop())

    async def _document(self, url: str, parameters: Mapping[str, str]) -> Document:
        status, text = await self._post(url, parameters)
        if status != 200:
            raise NoGoodAnswer(f"{url} answered {status or 'nothing'}")
        try:
            return read_document(url, text)
        except NotTwiML as error:
            raise NoGoodAnswer(str(error)) from error

    async def _post(self, url: str, parameters: Mapping[str, str]) -> tuple[int, str]:
        """Status and body; 0 where none came."""
        form = {"AccountSid": self._line.account_sid, "ApiVersion": "2010-04-01", **parameters}
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": self._validator.compute_signature(url, form),
        }
        timeout = aiohttp.ClientTimeout(total=_WITHIN)
        body = urlencode(form).encode()
        try:
            async with self._session.post(
                URL(_as_asked(url), encoded=True), data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                return response.status, await response.text()
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return 0, ""


def new_sid(kind: str) -> str:
    """Such as `CA` of a call, with 32 digits behind."""
    return kind + secrets.token_hex(16)


def _as_asked(url: str) -> str:
    """Twilio signs an address as it is written, but asks for it with its query sorted (twilio-php issue 790)."""
    parts = urlsplit(url)
    query = urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    return urlunsplit(parts._replace(query=query))
