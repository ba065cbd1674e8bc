"""What a desk sends us, believed only with the provider's signature.

The signature is verified over the raw body before anything is parsed. A stranger can't tell an unknown provider from a
wrong signature: both cost the same and get the same answer.
"""

import secrets
from collections.abc import Callable
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from gateway.core.clock import Clock
from gateway.core.problems import INVALID, MALFORMED, TOO_LARGE, UNAUTHORIZED, FieldError, Problem
from gateway.core.signature import BadSignature, Signer
from routing.providers.webhook.adapter import WebhookProvider
from routing.providers.webhook.protocol import explain

CONTENT_LIMIT = 256 * 1024
"""Bytes of one request."""
_ID_CHARACTERS = 256

DeskOf = Callable[[str], WebhookProvider | None]
"""The desk of that name, asked anew for each request, so that providers may come and go."""
M = TypeVar("M", bound=BaseModel)


class SignedRequests:
    """Lets in what the desk named in the path has signed."""

    def __init__(self, desk_of: DeskOf, clock: Clock) -> None:
        self._desk_of = desk_of
        self._nobody = Signer(secrets.token_hex(), clock)

    async def receive(self, request: web.Request) -> tuple[WebhookProvider, str, bytes]:
        """Who sent it, its id, and its content. Raises Problem."""
        body = await _read(request)
        desk = self._desk_of(request.match_info["name"])
        try:
            message_id = (desk.signer if desk else self._nobody).verify(request.headers, body)
        except BadSignature:
            desk = None
        if desk is None:
            raise Problem(UNAUTHORIZED, "A valid Standard Webhooks signature, not older than five minutes, is needed.")
        if len(message_id) > _ID_CHARACTERS or not message_id.isprintable():
            raise Problem(INVALID, f"webhook-id may have at most {_ID_CHARACTERS} printable characters.")
        return desk, message_id, body


async def _read(request: web.Request) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > CONTENT_LIMIT:
            raise Problem(TOO_LARGE, limit=CONTENT_LIMIT, close=True)
    return bytes(body)


def parsed(model: type[M], body: bytes, what: str) -> M:
    """Raises Problem: 400 for what is not JSON, 422 with pointers for what is not `what`, such as `a report`."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        flaws = error.errors(include_url=False, include_context=False, include_input=False)
        if flaws[0]["type"] == "json_invalid":
            raise Problem(MALFORMED, "The content is not valid JSON.") from None
        fields = [FieldError(_pointer(flaw["loc"]), flaw["msg"].removeprefix("Value error, ")) for flaw in flaws]
        raise Problem(INVALID, f"This is not {what}: {explain(error)}", errors=fields) from None


def _pointer(location: tuple[int | str, ...]) -> str:
    """RFC 6901; names that are ours need no escapes."""
    return "".join(f"/{step}" for step in location)
