"""The mail channel, as help desks that are reached by mail see it: letters, and their answers."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from channels.channel import Backstage, ChannelContext
from channels.email.answering.canary_marks import CanaryMarks
from channels.email.answering.files import Files
from channels.email.answering.hearing import Hearing
from channels.email.answering.letters import LetterWriter, NoTicket
from channels.email.answering.outbox import Outbox
from channels.email.answering.writing import too_large
from channels.email.identity import MailIdentity
from channels.email.sending.probe import probe
from channels.email.sending.relay import Relay
from channels.email.settings import EmailSettings
from channels.email.step import Step
from channels.email.troubles import MailTroubles
from gateway.core.clock import Instant
from gateway.core.errors import ProviderUnavailable, StoreFailed, StoreUnavailable
from gateway.core.handoff import LIVE, HandoffState
from gateway.core.ids import new_id
from gateway.core.post import Deferred, Letter, Outcome, Purpose, Refused
from gateway.core.reference import CANARY_REFERENCE
from gateway.core.smtp_server import SmtpServer
from gateway.core.ticket import Message

_AWAITED = frozenset({Purpose.TICKET, Purpose.CANARY})
"""Whose acknowledgement somebody may wait for."""
_TAKEN = LIVE | {HandoffState.RESOLVED}
_LOOK_AGAIN = 5.0
"""Seconds after which it is looked up whether another gateway has read what is waited for."""


class MailPost:
    """Implements the port `Post`. Raises ConfigError for a layout of the organisation's own that can't be filled."""

    def __init__(
        self,
        settings: EmailSettings,
        context: ChannelContext,
        backstage: Backstage,
        identity: MailIdentity,
        outbox: Outbox,
        troubles: MailTroubles,
    ) -> None:
        self._reads = context.reads
        self._troubles = troubles
        self._canaries = CanaryMarks(context.name, backstage.store)
        self._identity = identity
        self._outbox = outbox
        self._letters = LetterWriter(settings, context, identity)
        self._files = Files(context.blobs)
        self._hearing = Hearing()

    async def send(self, letter: Letter) -> Outcome:
        """One try, over one relay or the other. A letter that is too large with its files goes without them."""
        if letter.purpose in _AWAITED:
            reference = letter.ticket.reference if letter.ticket else CANARY_REFERENCE
            self._hearing.sent(letter.to.provider, reference, letter.unique)
        try:
            async with self._files.room_for(letter.messages):
                outcome = await self._send(letter, letter.messages)
            if too_large(outcome) and any(message.attachments for message in letter.messages):
                outcome = await self._send(letter, ())
        except NoTicket as error:
            return Refused(str(error), "content", 550)
        except (StoreUnavailable, StoreFailed) as error:
            return Deferred(str(error), "store")
        return outcome

    async def acknowledged(self, provider: str, unique: str, ticket_id: str | None = None) -> None:
        """Returns once a mail of that desk has been read that answers that letter, or what it said of its ticket is in
        the store, whoever read it."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(None if ticket_id is None else _LOOK_AGAIN):
                    await self._hearing.wait(provider, unique)
                return
            if ticket_id is not None and await self._is_taken(ticket_id, unique):
                return

    async def canary_answered(self, provider: str) -> str:
        """The newest, whichever gateway read it. Raises StoreUnavailable, StoreFailed."""
        return await self._canaries.newest(provider)

    def deaf_until(self) -> Instant:
        """When trouble with taking mails in ended; now while there is any."""
        return self._troubles.deaf_until()

    async def close(self) -> None:
        """The last of all."""
        await self._canaries.close()

    def heard(self, provider: str, unique: str, reference: str = "") -> None:
        """A mail of that desk answers that letter, about that reference."""
        self._hearing.heard(provider, unique)
        if reference == CANARY_REFERENCE:
            self._canaries.answered(provider, unique)

    def heard_of(self, provider: str, reference: str) -> None:
        """A mail of that desk came to the address that it was given for that reference (a canary's has one, too):
        some systems name no letter that they answer."""
        self._hearing.heard_of(provider, reference)
        if reference == CANARY_REFERENCE:
            self._canaries.answered(provider, new_id())

    async def probe(self, server: SmtpServer | None, *, allow_private: bool) -> None:
        """Does it greet? Raises ProviderUnavailable; the caller bounds the time."""
        relay = self._outbox.relay
        if server is not None:
            relay = Relay.seen_from_outside(server, relay.name, allow_private=allow_private)
        failed: list[Step] = []
        if not await probe(relay, lambda step: failed.append(step) if step.why else None):
            raise ProviderUnavailable(f"{failed[0].name}: {failed[0].why}")

    async def _is_taken(self, ticket_id: str, handoff_id: str) -> bool:
        try:
            case = await self._reads.ticket(ticket_id)
        except (StoreUnavailable, StoreFailed):
            return False
        handoffs = case.handoffs if case else ()
        return any(each.id == handoff_id and each.state in _TAKEN for each in handoffs)

    async def _send(self, letter: Letter, with_files_of: Sequence[Message]) -> Outcome:
        enclosed = await self._files.enclosed(with_files_of)
        content = await self._letters.write(letter, enclosed)
        return await self._outbox.send(letter.to.address, content, self._identity.address)
