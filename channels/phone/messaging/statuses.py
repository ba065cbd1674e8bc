"""What Twilio tells of a text on its way, by the address that named the text: late, twice or in disorder."""

from channels.phone.messaging.outcomes import UNSUBSCRIBED
from channels.phone.messaging.parts import SentTexts
from channels.phone.messaging.sent import State, key_of, state_of
from channels.phone.twilio.numbers import normal_number
from channels.phone.twilio.signed import Webhook
from gateway.core.clock import Clock
from gateway.core.ports import TextStore

NEEDS = ("MessageSid", "MessageStatus")
_MESSAGE, _PART = "message", "part"


def status_page(message_id: str, part: int) -> str:
    """Where the status of that part is to be told; its names in order, as Twilio writes an address anew."""
    return f"status?{_MESSAGE}={message_id}&{_PART}={part}"


class Statuses:
    """Of the texts of the channel `name`."""

    def __init__(self, name: str, store: TextStore, texts: SentTexts, clock: Clock) -> None:
        self._name = name
        self._store = store
        self._texts = texts
        self._clock = clock

    async def tell(self, webhook: Webhook) -> bool:
        """True where the text has failed: that of an answer is to be put before a person. Raises StoreUnavailable,
        StoreFailed."""
        query, form = webhook.query, webhook.form
        part = query.get(_PART, "")
        if _MESSAGE not in query or not part.isdecimal():
            return False  # its address was set by hand, and names no text
        sid, status, code = form["MessageSid"], form["MessageStatus"], _code(form.get("ErrorCode", ""))
        key = key_of(query[_MESSAGE], int(part))
        changed = await self._texts.change(key, lambda sent: sent.moved(sid, status, code) if sent else None)
        phone = normal_number(form.get("To", ""))
        if changed and phone is not None and code == UNSUBSCRIBED:
            await self._store.opt_out(self._name, phone, self._clock.now(), out=True)
        return changed and state_of(status) is State.FAILED


def _code(written: str) -> int | None:
    return int(written) if written.isdecimal() else None
