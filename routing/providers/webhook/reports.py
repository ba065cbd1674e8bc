"""What desks report to us: `POST /providers/{name}/events`, believed only with the provider's signature.

The signature is verified over the raw body before anything is parsed. A stranger can't tell an unknown provider from a
wrong signature: both cost the same and get the same answer.
"""

import re
import secrets
from collections.abc import Callable
from typing import Annotated, Self

from aiohttp import web
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator

from gateway.core.clock import Clock
from gateway.core.ports import Intaker
from gateway.core.problems import INVALID, MALFORMED, NOT_FOUND, TOO_LARGE, UNAUTHORIZED, FieldError, Problem
from gateway.core.provider import ProviderReport, ReportResult, ReportType
from gateway.core.reference import parse_reference
from gateway.core.signature import BadSignature, Signer
from routing.providers.webhook.protocol import DeskReference, explain

PATH = "/providers/{name}/events"
REPORT_LIMIT = 256 * 1024
"""Bytes of one report."""
_BODY_CHARACTERS = 50_000
_AUTHOR_CHARACTERS = 200
_ID_CHARACTERS = 256
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def report_routes(signer_of: Callable[[str], Signer | None], intaker: Intaker, clock: Clock) -> list[web.RouteDef]:
    """The route for every desk's reports. `signer_of` is asked anew for each, so providers may come and go."""
    reports = _Reports(signer_of, intaker, clock)
    return [web.post(PATH, reports.receive)]


class _Reports:
    def __init__(self, signer_of: Callable[[str], Signer | None], intaker: Intaker, clock: Clock) -> None:
        self._signer_of = signer_of
        self._intaker = intaker
        self._clock = clock
        self._nobody = Signer(secrets.token_hex(), clock)

    async def receive(self, request: web.Request) -> web.Response:
        """204 once the report is durable, also where it came before; 404 where that provider has no such ticket."""
        name = request.match_info["name"]
        body = await _read(request)
        report_id = self._verify(name, request, body)
        report = _parse(body)
        result = await self._intaker.report(
            ProviderReport(
                provider=name,
                report_id=report_id,
                type=report.type,
                at=self._clock.now(),
                reference=report.data.reference,
                provider_reference=report.data.provider_reference,
                body=report.data.message.body if report.data.message else None,
                author=report.data.message.author if report.data.message else None,
            )
        )
        if result is ReportResult.NOT_FOUND:
            raise Problem(NOT_FOUND, "This provider has no such ticket.")
        return web.Response(status=204)

    def _verify(self, name: str, request: web.Request, body: bytes) -> str:
        signer = self._signer_of(name) or self._nobody
        try:
            report_id = signer.verify(request.headers, body)
        except BadSignature:
            raise Problem(
                UNAUTHORIZED, "A valid Standard Webhooks signature, not older than five minutes, is needed."
            ) from None
        if len(report_id) > _ID_CHARACTERS or not report_id.isprintable():
            raise Problem(INVALID, f"webhook-id may have at most {_ID_CHARACTERS} printable characters.")
        return report_id


async def _read(request: web.Request) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > REPORT_LIMIT:
            raise Problem(TOO_LARGE, limit=REPORT_LIMIT, close=True)
    return bytes(body)


def _without_control_characters(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("control characters are not allowed")
    return text


def _our_reference(text: str) -> str:
    reference = parse_reference(text)
    if reference is None:
        raise ValueError("this is no reference of ours: ten digits, the last of which checks the others")
    return reference


_Text = Annotated[str, AfterValidator(_without_control_characters)]


class _ReportPart(BaseModel):
    """Desks may say more than we read."""

    model_config = ConfigDict(strict=True, hide_input_in_errors=True)


class _ReportedMessage(_ReportPart):
    body: Annotated[_Text, StringConstraints(min_length=1, max_length=_BODY_CHARACTERS)]
    author: Annotated[_Text, StringConstraints(max_length=_AUTHOR_CHARACTERS)] | None = None


class _ReportedData(_ReportPart):
    reference: Annotated[str, AfterValidator(_our_reference)] | None = None
    provider_reference: DeskReference | None = None
    message: _ReportedMessage | None = None

    @model_validator(mode="after")
    def _names_a_ticket(self) -> Self:
        if self.reference is None and self.provider_reference is None:
            raise ValueError("reference or provider_reference is needed")
        return self


class _Report(_ReportPart):
    type: ReportType
    data: _ReportedData

    @model_validator(mode="after")
    def _reply_has_words(self) -> Self:
        if self.type is ReportType.REPLIED and self.data.message is None:
            raise ValueError("ticket.replied needs data.message")
        return self


def _parse(body: bytes) -> _Report:
    """Raises Problem: 400 for what is not JSON, 422 with pointers for what is not a report."""
    try:
        return _Report.model_validate_json(body)
    except ValidationError as error:
        flaws = error.errors(include_url=False, include_context=False, include_input=False)
        if flaws[0]["type"] == "json_invalid":
            raise Problem(MALFORMED, "The report is not valid JSON.") from None
        fields = [FieldError(_pointer(flaw["loc"]), flaw["msg"].removeprefix("Value error, ")) for flaw in flaws]
        raise Problem(INVALID, f"This is not a report: {explain(error)}", errors=fields) from None


def _pointer(location: tuple[int | str, ...]) -> str:
    """RFC 6901; names that are ours need no escapes."""
    return "".join(f"/{step}" for step in location)
