"""What is owed to requesters by mail: that their request is safe with us, and what a desk answers."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from channels.channel import Backstage, ChannelContext
from channels.email.answering.files import Files
from channels.email.answering.outbox import Outbox
from channels.email.answering.owed import Owed, owed_in
from channels.email.answering.retries import next_step
from channels.email.answering.writing import Writer, too_large
from channels.email.composing import OutgoingFile, Written, mail_templates
from channels.email.identity import MailIdentity
from channels.email.settings import EmailSettings
from channels.ending import Ending, GiveUp
from gateway.core.delivery import Case
from gateway.core.errors import StoreUnavailable
from gateway.core.post import Deferred, Outcome, Unknown

_TO_TELL = 15.0
"""Seconds of a lease that are left to tell the store how a mail ended: after it another would send the mail, too."""


class Answers:
    """The handlers of acknowledgements and answers. Raises ConfigError for a layout of the organisation's own that
    can't be filled."""

    def __init__(
        self,
        settings: EmailSettings,
        context: ChannelContext,
        backstage: Backstage,
        identity: MailIdentity,
        outbox: Outbox,
    ) -> None:
        self._context = context
        self._store = backstage.store
        self._ending = Ending(backstage.store, context.clock)
        self._identity = identity
        self._outbox = outbox
        self._language = settings.language
        self._templates = mail_templates(context.organisation.name, context.organisation.texts)
        self._writer = Writer(identity, settings.name or context.organisation.name)
        self._files = Files(context.blobs)

    async def acknowledgement(self, case: Case) -> None:
        """Their request is with us."""
        await self._do(case, self._acknowledge)

    async def answer(self, case: Case) -> None:
        """What a desk wrote, in the organisation's name."""
        await self._do(case, self._send_on)

    async def _do(self, case: Case, send: Callable[[Owed], Awaitable[Outcome]]) -> None:
        delivery = case.delivery
        owed = owed_in(case)
        if isinstance(owed, str):
            await self._ending.end(delivery, GiveUp(owed))
            return
        try:
            async with asyncio.timeout(delivery.due_at - _TO_TELL - self._context.clock.now()):
                outcome = await send(owed)
        except StoreUnavailable as error:
            outcome = Deferred(str(error), "store")
        except TimeoutError:
            outcome = Unknown("it was being sent still when its time was over")
        await self._ending.end(delivery, next_step(outcome, delivery, self._context.clock.now()))

    async def _acknowledge(self, owed: Owed) -> Outcome:
        ticket = owed.ticket
        page = self._context.page_of(ticket.id)
        words = self._templates.acknowledgement(
            ticket.language or self._language, ticket.reference, ticket.subject, page
        )
        return await self._send(owed, words, automatic=True)

    async def _send_on(self, owed: Owed) -> Outcome:
        """With its files, as far as they can go along."""
        async with self._files.room_for([owed.message]):
            (enclosed,) = await self._files.enclosed([owed.message])
            outcome = await self._send(owed, self._answer(owed, enclosed.left_out), enclosed.files)
            if not (enclosed.files and too_large(outcome)):
                return outcome
        every = [each.name for each in owed.message.attachments]
        return await self._send(owed, self._answer(owed, every))

    def _answer(self, owed: Owed, left_out: Sequence[str]) -> Written:
        ticket = owed.ticket
        page = self._context.page_of(ticket.id) if left_out else None
        language = ticket.language or self._language
        return self._templates.answer(language, ticket.reference, ticket.subject, owed.message.body, left_out, page)

    async def _send(
        self, owed: Owed, words: Written, files: Sequence[OutgoingFile] = (), *, automatic: bool = False
    ) -> Outcome:
        theirs = await self._store.header_ids(owed.ticket.id)
        reference = owed.ticket.reference
        ours = [self._identity.message_id(reference, unique) for unique in owed.earlier]
        content = await self._writer.write(
            words,
            recipient=owed.recipient,
            reference=reference,
            unique=owed.message.id,
            at=owed.at,
            answers=(theirs or ours)[-1:],
            references=[*theirs, *ours],
            files=files,
            automatic=automatic,
        )
        return await self._outbox.send(owed.recipient, content, self._identity.address)
