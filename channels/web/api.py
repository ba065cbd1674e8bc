"""`POST /api/v1/tickets`: a request for help as JSON, answered once it is on disk."""

import hashlib
import hmac
import re

import orjson
from aiohttp import web
from pydantic import ValidationError

from channels.channel import ChannelContext
from channels.web.complaints import complaints
from channels.web.content import JSON, parse_object, read_content
from channels.web.settings import WebSettings
from channels.web.submission import Submission, submission_model
from gateway.core.clock import iso
from gateway.core.problems import BAD_REQUEST, INVALID, KEY_REUSED, UNAUTHORIZED, Problem
from gateway.core.texts import Language, Texts, choose_language, mark
from gateway.core.ticket import Acceptance, DedupeKey, Receipt

API_PATH = "/api/v1/tickets"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_BAD_KEY = mark("Idempotency-Key must be given once, with 1 to 255 visible ASCII characters.")


class TicketApi:
    """The API of one web channel."""

    def __init__(self, settings: WebSettings, context: ChannelContext, texts: Texts) -> None:
        self._context = context
        self._texts = texts
        self._scope = f"{context.name}/api"
        self._body_limit = settings.body_limit
        self._model = submission_model(settings)
        key = settings.api_key
        self._authorization = f"Bearer {key.get_secret_value()}".encode() if key else None

    async def create(self, request: web.Request) -> web.Response:
        """201 after the commit; the same key and content again: the same answer. Raises Problem otherwise."""
        self._authorize(request)
        language = self._language(request)
        key = _idempotency_key(request, language)
        content = await read_content(request, JSON, self._body_limit)
        submission = self._validate(parse_object(content, language), language)
        dedupe = DedupeKey(self._scope, key, fingerprint(submission)) if key else None
        receipt = await self._context.intake.receive(submission.message(self._context.name, dedupe))
        if receipt.acceptance is Acceptance.CONFLICT:
            raise Problem(KEY_REUSED)
        return self._created(receipt)

    def _authorize(self, request: web.Request) -> None:
        if self._authorization is None:
            return
        given = request.headers.get("Authorization", "").encode(errors="surrogateescape")
        if not hmac.compare_digest(given, self._authorization):
            raise Problem(UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})

    def _language(self, request: web.Request) -> Language:
        return self._texts.get(choose_language(self._context.languages, request.headers.get("Accept-Language", "")))

    def _validate(self, document: dict[str, object], language: Language) -> Submission:
        try:
            return self._model.model_validate(document)
        except ValidationError as error:
            raise Problem(INVALID, errors=complaints(error, language)) from None

    def _created(self, receipt: Receipt) -> web.Response:
        status_url = f"{self._context.public_url}/t/{self._context.signer.sign(receipt.ticket_id)}"
        answer = {
            "reference": receipt.reference,
            "status_url": status_url,
            "received_at": iso(receipt.received_at),
        }
        headers = {"Location": status_url, "Content-Type": JSON, "Cache-Control": "no-store"}
        if receipt.acceptance is Acceptance.DUPLICATE:
            headers["Idempotent-Replayed"] = "true"
        return web.Response(status=201, body=orjson.dumps(answer), headers=headers)


def _idempotency_key(request: web.Request, language: Language) -> str | None:
    keys = request.headers.getall("Idempotency-Key", ())
    if not keys:
        return None
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        raise Problem(BAD_REQUEST, language(_BAD_KEY))
    return keys[0]


def fingerprint(submission: Submission) -> str:
    """SHA-256 of the content as it was understood: the order of members and white space don't count."""
    canonical = orjson.dumps(submission.model_dump(), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(canonical).hexdigest()
