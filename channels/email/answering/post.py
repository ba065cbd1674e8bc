"""The mail channel, as help desks that are reached by mail see it: letters, and their answers."""

from collections.abc import Sequence

from channels.channel import ChannelContext
from channels.email.answering.files import Files
from channels.email.answering.hearing import Hearing
from channels.email.answering.letters import LetterWriter, NoTicket
from channels.email.answering.outbox import Outbox
from channels.email.answering.writing import too_large
from channels.email.identity import MailIdentity
from channels.email.sending import Relay, probe
from channels.email.settings import EmailSettings
from channels.email.step import Step
from gateway.core.errors import ProviderUnavailable, StoreFailed, StoreUnavailable
from gateway.core.post import Deferred, Letter, Outcome, Purpose, Refused
from gateway.core.reference import CANARY_REFERENCE
from gateway.core.smtp_server import SmtpServer
from gateway.core.ticket import Message

_AWAITED = frozenset({Purpose.TICKET, Purpose.CANARY})
"""Whose acknowledgement somebody may wait for."""


class MailPost:
    """Implements the port `Post`. Raises ConfigError for a layout of the organisation's own that can't be filled."""

    def __init__(
        self, settings: EmailSettings, context: ChannelContext, identity: MailIdentity, outbox: Outbox
    ) -> None:
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

    async def acknowledged(self, provider: str, unique: str) -> None:
        """Returns once a mail of that desk has been read that answers that letter."""
        await self._hearing.wait(provider, unique)

    def heard(self, provider: str, unique: str) -> None:
        """A mail of that desk answers that letter."""
        self._hearing.heard(provider, unique)

    def heard_of(self, provider: str, reference: str) -> None:
        """A mail of that desk came to the address that it was given for that reference (a canary's has one, too):
        some systems name no letter that they answer."""
        self._hearing.heard_of(provider, reference)

    async def probe(self, server: SmtpServer | None, *, allow_private: bool) -> None:
        """Does it greet? Raises ProviderUnavailable; the caller bounds the time."""
        relay = self._outbox.relay
        if server is not None:
            relay = Relay.seen_from_outside(server, relay.name, allow_private=allow_private)
        failed: list[Step] = []
        if not await probe(relay, lambda step: failed.append(step) if step.why else None):
            raise ProviderUnavailable(f"{failed[0].name}: {failed[0].why}")

    async def _send(self, letter: Letter, with_files_of: Sequence[Message]) -> Outcome:
        enclosed = await self._files.enclosed(with_files_of)
        content = await self._letters.write(letter, enclosed)
        return await self._outbox.send(letter.to.address, content, self._identity.address)
