"""Takes text messages in: what is said about further ones is obeyed, all else becomes a ticket, or part of one.

Everything here may be done twice for the same message, since a crash may come before its last step: Twilio's name of it
sees to it that the second time changes nothing. (Only a START that was obeyed is a message like any other then.)
"""

import asyncio
from dataclasses import replace

from channels.channel import Backstage, ChannelContext
from channels.ending import Again, Done, Ending, GiveUp, Step, lease_of
from channels.phone.messaging.files import Fetched, TextFiles
from channels.phone.messaging.incoming import Incoming, read, written
from channels.phone.messaging.keeping import PAYLOAD
from channels.phone.messaging.threading import ticket_continued
from channels.phone.messaging.tickets import SendersTickets
from channels.phone.messaging.turns import Turns
from channels.phone.messaging.words import Words
from channels.phone.twilio.numbers import Wish
from gateway.core.calls import CallChange, KeptCall
from gateway.core.delivery import Case, Delivery, Kind
from gateway.core.errors import InvalidMessage, StoreUnavailable
from gateway.core.events import Event, TextFilesMissed, TextsStopped, TextsWanted
from gateway.core.sending_again import pause_after
from gateway.core.ticket import Acceptance, Attachment, Receipt

FILES_WITHIN = 120.0
"""Seconds for which a message waits for its files; then it goes on without them, and they follow."""
_FILES_AT_ALL = 86_400.0
_SOON = 5.0
_TO_TELL = 15.0
"""Seconds of a lease that are left to tell the store how it ended."""


class TextTaker:
    """`handle` is the DeliveryHandler."""

    def __init__(self, context: ChannelContext, backstage: Backstage, words: Words, files: TextFiles) -> None:
        self._context = context
        self._backstage = backstage
        self._words = words
        self._files = files
        self._tickets = SendersTickets(context.name, backstage.store, context.reads)
        self._turns = Turns()
        self._ending = Ending(backstage.store, context.clock)

    async def handle(self, case: Case) -> None:
        """Ends the lease in every case but that of a store that is away."""
        delivery = case.delivery
        step: Step | None
        try:
            kept = await self._backstage.store.call(str(delivery.payload[PAYLOAD]))
            if kept is None or kept.over or kept.record is None:
                step = Done()
            else:
                step = await self._take(read(kept.record), kept, delivery)
        except InvalidMessage as error:
            step = GiveUp(f"it can't be taken: {error}")
        except StoreUnavailable as error:
            step = Again(_SOON, f"it can't be taken in now: {error}")
        if step is not None:
            await self._ending.end(delivery, step)

    async def _take(self, incoming: Incoming, kept: KeptCall, delivery: Delivery) -> Step | None:
        """None once all is done, the delivery too."""
        if await self._obeyed(incoming, kept, delivery):
            return None
        fetched = await self._fetch(incoming, delivery)
        age = self._context.clock.now() - delivery.created_at  # of one that had been missed: since it was found
        if fetched.coming and age < FILES_WITHIN:
            return Again(_SOON, fetched.reasons[-1])
        if fetched.coming and age >= _FILES_AT_ALL:
            fetched = replace(fetched, lost=fetched.lost + fetched.coming, coming=0)
        receipt = await self._receive(incoming, fetched)
        if receipt.acceptance is Acceptance.DUPLICATE:
            await self._add_late_files(incoming, fetched, receipt)
        if fetched.coming:
            return Again(pause_after(delivery.attempts), fetched.reasons[-1])
        await self._done(incoming, kept, delivery, self._missed(fetched, receipt))
        return None

    async def _obeyed(self, incoming: Incoming, kept: KeptCall, delivery: Delivery) -> bool:
        """Whether the message was nothing but a wish about further ones, which holds from now on."""
        wish, phone, store = incoming.wish, incoming.phone, self._backstage.store
        name, now = self._context.name, self._context.clock.now()
        if wish is None or phone is None or (wish is Wish.START and not await store.opted_out(name, phone)):
            return False
        await store.opt_out(name, phone, incoming.at, out=wish is Wish.STOP)
        said = TextsStopped(at=now, channel=name) if wish is Wish.STOP else TextsWanted(at=now, channel=name)
        await self._done(incoming, kept, delivery, (said,))
        return True

    async def _fetch(self, incoming: Incoming, delivery: Delivery) -> Fetched:
        say = self._words.language_of(incoming)
        try:
            async with asyncio.timeout(delivery.due_at - _TO_TELL - self._context.clock.now()):
                return await self._files.fetch(incoming, say)
        except TimeoutError:
            return Fetched(coming=incoming.files, reasons=("they did not all come in time",))

    async def _receive(self, incoming: Incoming, fetched: Fetched) -> Receipt:
        """As a new ticket, or a message of one; where that one is full, as a new ticket that is linked to it."""
        phone = incoming.phone
        if phone is None:
            return await self._received(incoming, fetched, None)
        async with self._turns.of(phone):
            sender = await self._tickets.of(phone, incoming.body)
            continued = ticket_continued(sender, incoming.at)
            if continued is None:
                return await self._received(incoming, fetched, sender.theirs)
            receipt = await self._context.intake.receive(self._words.further(incoming, fetched, continued.id))
            if receipt.acceptance is not Acceptance.FULL:
                return receipt
            return await self._received(incoming, fetched, continued.reference)

    async def _received(self, incoming: Incoming, fetched: Fetched, linked: str | None) -> Receipt:
        message = self._words.first(incoming, fetched, linked)
        receipt = await self._context.intake.receive(message)
        if message.acknowledge and receipt.acceptance is Acceptance.NEW:
            self._backstage.owed(Kind.ACKNOWLEDGEMENT)
        return receipt

    async def _add_late_files(self, incoming: Incoming, fetched: Fetched, receipt: Receipt) -> None:
        """What its message didn't have when it was taken in."""
        there = await self._there(receipt)
        late = tuple(each for each in fetched.attachments if each.digest not in there)
        if (late or fetched.lost) and not fetched.coming:
            message = self._words.late_files(incoming, replace(fetched, attachments=late), receipt.ticket_id)
            await self._context.intake.receive(message)

    async def _there(self, receipt: Receipt) -> set[str]:
        case = await self._context.reads.ticket(receipt.ticket_id)
        taken: tuple[Attachment, ...] = ()
        if case is not None:
            taken = next((each.attachments for each in case.messages if each.id == receipt.message_id), ())
        return {each.digest for each in taken}

    def _missed(self, fetched: Fetched, receipt: Receipt) -> tuple[Event, ...]:
        if not fetched.lost:
            return ()
        missed = TextFilesMissed(
            at=self._context.clock.now(),
            ticket_id=receipt.ticket_id,
            reference=receipt.reference,
            channel=self._context.name,
            message_id=receipt.message_id,
            files=fetched.lost,
            reason=fetched.reasons[-1],
        )
        return (missed,)

    async def _done(self, incoming: Incoming, kept: KeptCall, delivery: Delivery, events: tuple[Event, ...]) -> None:
        """That it came stays known for ever; its words are in the ticket, and nowhere else."""
        change = CallChange(
            sid=kept.sid,
            channel=kept.channel,
            record=written(Incoming(incoming.sid, "", "", "", incoming.at)),
            at=self._context.clock.now(),
            seen=kept.version,
            over=True,
            events=events,
            done=lease_of(delivery),
        )
        await self._backstage.store.keep_call(change)
