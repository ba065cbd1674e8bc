"""What is owed to requesters by text message: that their request is safe with us, and what a desk answers."""

import asyncio
from collections.abc import Sequence

from channels.channel import Backstage, ChannelContext
from channels.ending import Again, Done, Ending, GiveUp, Step
from channels.phone.messaging.owed import Owed, owed_in
from channels.phone.messaging.parts import PART, SentTexts
from channels.phone.messaging.sending import Text, TextSender
from channels.phone.messaging.sent import About, key_of
from channels.phone.messaging.service import Service
from channels.phone.messaging.splitting import MOST_PARTS
from channels.phone.messaging.statuses import status_page
from channels.phone.messaging.wording import Wording
from channels.phone.settings import TextSettings
from channels.phone.twilio.numbers import Objection, objection
from channels.phone.twilio.rest import NewMessage
from gateway.core.delivery import Case, Kind
from gateway.core.errors import StoreUnavailable
from gateway.core.sending_again import pause_after
from gateway.core.ticket import Direction

_A_DAY = 86_400.0
_FULL_AGAIN = 900.0
_TO_TELL = 15.0
_OBJECTIONS = {
    Objection.NO_NUMBER: "the requester's number is none",
    Objection.COUNTRY: "the requester's number is of a country that isn't among the channel's `countries`",
    Objection.COSTLY: "the requester's number is no ordinary subscriber's, and writing to it may cost much",
    Objection.NO_TEXTS: "the requester's number is a fixed line",
}
_TOO_LONG = "it is too long for text messages, and there is no web channel with a page to read it on"
_STOPPED = "the requester wants no messages: they wrote STOP, or BAJA"


class TextAnswers:
    """The handlers of acknowledgements and answers. `base` is the address of the channel's webhooks; `service` is the
    channel's."""

    def __init__(
        self,
        settings: TextSettings,
        service: Service,
        context: ChannelContext,
        backstage: Backstage,
        texts: SentTexts,
        sender: TextSender,
        base: str,
    ) -> None:
        self._settings = settings
        self._own = service.written(settings.numbers[0])
        self._context = context
        self._store = backstage.store
        self._texts = texts
        self._sender = sender
        self._base = base
        self._wording = Wording(context.organisation.name, context.organisation.texts)
        self._ending = Ending(backstage.store, context.clock)

    async def do(self, case: Case) -> None:
        """Ends the lease in every case but that of a store that is away."""
        delivery = case.delivery
        try:
            async with asyncio.timeout(delivery.due_at - _TO_TELL - self._context.clock.now()):
                step = await self._step(case)
        except TimeoutError:
            step = Again(0.0, "it was being sent still when its time was over")
        except StoreUnavailable as error:
            step = Again(pause_after(delivery.attempts), str(error))
        await self._ending.end(delivery, step)

    async def _step(self, case: Case) -> Step:
        owed = owed_in(case, self._own)
        if isinstance(owed, str):
            return GiveUp(owed)
        if await self._store.opted_out(self._context.name, owed.phone):
            return Done() if case.delivery.kind is Kind.ACKNOWLEDGEMENT else GiveUp(_STOPPED)
        against = objection(owed.phone, self._settings.countries, texts=owed.service is Service.SMS)
        if against is not None:
            return GiveUp(_OBJECTIONS[against])
        bodies = self._bodies(owed, case.delivery.kind)
        if bodies is None:
            return GiveUp(_TOO_LONG)
        return await self._send(owed, bodies, case)

    def _bodies(self, owed: Owed, kind: Kind) -> list[str] | None:
        ticket = owed.ticket
        language, page = ticket.language or self._settings.language, self._context.page_of(ticket.id)
        if kind is Kind.ACKNOWLEDGEMENT:
            return [self._wording.acknowledgement(ticket, language, page)]
        return self._wording.answer(ticket, owed.message, language, page)

    async def _send(self, owed: Owed, bodies: Sequence[str], case: Case) -> Step:
        """One after the other, each once: a part that Twilio has is passed over. One that it could not deliver has a
        delivery to itself."""
        ticket, message_id = owed.ticket, owed.message.id
        failed = case.delivery.payload.get(PART)
        for part, body in enumerate(bodies, start=1):
            if failed not in (None, part):
                continue
            about = About(ticket.id, ticket.reference, message_id, part, is_answer=case.delivery.kind is Kind.ANSWER)
            if await self._too_many(about.key):
                return Again(_FULL_AGAIN, "the channel has sent `most_a_day` texts in the last 24 hours")
            callback = f"{self._base}/{status_page(message_id, part)}"
            message = NewMessage(owed.to, owed.sender, body, status_callback=callback)
            text = Text(about, message, owed.phone, _twins(case, owed), anew=failed is not None)
            step = await self._sender.send(text, case.delivery)
            if not isinstance(step, Done):
                return step
        return Done()

    async def _too_many(self, key: str) -> bool:
        """Whether this one would be one too many (T35); one that was counted before isn't."""
        if await self._texts.of(key) is not None:
            return False
        return await self._texts.sent_since(self._context.clock.now() - _A_DAY) >= self._settings.most_a_day


def _twins(case: Case, owed: Owed) -> list[str]:
    """Keys of what was or will be sent for other messages with the same words in this ticket."""
    return [
        key_of(each.id, part)
        for each in case.messages
        if each.direction is Direction.OUTBOUND and each.id != owed.message.id and each.body == owed.message.body
        for part in range(1, MOST_PARTS + 1)
    ]
