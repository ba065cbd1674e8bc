"""`POST /api/v1/tickets`: a request for help as JSON, or as a form with files, answered once it is on disk."""

import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from http import HTTPStatus

import orjson
from aiohttp import hdrs, web
from multidict import istr
from pydantic import TypeAdapter, ValidationError

from channels.channel import ChannelContext
from channels.web.allowance import Allowance
from channels.web.answers import check_answers
from channels.web.categories import Categories
from channels.web.complaints import complaints
from channels.web.content import JSON, media_type_of, parse_object, read_content
from channels.web.drafts import too_many
from channels.web.multipart import MULTIPART, FormLimits, read_form
from channels.web.pages import refuse_cross_site
from channels.web.settings import WebSettings
from channels.web.submission import Submission, submission_model
from channels.web.throttle import Pace, Step, Throttle
from gateway.core.addresses import client_address
from gateway.core.clock import iso
from gateway.core.problems import BAD_REQUEST, INVALID, KEY_REUSED, UNAUTHORIZED, FieldError, Problem
from gateway.core.ready_answer import ReadyAnswer, ReadyHead
from gateway.core.texts import ACCEPTED_LIMIT, Language, Texts, choose_language, mark
from gateway.core.ticket import Acceptance, Attachment, DedupeKey, Receipt

API_PATH = "/api/v1/tickets"
_IDEMPOTENCY_KEY = istr("Idempotency-Key")
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_NO_CATEGORY = mark("There is no such category; allowed: {categories}.")
_TICKET = "ticket"
"""The field of a form that has the JSON; everything else in it is a file."""
_NO_TICKET = mark("Beside its files the form must have the field ticket, with the JSON, and no other.")
_BAD_KEY = mark("Idempotency-Key must be given once, with 1 to 255 visible ASCII characters.")

_KEPT = {"Content-Type": JSON, "Cache-Control": "no-store"}
_CREATED = ReadyHead(HTTPStatus.CREATED, _KEPT)
_CREATED_BEFORE = ReadyHead(HTTPStatus.CREATED, {**_KEPT, "Idempotent-Replayed": "true"})


