"""From a form that is filled in to a message on disk; or back, with what was written and a word about why."""

from channels.channel import ChannelContext
from channels.web.drafts import Draft, Drafts
from channels.web.gate import Gate, Passage
from gateway.core.errors import StoreFailed, StoreUnavailable
from gateway.core.texts import Language, mark
from gateway.core.ticket import Acceptance, InboundMessage, Receipt

_NOT_SAVED = mark(
    "We can't save requests at the moment. Nothing was sent, and your text is still here: "
    "please try again in a few minutes."
)
_SENT_BEFORE = mark("This was sent before, with other words. Send it again if you want us to have this text as well.")


class ComesBack(Exception):
    """The form is to be shown again as it was filled in; `status` is the answer's, `notice` is for people."""

    def __init__(self, status: int, notice: str | None, passage: Passage | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.notice = notice
        self.passage = passage


class Sending:
    """What the forms of one web channel have in common once nothing is wrong with their fields."""

    def __init__(self, context: ChannelContext, drafts: Drafts) -> None:
        self._context = context
        self._drafts = drafts

    async def pass_gate(self, gate: Gate, draft: Draft, language: Language) -> Passage:
        """Returns when the form may go on. Raises ComesBack."""
        passage = gate.judge(draft.fields, language, self._context.clock.now(), suspicious=draft.suspicious)
        if passage.outcome:
            self._context.measurements.intake_refused(self._context.name, passage.outcome)
            raise ComesBack(422, passage.notice, passage)
        await self._drafts.let_in(passage)
        return passage

    async def receive(self, message: InboundMessage, gate: Gate, language: Language) -> Receipt:
        """The store's word that it is on disk. Raises ComesBack."""
        try:
            receipt = await self._context.intake.receive(message)
        except (StoreUnavailable, StoreFailed):
            raise ComesBack(503, language(_NOT_SAVED)) from None
        if receipt.acceptance is Acceptance.CONFLICT:
            raise ComesBack(409, language(_SENT_BEFORE), gate.another(self._context.clock.now()))
        return receipt
