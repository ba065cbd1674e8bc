"""Fetching an access token: from a command, or from a token service (RFC 6749)."""

from asyncio import create_subprocess_exec
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import suppress

import aiohttp
import orjson

from channels.email.oauth_settings import OAuthSettings
from gateway.core.egress import guarded_session
from gateway.core.errors import Fault, RelevoError
from gateway.core.values import dataclass

_MOST_BYTES = 65_536


class TokenUnavailable(RelevoError):
    """There is no token, and none to be had; the text says why, and never holds a secret."""

    fault = Fault.CONFIGURATION


@dataclass(frozen=True, slots=True)
class Granted:
    """What one fetch brought."""

    token: str
    life: float | None
    """Seconds that it holds; None where nobody said."""


class Grant:
    """One account's way to tokens."""

    def __init__(self, settings: OAuthSettings) -> None:
        self._settings = settings
        self._refresh_token = settings.refresh_token.get_secret_value() if settings.refresh_token else None

    async def fetch(self) -> Granted:
        """A new token. Raises TokenUnavailable. It is the caller who limits how long that may take."""
        try:
            if self._settings.token_command is not None:
                answer = await _printed(self._settings.token_command)
            else:
                answer = await self._posted(self._settings.form(self._refresh_token))
        except (OSError, aiohttp.ClientError) as error:
            raise TokenUnavailable(f"no token: {error}") from error
        granted, refresh_token = _read(answer)
        # Some services replace it at each use; the one in the configuration then serves after a restart.
        self._refresh_token = refresh_token or self._refresh_token
        return granted

    async def _posted(self, form: dict[str, str]) -> bytes:
        async with (
            guarded_session(allow_private=self._settings.allow_private, connections=1) as session,
            session.post(self._settings.url, data=form, allow_redirects=False) as response,
        ):
            content = await _content(response)
            if response.status != 200:
                raise TokenUnavailable(f"the token service answered {response.status}{_complaint(content)}")
            return content


async def _printed(command: tuple[str, ...]) -> bytes:
    process = await create_subprocess_exec(*command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE)
    try:
        printed, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        told = " ".join(complaint.decode(errors="replace").split())[-200:]
        raise TokenUnavailable(f"token_command {command[0]} ended with {process.returncode}: {told or 'no word'}")
    return printed


async def _content(response: aiohttp.ClientResponse) -> bytes:
    content = b""
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > _MOST_BYTES:
            raise TokenUnavailable("the token service's answer is far too long")
    return content


def _read(answer: bytes) -> tuple[Granted, str | None]:
    """With the refresh token that replaces ours, if any."""
    text = answer.decode(errors="replace").strip()
    fields: object = text
    with suppress(orjson.JSONDecodeError):
        fields = orjson.loads(text)
    told = fields if isinstance(fields, dict) else {"access_token": text}
    token, life, refresh_token = told.get("access_token"), told.get("expires_in"), told.get("refresh_token")
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token or " " in token:
        raise TokenUnavailable("there is no access token in the answer")
    # Some services write the number as a text.
    seconds = float(life) if isinstance(life, int | float) or (isinstance(life, str) and life.isdecimal()) else 0.0
    return Granted(token, seconds or None), refresh_token if isinstance(refresh_token, str) else None


def _complaint(content: bytes) -> str:
    """`error` and `error_description` (RFC 6749 section 5.2)."""
    with suppress(orjson.JSONDecodeError):
        told = orjson.loads(content)
        if isinstance(told, dict):
            words = [str(told[name]) for name in ("error", "error_description") if told.get(name)]
            return ": " + " ".join(" ".join(words).split())[:300] if words else ""
    return ""
