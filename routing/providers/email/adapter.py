"""The provider behind its port: letters out. What the desk's mails say comes in by the mail channel, as its reports."""

import asyncio

from gateway.core.delivery import Answer, Case
from gateway.core.errors import ConfigError, ProviderUnavailable
from gateway.core.handoff import Handoff, HandoffState, Outcome
from gateway.core.post import DeskContact, Letter, Purpose, Sent
from gateway.core.provider import Copy
from gateway.core.sending_again import AFTER_DOUBT
from gateway.core.settings import show_duration
from gateway.core.ticket import Message
from routing.providers.context import ProviderContext
from routing.providers.email.canaries import CanaryFlights
from routing.providers.email.dispatch import Dispatch
from routing.providers.email.outcome import not_handed_over, require_sent
from routing.providers.email.settings import EmailDeskSettings

_DOUBTFUL = f"sent {len(AFTER_DOUBT) + 1} times, and each time nobody said whether it arrived"
_FOLLOW_UP_WITHIN = 20.0
"""Seconds for which the end of a follow-up's letter is waited for, less than its lease: the letter flies on."""


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
            address=settings.address,
            senders=settings.known_senders,
            ticket_number=settings.ticket_number,
            picked_up=settings.picked_up,
            resolved=settings.resolved,
        )
        self._settings = settings
        self._post = post
        self._clock = context.clock
        self._letters = Dispatch(post, context.clock)
        self._canaries = (
            CanaryFlights(settings.canary, self.contact, post, context.clock) if settings.canary is not None else None
        )

    async def create(self, case: Case, handoff: Handoff) -> Answer:
        """One attempt, within `timeout` in all; the letter is the same on every one, its Message-ID included. One that
        takes longer goes on: `find` knows how it ended."""
        if case.ticket is None:
            return Answer(Outcome.REFUSED, "there is no ticket in it")
        given = tuple(message for message in case.messages if message.number <= handoff.messages_sent)
        letter = Letter(self.contact, Purpose.TICKET, handoff.id, case.ticket, handoff, given)
        within = self._settings.timeout
        try:
            async with asyncio.timeout(within):
                return await self._hand_over(letter)
        except TimeoutError:
            lacks = "acknowledgement" if self._letters.tries.taken(handoff.id) else "answer of the mail server"
            return Answer(Outcome.UNKNOWN, f"no {lacks} within {show_duration(within)}", explicit=False)

    async def find(self, handoff: Handoff) -> Copy | None:
        """It can't be asked, but its mail server may have taken the letter after all. Raises ProviderUnavailable where
        that isn't known, or not enough."""
        if self._settings.accepted == "relay" and self._letters.tries.taken(handoff.id):
            return Copy(None, HandoffState.ACCEPTED)
        raise ProviderUnavailable("a desk that is reached by mail can't be asked for a ticket")

    async def read(self, handoff: Handoff) -> Copy | None:
        """It can't be asked. Raises ProviderUnavailable."""
        raise ProviderUnavailable("a desk that is reached by mail can't be asked how a ticket stands")

    async def append(self, handoff: Handoff, message: Message) -> str | None:
        """A letter in the same thread; the message's id makes it the same letter on every try."""
        return await self._tell(handoff, Purpose.MESSAGE, message.id, (message,))

    async def withdraw(self, handoff: Handoff, reason: str) -> str | None:
        """A letter in the same thread, whether the desk has the ticket or not; why is nothing of the desk's."""
        return await self._tell(handoff, Purpose.WITHDRAWAL, f"{handoff.id}w")

    async def probe(self, timeout: float) -> None:
        """Its mail server's greeting, and its canaries' acknowledgements."""
        health = self._settings.health
        async with asyncio.timeout(timeout):
            await self._post.probe(health.smtp, allow_private=health.allow_private or health.smtp is None)
        if self._canaries is not None:
            await self._canaries.look()

    async def close(self) -> None:
        """Letters and canaries under way are given up; the channel keeps its connections."""
        if self._canaries is not None:
            await self._canaries.close()
        await self._letters.close()

    async def _hand_over(self, letter: Letter) -> Answer:
        posted = await self._letters.send(letter)
        if not isinstance(posted, Sent):
            return not_handed_over(posted)
        if self._settings.accepted == "relay":
            return Answer(Outcome.ACCEPTED, "the mail server took the letter")
        await self._post.acknowledged(self.name, letter.unique, letter.ticket.id if letter.ticket else None)
        return Answer(Outcome.ACCEPTED, "its system acknowledged the letter")

    async def _tell(
        self, handoff: Handoff, purpose: Purpose, unique: str, messages: tuple[Message, ...] = ()
    ) -> str | None:
        tries = self._letters.tries
        if tries.given_up(unique):
            return _DOUBTFUL
        if left := tries.wait(unique, self._clock.now()):
            raise ProviderUnavailable("the letter waits for its next try", retry_after=left)
        letter = Letter(self.contact, purpose, unique, handoff=handoff, messages=messages)
        try:
            async with asyncio.timeout(min(self._settings.timeout, _FOLLOW_UP_WITHIN)):
                posted = await self._letters.send(letter)
        except TimeoutError:
            raise ProviderUnavailable("the letter is still being sent", retry_after=AFTER_DOUBT[0]) from None
        if tries.given_up(unique):
            return _DOUBTFUL
        require_sent(posted, tries.wait(unique, self._clock.now()))
        return None
