"""Sends one text, once: that Twilio is about to be asked is durable before it is asked, and what nobody knows the end
of is looked for before it is asked again (Twilio has no idempotency keys, and repeating a POST makes doubles)."""

from collections.abc import Sequence

from channels.channel import BackstageStore
from channels.ending import Again, Done, GiveUp, Step
from channels.phone.messaging.outcomes import LOOK_AFTER, after_search_in_vain, failure, next_step
from channels.phone.messaging.parts import SentTexts
from channels.phone.messaging.sent import About, Sent, State
from channels.phone.twilio.outcome import Deferred, Outcome, Refused, Taken, Unknown
from channels.phone.twilio.rest import API, ApiUnavailable, NewMessage, TwilioApi
from channels.troubles import Troubles
from gateway.core.clock import Clock
from gateway.core.delivery import Delivery
from gateway.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """One text to be sent."""

    about: About
    message: NewMessage
    phone: str
    """Whom it goes to (E.164)."""
    twins: Sequence[str] = ()
    """Keys of other texts, which may have the same words."""
    anew: bool = False
    """It could not be delivered, and this is the delivery that puts it before a person, who may have it sent anew."""


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
        sent = await self._texts.of(text.about.key)
        if sent is not None and sent.could_not_be_delivered and not text.anew:
            return Done()
        if sent is None or sent.state is State.AGAIN:
            return await self._order(text, sent, delivery)
        if sent.state is State.ORDERING:
            return await self._look_for(text, sent, delivery)
        if sent.state is State.FAILED:
            await self._texts.change(text.about.key, lambda now: sent.again() if now == sent else None)
            return GiveUp(failure(sent.code))
        return Done()

    async def _order(self, text: Text, seen: Sent | None, delivery: Delivery) -> Step:
        """Only from what was `seen` of it: whoever else is at it, as another gateway, sends it in our place."""
        now = self._clock.now()
        ordered = seen.ordered(now) if seen else Sent(text.about, State.ORDERING, now)
        if not await self._texts.change(text.about.key, lambda sent: ordered if sent == seen else None, text.phone):
            return Again(LOOK_AFTER, "somebody else is sending it")
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
            return after_search_in_vain(sent, self._clock.now()) or await self._order(text, sent, delivery)
        await self._keep(text, found)
        return Done()

    async def _keep(self, text: Text, outcome: Outcome) -> None:
        """What is known now. Of Unknown nothing is: it stays being ordered."""
        match outcome:
            case Taken():
                await self._texts.change(text.about.key, lambda sent: _taken(sent, outcome))
            case Deferred() | Refused():
                await self._texts.change(text.about.key, _surely_not_there)
        if isinstance(outcome, Refused) and outcome.unsubscribed:
            await self._store.opt_out(self._name, text.phone, self._clock.now(), out=True)

    def _note(self, outcome: Outcome) -> None:
        match outcome:
            case Deferred(why) | Unknown(why):
                self._troubles.troubled(API, why)
            case _:
                self._troubles.recovered(API)


def _taken(sent: Sent | None, outcome: Taken) -> Sent | None:
    """A status callback may have said so before."""
    return sent.moved(outcome.sid, outcome.status or "queued") if sent else None


def _surely_not_there(sent: Sent | None) -> Sent | None:
    """Unless a status callback says that it is there all the same."""
    return sent.again() if sent and sent.state is State.ORDERING else None