class TicketApi:
    """The API of one web channel."""

    def __init__(self, settings: WebSettings, context: ChannelContext, texts: Texts, throttle: Throttle) -> None:
        self._context = context
        self._throttle = throttle
        self._categories = Categories(settings.categories)
        self._scope = f"{context.name}/api"
        self._limits = FormLimits(settings.body_limit, settings.attachments)
        # The model's own validator: what pydantic puts around it at each call costs a sixth as much again.
        validator = TypeAdapter(submission_model(settings)).validator
        self._validated: Callable[[object], Submission] = validator.validate_python
        offered = context.organisation.languages
        self._language = lru_cache(maxsize=256)(lambda accepted: texts.get(choose_language(offered, accepted)))
        key = settings.api_key
        self._authorization = f"Bearer {key.get_secret_value()}".encode() if key else None

    async def create(self, request: web.Request) -> web.StreamResponse:
        """201 after the commit; the same key and content again: the same answer. Raises Problem otherwise."""
        refuse_cross_site(request)
        pace = self._pace(request)
        if pace.step is not Step.PASS:
            await self._throttle.delay(pace.seconds)
        self._authorize(request)
        language = self._language(request.headers.get(hdrs.ACCEPT_LANGUAGE, "")[:ACCEPTED_LIMIT])
        key = _idempotency_key(request, language)
        files: tuple[Attachment, ...] = ()
        if request.headers.get(hdrs.CONTENT_TYPE) == JSON or media_type_of(request) != MULTIPART:
            content = await read_content(request, JSON, self._limits.fields)
        else:
            content, files = await self._form(request, language)
        submission = self._validate(parse_object(content, language), language)
        dedupe = DedupeKey(self._scope, key, fingerprint(submission, files)) if key else None
        message = submission.message(self._context.name, dedupe)
        receipt = await self._context.intake.receive(replace(message, attachments=files) if files else message)
        if receipt.acceptance is Acceptance.CONFLICT:
            raise Problem(KEY_REUSED)
        return self._created(receipt)

    def _authorize(self, request: web.Request) -> None:
        if self._authorization is None:
            return
        given = request.headers.get(hdrs.AUTHORIZATION, "").encode(errors="surrogateescape")
        if not hmac.compare_digest(given, self._authorization):
            self._context.measurements.intake_refused(self._context.name, "unauthorized")
            raise Problem(UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})

    def _pace(self, request: web.Request) -> Pace:
        """A program can't be asked a question: it is slowed for longer, and refused in a flood of its own.

        Where too many wait already it passes unslowed: what others send is no reason to turn it away.
        """
        pace = self._throttle.pace(client_address(request), self._context.clock.now())
        if pace.step is Step.REFUSE:
            self._context.measurements.intake_refused(self._context.name, "flood")
            raise too_many(pace.seconds)
        return pace

    async def _form(self, request: web.Request, language: Language) -> tuple[bytes, tuple[Attachment, ...]]:
        """The ticket's JSON, which is the field `ticket` of a form that has files beside it, and those."""
        allowance = Allowance.of(request, self._context, self._throttle)
        fields, files = await read_form(request, self._limits, allowance, language)
        if fields.keys() != {_TICKET}:
            raise Problem(INVALID, errors=[FieldError(f"/{_TICKET}", language(_NO_TICKET))])
        return fields[_TICKET].encode(), tuple(files)

    def _validate(self, document: dict[str, object], language: Language) -> Submission:
        try:
            submission = self._validated(document)
        except ValidationError as error:
            raise Problem(INVALID, errors=complaints(error, language)) from None
        if self._categories and submission.category is not None:
            return in_category(submission, self._categories, language)
        return submission

    def _created(self, receipt: Receipt) -> web.StreamResponse:
        status_url = f"{self._context.public_url}/t/{self._context.signer.sign(receipt.ticket_id)}"
        answer = {
            "reference": receipt.reference,
            "status_url": status_url,
            "received_at": iso(receipt.received_at),
        }
        head = _CREATED_BEFORE if receipt.acceptance is Acceptance.DUPLICATE else _CREATED
        return ReadyAnswer(head, orjson.dumps(answer), {"Location": status_url})


def _idempotency_key(request: web.Request, language: Language) -> str | None:
    keys = request.headers.getall(_IDEMPOTENCY_KEY, ())
    if not keys:
        return None
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        raise Problem(BAD_REQUEST, language(_BAD_KEY))
    return keys[0]


def in_category(submission: Submission, categories: Categories, language: Language) -> Submission:
    """The same with its category's priority and checked answers. Raises Problem."""
    category = categories.get(submission.category)
    if category is None:
        allowed = language(_NO_CATEGORY, categories=", ".join(categories.all))
        raise Problem(INVALID, errors=[FieldError("/category", allowed)])
    answers, wrong = check_answers(category, submission.metadata, language)
    if wrong:
        raise Problem(INVALID, errors=[FieldError(f"/metadata/{name}", detail) for name, detail in wrong.items()])
    changes: dict[str, object] = {"metadata": {**submission.metadata, **answers}}
    if category.priority and "priority" not in submission.model_fields_set:
        changes["priority"] = category.priority
    return submission.model_copy(update=changes)


def fingerprint(submission: Submission, files: Sequence[Attachment] = ()) -> str:
    """SHA-256 of the content as it was understood: the order of members and white space don't count."""
    # The models are read as they are, which costs half of what their own way to JSON does.
    digest = hashlib.sha256(orjson.dumps(vars(submission), default=vars, option=orjson.OPT_SORT_KEYS))
    for each in files:
        digest.update(orjson.dumps([each.name, each.digest]))
    return digest.hexdigest()
