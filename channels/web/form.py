"""`/`: the form, which needs no JavaScript. Sent, it leads to the requester's page."""

import re
import secrets
from collections.abc import Mapping, Sequence

from aiohttp import web
from pydantic import ValidationError

from channels.channel import ChannelContext
from channels.web.api import fingerprint
from channels.web.complaints import complaints
from channels.web.content import FORM, parse_form, read_content
from channels.web.pages import Pages, refuse_cross_site
from channels.web.settings import WebSettings
from channels.web.submission import submission_model
from gateway.core.errors import StoreFailed, StoreUnavailable
from gateway.core.problems import FieldError
from gateway.core.texts import Language, mark
from gateway.core.ticket import Acceptance, DedupeKey

_FORM_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_TOP_FIELDS = ("subject", "body")
_REQUESTER_FIELDS = ("name", "email", "phone")

NOT_SAVED = mark(
    "We can't save requests at the moment. Nothing was sent, and your text is still here: "
    "please try again in a few minutes."
)
SENT_BEFORE = mark("This was sent before, with other words. Send it again if you want us to have this text as well.")
RETRY_AFTER = {"Retry-After": "60"}


def new_form_id() -> str:
    """Marks one rendering of a form, so that sending it twice makes one message."""
    return secrets.token_urlsafe(16)


def form_id(fields: Mapping[str, str]) -> str:
    """The id that a form came with; a new one in place of what we can't have made."""
    given = fields.get("form_id", "")
    return given if _FORM_ID.fullmatch(given) else new_form_id()


class RequestForm:
    """The form of one web channel."""

    def __init__(self, settings: WebSettings, context: ChannelContext, pages: Pages) -> None:
        self._context = context
        self._pages = pages
        self._scope = f"{context.name}/form"
        self._body_limit = settings.body_limit
        self._model = submission_model(settings)

    async def show(self, request: web.Request) -> web.Response:
        """The empty form."""
        return self._form(request, self._pages.language(request), switch=True)

    async def send(self, request: web.Request) -> web.Response:
        """303 to the requester's page once the request is on disk; else the form again, with what was written."""
        refuse_cross_site(request)
        language = self._pages.language(request)
        fields = parse_form(await read_content(request, FORM, self._body_limit), language)
        try:
            submission = self._model.model_validate(_document(fields, language))
        except ValidationError as error:
            return self._form(request, language, fields, status=422, errors=complaints(error, language))
        dedupe = DedupeKey(self._scope, form_id(fields), fingerprint(submission.model_copy(update={"language": None})))
        try:
            receipt = await self._context.intake.receive(submission.message(self._context.name, dedupe))
        except (StoreUnavailable, StoreFailed):
            return self._form(request, language, fields, status=503, notice=language(NOT_SAVED))
        if receipt.acceptance is Acceptance.CONFLICT:
            fields["form_id"] = new_form_id()
            return self._form(request, language, fields, status=409, notice=language(SENT_BEFORE))
        token = self._context.signer.sign(receipt.ticket_id)
        raise web.HTTPSeeOther(f"{self._pages.base}/t/{token}{self._pages.links(request)}")

    def _form(
        self,
        request: web.Request,
        language: Language,
        fields: Mapping[str, str] | None = None,
        *,
        status: int = 200,
        errors: Sequence[FieldError] = (),
        notice: str | None = None,
        switch: bool = False,
    ) -> web.Response:
        values = fields or {}
        response = self._pages.render(
            "form.html",
            language,
            status=status,
            action=f"{self._pages.base}/{self._pages.links(request)}",
            form_id=form_id(values),
            values={name: values.get(name, "") for name in (*_TOP_FIELDS, *_REQUESTER_FIELDS)},
            errors={error.pointer.rpartition("/")[2]: error.detail for error in errors},
            notice=notice,
            switch=switch,
        )
        if status == 503:
            response.headers.update(RETRY_AFTER)
        return response


def _document(fields: Mapping[str, str], language: Language) -> dict[str, object]:
    # A field left empty is a field not given, except where one is required.
    requester = {name: fields[name] for name in _REQUESTER_FIELDS if fields.get(name)}
    required = {name: fields.get(name, "") for name in _TOP_FIELDS}
    return {**required, "requester": requester, "language": language.code}
