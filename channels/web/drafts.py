"""Drafts: what somebody has sent with a form, files included, before it is known whether it may pass. One that may not
goes back to its sender whole."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from aiohttp import web

from channels.channel import ChannelContext
from channels.web.allowance import Allowance
from channels.web.files import FilesOffer, KeptFiles, lost, offer, too_much
from channels.web.form_token import FormTokens
from channels.web.gate import ANSWER_FIELD, TOKEN_FIELD, TRAP_FIELD, Gate, Passage
from channels.web.multipart import FilesRefused, FormLimits, read_form
from channels.web.settings import WebSettings
from channels.web.throttle import LONGEST_DELAY, Step, Throttle
from gateway.core.addresses import client_address
from gateway.core.problems import TOO_MANY, FieldError, Problem
from gateway.core.texts import Language
from gateway.core.ticket import Attachment


@dataclass(frozen=True, slots=True)
class Draft:
    """What a form holds; the empty one, too."""

    fields: dict[str, str] = field(default_factory=dict)
    files: tuple[Attachment, ...] = ()
    kept: str = ""
    """The files for the hidden field, should the form go back."""
    errors: Sequence[FieldError] = ()
    """What is wrong with its files."""
    status: int = 422
    """What to answer where something is wrong."""
    suspicious: bool = False
    """So many have come lately that this one is to be questioned."""

    def get(self, name: str) -> str:
        return self.fields.get(name, "")


@dataclass(frozen=True, slots=True)
class Frame:
    """What every form has beside its own fields, ready to be shown."""

    token: str
    question: str | None
    """To be answered before it is taken, where there is one."""
    question_wrong: bool
    offer: FilesOffer | None
    files: tuple[Attachment, ...]
    kept: str
    trap: str
    token_field: str = TOKEN_FIELD
    trap_field: str = TRAP_FIELD
    answer_field: str = ANSWER_FIELD


class Drafts:
    """Reads drafts for one web channel, no faster than its rates allow."""

    def __init__(self, settings: WebSettings, context: ChannelContext, throttle: Throttle) -> None:
        self._context = context
        self._throttle = throttle
        self._files = settings.attachments
        self._limits = FormLimits(settings.body_limit, settings.attachments)
        self._key = context.signer.derived_key(f"{context.name}/form")
        self._kept = KeptFiles(context.signer.derived_key(f"{context.name}/kept files"))

    def gate(self, form: str) -> Gate:
        """The gate of the forms that `form` names."""
        return Gate(FormTokens(self._key, form))

    async def read(self, request: web.Request, language: Language) -> Draft:
        """Raises Problem for what is no form, for too much of one, and in a flood."""
        pace = self._throttle.pace(client_address(request), self._context.clock.now())
        if pace.step is Step.REFUSE:
            self._context.measurements.intake_refused(self._context.name, "flood")
            raise too_many(pace.seconds)
        status, errors = 422, list[FieldError]()
        try:
            allowance = Allowance.of(request, self._context, self._throttle)
            fields, new = await read_form(request, self._limits, allowance, language)
        except FilesRefused as refused:
            fields, new = refused.fields, refused.attachments
            status, errors = refused.type.status, list(refused.errors)
        slowed = pace.step is not Step.SLOW or await self._throttle.delay(pace.seconds)
        now = self._context.clock.now()
        kept = self._kept.read(fields, now)
        if kept.lost:
            errors.append(lost(language))
        files = (*kept.files, *new)
        errors += too_much(self._files, files, language)
        return Draft(
            fields=fields,
            files=files,
            kept=self._kept.write(files, kept.since if kept.files else now),
            errors=errors,
            status=status,
            suspicious=pace.step is Step.QUESTION or not slowed,
        )

    def frame(self, gate: Gate, draft: Draft, language: Language, passage: Passage | None) -> Frame:
        """To show a draft again as the gate says, or for the first time."""
        token = passage.token if passage else gate.token(draft.fields, self._context.clock.now())
        return Frame(
            token=gate.written(token),
            question=gate.question(token).asked(language) if token.asked else None,
            question_wrong=passage is not None and passage.wrong,
            offer=offer(self._files, language),
            files=draft.files,
            kept=draft.kept,
            trap=draft.get(TRAP_FIELD),
        )

    async def let_in(self, passage: Passage) -> None:
        """Waits for as long as the gate says."""
        if passage.wait:
            await self._throttle.delay(min(passage.wait, LONGEST_DELAY))


def too_many(seconds: float) -> Problem:
    """The answer to a flood."""
    return Problem(TOO_MANY, seconds=f"{seconds:g}", headers={"Retry-After": f"{seconds:g}"}, close=True)
