"""`/`: the form, which needs no JavaScript. Sent, it leads to the requester's page."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from aiohttp import web
from pydantic import ValidationError

from channels.channel import ChannelContext
from channels.web.answers import check_answers
from channels.web.api import fingerprint
from channels.web.categories import Categories, CategorySettings
from channels.web.complaints import complaints
from channels.web.drafts import Draft, Drafts
from channels.web.gate import Passage
from channels.web.pages import Pages, refuse_cross_site, see
from channels.web.sending import ComesBack, Sending
from channels.web.settings import WebSettings
from channels.web.submission import Submission, submission_model
from channels.web.visit import Visit
from gateway.core.problems import FieldError
from gateway.core.texts import Language
from gateway.core.ticket import DedupeKey, InboundMessage
from gateway.core.turns import Turns

STEP_FIELD = "step"
"""Which button was pressed, where it is not the one that sends."""
CHOOSE, SHOW = "choose", "show"
"""Choose another category; show the form again, in another language. What was written stays."""
CHOSEN_FIELD = "chosen"
"""The category that was then chosen."""
ANSWER_PREFIX = "answer-"
"""Before the id of a category's own field."""
_TOP_FIELDS = ("subject", "body")
_REQUESTER_FIELDS = ("name", "email", "phone")


class RequestForm:
    """The form of one web channel."""

    def __init__(
        self, settings: WebSettings, context: ChannelContext, pages: Pages, drafts: Drafts, turns: Turns
    ) -> None:
        self._context = context
        self._pages = pages
        self._drafts = drafts
        self._turns = turns
        self._sending = Sending(context, drafts)
        self._gate = drafts.gate("new")
        self._scope = f"{context.name}/form"
        self._categories = Categories(settings.categories)
        self._model = submission_model(settings)

    async def show(self, request: web.Request) -> web.Response:
        """The categories to choose from; or the empty form, where there are none or one was chosen."""
        async with self._turns.one(request):
            visit = self._pages.visits.of(request)
            chosen = request.query.get("category")
            if self._categories and chosen is None:
                return self._chooser(visit, Draft())
            return self._form(visit, Draft({"category": chosen or ""}))

    async def send(self, request: web.Request) -> web.Response:
        """303 to the requester's page once the request is on disk; else the form again, with what was written."""
        refuse_cross_site(request)
        visit = self._pages.visits.of(request)
        draft = await self._drafts.read(request, visit.language)
        if draft.get(STEP_FIELD) == CHOOSE:
            return self._chooser(visit, draft)
        if CHOSEN_FIELD in draft.fields:
            draft.fields["category"] = draft.fields.pop(CHOSEN_FIELD)
            return self._form(visit, draft)
        if draft.get(STEP_FIELD) == SHOW:
            return self._form(visit, draft)
        submission, errors = self._validated(draft, visit.language)
        if submission is None or errors:
            return self._form(visit, draft, status=draft.status, errors=errors)
        try:
            passage = await self._sending.pass_gate(self._gate, draft, visit.language)
            message = self._message(submission, draft, passage)
            receipt = await self._sending.receive(message, self._gate, visit.language)
        except ComesBack as back:
            return self._form(visit, draft, status=back.status, notice=back.notice, passage=back.passage)
        raise see(visit, f"{self._pages.base}/t/{self._context.signer.sign(receipt.ticket_id)}{visit.query()}")

    def _message(self, submission: Submission, draft: Draft, passage: Passage) -> InboundMessage:
        content = fingerprint(submission.model_copy(update={"language": None}), draft.files)
        dedupe = DedupeKey(self._scope, passage.token.form_id, content)
        return replace(submission.message(self._context.name, dedupe), attachments=draft.files)

    def _validated(self, draft: Draft, language: Language) -> tuple[Submission | None, Mapping[str, str]]:
        """The submission, and what is wrong by the name of the field."""
        category = self._categories.get(draft.get("category"))
        answers, wrong = check_answers(category, _answers(draft), language) if category else ({}, {})
        errors = {ANSWER_PREFIX + name: detail for name, detail in wrong.items()} | _by_name(draft.errors)
        try:
            submission = self._model.model_validate(_document(draft.fields, category, answers, language))
        except ValidationError as error:
            return None, _by_name(complaints(error, language)) | errors
        return submission, errors

    def _chooser(self, visit: Visit, draft: Draft) -> web.Response:
        kept = {name: text for name, text in draft.fields.items() if name not in (STEP_FIELD, "category", "kept")}
        return self._pages.render(
            "chooser.html",
            visit,
            categories=list(self._categories.all.values()),
            fields=kept,
            kept=draft.kept,
            filled=CHOOSE if kept else None,
            action=f"{self._pages.base}/{visit.query()}",
        )

    def _form(
        self,
        visit: Visit,
        draft: Draft,
        *,
        status: int = 200,
        errors: Mapping[str, str] | None = None,
        notice: str | None = None,
        passage: Passage | None = None,
    ) -> web.Response:
        category = self._categories.get(draft.get("category"))
        return self._pages.render(
            "form.html",
            visit,
            status=status,
            action=f"{self._pages.base}/{visit.query()}",
            frame=self._drafts.frame(self._gate, draft, visit.language, passage),
            values={name: draft.get(name) for name in (*_TOP_FIELDS, *_REQUESTER_FIELDS)},
            answers=_answers(draft),
            category=category,
            questions=category.fields if category else (),
            choosing=bool(self._categories),
            kept_query={"category": draft.get("category")} if self._categories else {},
            errors=_in_order(errors or {}, category),
            notice=notice,
            filled=SHOW if draft.fields.keys() - {"category"} else None,
        )


def _answers(draft: Draft) -> dict[str, str]:
    return {
        name.removeprefix(ANSWER_PREFIX): text for name, text in draft.fields.items() if name.startswith(ANSWER_PREFIX)
    }


def _by_name(errors: Sequence[FieldError]) -> dict[str, str]:
    """What is wrong, by the last step of its pointer; several about the same are one text."""
    found: dict[str, str] = {}
    for error in errors:
        name = error.pointer.rpartition("/")[2]
        found[name] = f"{found[name]} {error.detail}" if name in found else error.detail
    return found


def _in_order(errors: Mapping[str, str], category: CategorySettings | None) -> dict[str, str]:
    """As the fields stand on the page."""
    own = [ANSWER_PREFIX + field.id for field in category.fields] if category else []
    order = ["subject", *own, "body", "attachments", *_REQUESTER_FIELDS]
    return {name: errors[name] for name in sorted(errors, key=lambda name: order.index(name) if name in order else 0)}


def _document(
    fields: Mapping[str, str], category: CategorySettings | None, answers: Mapping[str, str], language: Language
) -> dict[str, object]:
    # A field left empty is a field not given, except where one is required.
    requester = {name: fields[name] for name in _REQUESTER_FIELDS if fields.get(name)}
    required = {name: fields.get(name, "") for name in _TOP_FIELDS}
    document: dict[str, object] = {**required, "requester": requester, "language": language.code, "metadata": answers}
    if category is None:
        return document
    return document | {"category": category.id, "priority": category.priority or "normal"}
