"""What Twilio tells of a text on its way, by the address that named the text: late, twice or in disorder."""

from typing import TypedDict

from channels.phone.messaging.outcomes import UNSUBSCRIBED
from channels.phone.messaging.parts import Change, SentTexts
from channels.phone.messaging.sent import Sent, State, key_of
from channels.phone.twilio.numbers import normal_number
from channels.phone.twilio.signed import Webhook
from gateway.core.clock import Clock, Instant
from gateway.core.delivery import Delivery, Kind
from gateway.core.events import TextDelivered, TextFailed
from gateway.core.ids import new_id
from gateway.core.ports import TextStore

NEEDS = ("MessageSid", "MessageStatus")
_MESSAGE, _PART = "message", "part"


def status_page(message_id: str, part: int) -> str:
    """Where the status of that part is to be told; its names in order, as Twilio writes an address anew."""
    return f"status?{_MESSAGE}={message_id}&{_PART}={part}"


class _Told(TypedDict):
    """What every event about a text says."""

    at: Instant
    ticket_id: str
    reference: str
    channel: str
    message_id: str


class Statuses:
    """Of the texts of the channel `name`."""

    def __init__(self, name: str, store: TextStore, texts: SentTexts, clock: Clock) -> None:
        self._name = name
        self._store = store
        self._texts = texts
        self._clock = clock

    async def tell(self, webhook: Webhook) -> bool:
        """True where an answer has failed, and is to be put before a person. Raises StoreUnavailable, StoreFailed."""
        query, form = webhook.query, webhook.form
        part = query.get(_PART, "")
        if _MESSAGE not in query or not part.isdecimal():
            return False  # its address was set by hand, and names no text
        owed = False

        def step(sent: Sent | None) -> Change | None:
            nonlocal owed
            moved = sent and sent.moved(form["MessageSid"], form["MessageStatus"], _code(form.get("ErrorCode", "")))
            change = self._change(moved) if moved else None
            owed = bool(change and change.owed)
            return change

        changed = await self._texts.change(key_of(query[_MESSAGE], int(part)), step)
        phone = normal_number(form.get("To", ""))
        if changed and phone is not None and _code(form.get("ErrorCode", "")) == UNSUBSCRIBED:
            await self._store.opt_out(self._name, phone, self._clock.now(), out=True)
        return changed and owed

    def _change(self, sent: Sent) -> Change:
        about = sent.about
        told = _Told(
            at=self._clock.now(),
            ticket_id=about.ticket_id,
            reference=about.reference,
            channel=self._name,
            message_id=about.message_id,
        )
        match sent.state:
            case State.DELIVERED:
                return Change(sent, (TextDelivered(**told),))
            case State.FAILED:
                owed = (self._owed_again(sent),) if about.is_answer else ()
                return Change(sent, (TextFailed(**told, code=sent.code),), owed)
            case _:
                return Change(sent)

    def _owed_again(self, sent: Sent) -> Delivery:
        """An answer that didn't arrive: whoever is to do it finds why, and puts it before a person."""
        now, about = self._clock.now(), sent.about
        return Delivery(
            new_id(), Kind.ANSWER, now, now, ticket_id=about.ticket_id, message_id=about.message_id, target=self._name
        )


def _code(written: str) -> int | None:
    return int(written) if written.isdecimal() else None
