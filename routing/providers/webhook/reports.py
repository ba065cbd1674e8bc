"""What desks report to us: `POST /providers/{name}/events`.

The files of a reply are fetched before it is recorded: what can't be taken now is refused whole, and comes again.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Self

from aiohttp import web
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from gateway.core.problems import INVALID, NOT_FOUND, UNAVAILABLE, FieldError, Problem
from gateway.core.provider import ProviderReport, ReportResult, ReportType
from gateway.core.ticket import Attachment
from routing.providers.webhook.adapter import WebhookProvider
from routing.providers.webhook.context import DeskContext
from routing.providers.webhook.files import MOST_FILES, NotFetched, Offered
from routing.providers.webhook.protocol import DeskReference, our_reference
from routing.providers.webhook.signed import DeskOf, SignedRequests, parsed

PATH = "/providers/{name}/events"
_BODY_CHARACTERS = 50_000
_AUTHOR_CHARACTERS = 200
_NAME_CHARACTERS = 1000
_TYPE_CHARACTERS = 200
_URL_CHARACTERS = 2000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_RETRY_AFTER = {"Retry-After": "5"}


class DeskReports:
    """The route for every desk's reports."""

    def __init__(self, desk_of: DeskOf, context: DeskContext) -> None:
        self._context = context
        self._signed = SignedRequests(desk_of, context.clock)

    def routes(self) -> list[web.RouteDef]:
        return [web.post(PATH, self.receive)]

    async def receive(self, request: web.Request) -> web.Response:
        """204 once the report is durable, also where it came before; 404 where that provider has no such ticket."""
        desk, report_id, body = await self._signed.receive(request)
        report = parsed(_Report, body, "a report")
        message = report.data.message
        told = ProviderReport(
            provider=desk.name,
            report_id=report_id,
            type=report.type,
            at=self._context.clock.now(),
            reference=report.data.reference,
            provider_reference=report.data.provider_reference,
            body=message.body if message else None,
            author=message.author if message else None,
            called_back_by=self._context.called_back_by,
        )
        files = message.attachments if message and report.type is ReportType.REPLIED else []
        match await self._take(desk, told, files):
            case ReportResult.NOT_FOUND:
                raise Problem(NOT_FOUND, "This provider has no such ticket.")
            case ReportResult.FULL:
                raise Problem(INVALID, "This ticket has as many messages as it may have.")
            case ReportResult.NOT_CALLABLE:
                raise Problem(INVALID, "The requesters of such tickets are not called back.")
        return web.Response(status=204)

    async def _take(
        self, desk: WebhookProvider, told: ProviderReport, files: Sequence["_ReportedAttachment"]
    ) -> ReportResult:
        """Nothing is fetched for what came before, nor for a ticket that the desk hasn't got."""
        if files:
            foreseen = await self._context.intaker.foresee(told)
            if foreseen is not ReportResult.APPLIED:
                return foreseen
            told = replace(told, attachments=await self._fetched(desk, files))
        return await self._context.intaker.report(told)

    async def _fetched(self, desk: WebhookProvider, files: Sequence["_ReportedAttachment"]) -> tuple[Attachment, ...]:
        offered = [Offered(each.name, each.type, each.url) for each in files]
        try:
            return await desk.files.fetch(offered, self._context.blobs)
        except NotFetched as error:
            if error.later:
                detail = f"Attachment {error.number} can't be had now: {error.reason}. Please report it again."
                raise Problem(UNAVAILABLE, detail, headers=_RETRY_AFTER) from error
            flaw = FieldError(f"/data/message/attachments/{error.number}/url", error.reason)
            raise Problem(INVALID, f"An attachment can't be had: {error.reason}", errors=[flaw]) from error


def _without_control_characters(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("control characters are not allowed")
    return text


_Text = Annotated[str, AfterValidator(_without_control_characters)]


class _ReportPart(BaseModel):
    """Desks may say more than we read."""

    model_config = ConfigDict(strict=True, hide_input_in_errors=True)


class _ReportedAttachment(_ReportPart):
    name: Annotated[str, StringConstraints(max_length=_NAME_CHARACTERS)]
    type: Annotated[str, StringConstraints(max_length=_TYPE_CHARACTERS)] = ""
    url: Annotated[str, StringConstraints(max_length=_URL_CHARACTERS)]


class _ReportedMessage(_ReportPart):
    body: Annotated[_Text, StringConstraints(min_length=1, max_length=_BODY_CHARACTERS)]
    author: Annotated[_Text, StringConstraints(max_length=_AUTHOR_CHARACTERS)] | None = None
    attachments: Annotated[list[_ReportedAttachment], Field(max_length=MOST_FILES)] = []


class _ReportedData(_ReportPart):
    reference: Annotated[str, AfterValidator(our_reference)] | None = None
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
