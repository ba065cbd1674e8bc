"""The provider behind its port: letters out. What the desk's mails say comes in by the mail channel, as its reports."""

import asyncio
from collections import OrderedDict

from gateway.core.delivery import Answer, Case
from gateway.core.errors import ConfigError, ProviderUnavailable
from gateway.core.handoff import Handoff, Outcome
from gateway.core.post import DeskContact, Letter, Purpose, Sent
from gateway.core.post import Outcome as Posted
from gateway.core.provider import Copy
from gateway.core.settings import show_duration
from gateway.core.ticket import Message
from routing.providers.context import ProviderContext
from routing.providers.email.canaries import CanaryFlights
from routing.providers.email.outcome import AFTER_UNKNOWN, not_handed_over, require_sent
from routing.providers.email.settings import EmailDeskSettings

_MOST_REMEMBERED = 10_000


class EmailProvider:
    """A desk that has an address. It can't be asked for anything: `contact` is how the channel knows its mails, and
    what they say of its tickets is reported to intake. Raises ConfigError where its channel sends no mail."""

    def __init__(self, settings: EmailDeskSettings, context: ProviderContext) -> None:
        post = context.posts.get(settings.via)
        if post is None:
            raise ConfigError(f"provider {context.name}: {settings.via} is no mail channel that can send")
        self.name = context.name
        self.contact = DeskContact(
            provider=context.name,
            via=settings.via,
            address=settings.address,
            senders=settings.known_senders,
            ticket_number=settings.ticket_number,
            picked_up=settings.picked_up,
            resolved=settings.resolved,
        )
        self._settings = settings
        self._post = post
        self._taken: OrderedDict[str, None] = OrderedDict()
        self._canaries = (
            CanaryFlights(settings.canary, self.contact, post, context.clock) if settings.canary is not None else None
        )

    async def create(self, case: Case, handoff: Handoff) -> Answer:
        """One attempt, within `timeout` in all; the letter is the same on every one, its Message-ID included."""
        if case.ticket is None:
            return Answer(Outcome.REFUSED, "there is no ticket in it")
        given = tuple(message for message in case.messages if message.number <= handoff.messages_sent)
        letter = Letter(self.contact, Purpose.TICKET, handoff.id, case.ticket, handoff, given)
        within = self._settings.timeout
        try:
            async with asyncio.timeout(within):
                return await self._hand_over(letter)
        except TimeoutError:
            lacks = "acknowledgement" if handoff.id in self._taken else "answer of the mail server"
            return Answer(Outcome.UNKNOWN, f"no {lacks} within {show_duration(within)}", explicit=False)

    async def find(self, handoff: Handoff) -> Copy | None:
        """It can't be asked. Raises ProviderUnavailable."""
        raise ProviderUnavailable("a desk that is reached by mail can't be asked for a ticket")

    async def read(self, handoff: Handoff) -> Copy | None:
        """It can't be asked. Raises ProviderUnavailable."""
        return await self.find(handoff)

    async def append(self, handoff: Handoff, message: Message) -> None:
        """A letter in the same thread; the message's id makes it the same letter on every try."""
        await self._tell(handoff, Purpose.MESSAGE, message.id, (message,))

    async def withdraw(self, handoff: Handoff, reason: str) -> None:
        """A letter in the same thread, whether the desk has the ticket or not."""
        await self._tell(handoff, Purpose.WITHDRAWAL, f"{handoff.id}w", reason=reason)

    async def probe(self, timeout: float) -> None:
        """Its mail server's greeting, and its canaries' acknowledgements."""
        health = self._settings.health
        async with asyncio.timeout(timeout):
            await self._post.probe(health.smtp, allow_private=health.allow_private or health.smtp is None)
        if self._canaries is not None:
            self._canaries.look()

    async def close(self) -> None:
        """Canaries in the air are given up; the channel keeps its connections."""
        if self._canaries is not None:
            await self._canaries.close()

    async def _hand_over(self, letter: Letter) -> Answer:
        posted = await self._send(letter)
        if not isinstance(posted, Sent):
            return not_handed_over(posted)
        if self._settings.accepted == "relay":
            return Answer(Outcome.ACCEPTED, "the mail server took the letter")
        await self._post.acknowledged(self.name, letter.unique)
        return Answer(Outcome.ACCEPTED, "its system acknowledged the letter")

    async def _send(self, letter: Letter) -> Posted:
        """What the mail server has taken is on its way, and isn't sent again."""
        if letter.unique in self._taken:
            return Sent("taken before")
        posted = await self._post.send(letter)
        if isinstance(posted, Sent):
            self._taken[letter.unique] = None
            if len(self._taken) > _MOST_REMEMBERED:
                self._taken.popitem(last=False)
        return posted

    async def _tell(
        self, handoff: Handoff, purpose: Purpose, unique: str, messages: tuple[Message, ...] = (), reason: str = ""
    ) -> None:
        letter = Letter(self.contact, purpose, unique, handoff=handoff, messages=messages, reason=reason)
        try:
            async with asyncio.timeout(self._settings.timeout):
                require_sent(await self._send(letter))
        except TimeoutError:
            within = show_duration(self._settings.timeout)
            why = f"no answer of the mail server within {within}"
            raise ProviderUnavailable(why, retry_after=AFTER_UNKNOWN) from None
