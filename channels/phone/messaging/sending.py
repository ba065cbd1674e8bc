"""Sends one text, once: that Twilio is about to be asked is durable before it is asked, and what nobody knows the end
of is looked for before it is asked again (Twilio has no idempotency keys, and repeating a POST makes doubles)."""

from collections.abc import Sequence

from channels.channel import BackstageStore
from channels.ending import Done, GiveUp, Step
from channels.phone.messaging.outcomes import after_search_in_vain, failure, next_step
from channels.phone.messaging.parts import Change, SentTexts
from channels.phone.messaging.sent import About, Sent, State
from channels.phone.twilio.outcome import Deferred, Outcome, Refused, Taken, Unknown
from channels.phone.twilio.rest import API, ApiUnavailable, NewMessage, TwilioApi
from channels.troubles import Troubles
from gateway.core.clock import Clock
from gateway.core.delivery import Delivery
from gateway.core.events import TextSent
from gateway.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """One text to be sent."""

    key: str
    about: About
    message: NewMessage
    phone: str
    """Whom it goes to (E.164)."""
    twins: Sequence[str] = ()
    """Keys of other texts, which may have the same words."""


class TextSender:
    """Of the channel `name`."""

    def __init__(
        self, name: str, store: BackstageStore, texts: SentTexts, api: TwilioApi, troubles: Troubles, clock: Clock
    ) -> None:
        self._name = name
        self._store = store
        self._texts = texts
        self._api = api
        self._troubles = troubles
        self._clock = clock

    async def send(self, text: Text, delivery: Delivery) -> Step:
        """One try, or a look at what became of the last one; Done once Twilio has it. Raises StoreUnavailable,
        StoreFailed."""
        sent = await self._texts.of(text.key)
        if sent is None or sent.state is State.AGAIN:
            return await self._order(text, delivery)
        if sent.state is State.ORDERING:
            return await self._look_for(text, sent, delivery)
        if sent.state is State.FAILED:
            # It is sent again when a person has the delivery done again.
            await self._texts.change(text.key, _start_anew)
            return GiveUp(failure(sent.code))
        return Done()

    async def _order(self, text: Text, delivery: Delivery) -> Step:
        now = self._clock.now()
        new = Sent(text.about, State.ORDERING, now)
        await self._texts.change(text.key, lambda sent: Change(sent.ordered(now) if sent else new), text.phone)
        outcome = await self._api.send_message(text.message)
        self._note(outcome)
        await self._keep(text, outcome)
        return next_step(outcome, delivery, self._clock.now())

    async def _look_for(self, text: Text, sent: Sent, delivery: Delivery) -> Step:
        """It may have been taken; where it surely wasn't, it is ordered again."""
        twins = [await self._texts.of(key) for key in text.twins]
        known = {each.sid for each in twins if each and each.sid} | set(sent.earlier)
        try:
            found = await self._api.find_message(text.message, sent.ordered_at, known)
        except ApiUnavailable as error:
            return next_step(Deferred(str(error), error.retry_after), delivery, self._clock.now())
        if found is None:
            return after_search_in_vain(sent, self._clock.now()) or await self._order(text, delivery)
        await self._keep(text, found)
        return Done()

    async def _keep(self, text: Text, outcome: Outcome) -> None:
        """What is known now. Of Unknown nothing is: it stays being ordered."""
        match outcome:
            case Taken():
                await self._texts.change(text.key, lambda sent: self._taken(sent, outcome))
            case Deferred() | Refused():
                await self._texts.change(text.key, _surely_not_there)
        if isinstance(outcome, Refused) and outcome.unsubscribed:
            await self._store.opt_out(self._name, text.phone, self._clock.now(), out=True)

    def _taken(self, sent: Sent | None, outcome: Taken) -> Change | None:
        """A status callback may have said so before."""
        moved = sent.moved(outcome.sid, outcome.status or "queued") if sent else None
        return Change(moved, (self._told(moved.about),)) if moved else None

    def _told(self, about: About) -> TextSent:
        return TextSent(
            at=self._clock.now(),
            ticket_id=about.ticket_id,
            reference=about.reference,
            channel=self._name,
            message_id=about.message_id,
        )

    def _note(self, outcome: Outcome) -> None:
        match outcome:
            case Deferred(why) | Unknown(why):
                self._troubles.troubled(API, why)
            case _:
                self._troubles.recovered(API)


def _start_anew(sent: Sent | None) -> Change | None:
    return Change(sent.again()) if sent else None


def _surely_not_there(sent: Sent | None) -> Change | None:
    """Unless a status callback says that it is there all the same."""
    return Change(sent.again()) if sent and sent.state is State.ORDERING else None
