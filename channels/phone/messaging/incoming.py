"""A text message that came in, as Twilio's webhook tells of it, or its list. Pure.

The parameters: https://www.twilio.com/docs/messaging/guides/webhook-request; those of WhatsApp's names and places, and
OptOutType, are not sent with every message.
"""

from pydantic import TypeAdapter

from channels.phone.twilio.form import Form
from channels.phone.twilio.numbers import Wish, normal_number, wish_of
from channels.phone.twilio.records import MessageRecord
from channels.shown import one_line
from gateway.core.clock import Instant
from gateway.core.values import dataclass

NEEDS = ("MessageSid", "From", "To")
"""What Twilio always sends with a message."""
NUMBER = "number"
"""Under this name a ticket's metadata say which of our numbers was written to."""
ADDRESS = "from"
"""Under this one, how Twilio wrote the sender, where that isn't the number as it is written elsewhere."""
_MOST_FILES = 10
"""Of one message, see Twilio's NumMedia."""
_LINE = 200


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message."""

    sid: str
    """Twilio's name of it: the same for ever, whoever tells of the message."""
    sender: str
    """As Twilio writes it: a number, `whatsapp:` and a number, a short code, or a name."""
    recipient: str
    """The number of ours that it was written to, written alike."""
    body: str
    at: Instant
    """When Twilio had it, as far as we know."""
    files: int = 0
    name: str | None = None
    """As the sender calls himself in WhatsApp."""
    place: str = ""
    """Where the sender is, if that is what the message says: degrees, then a name and an address."""
    opt_out_type: str = ""
    """Twilio's own reading of an opt-out word."""

    @property
    def phone(self) -> str | None:
        """The sender's number (E.164), shown by the network and not proved; None for who has none to answer to."""
        return normal_number(self.sender)

    @property
    def wish(self) -> Wish | None:
        """What it says about further messages, if that is all it says."""
        return None if self.files else wish_of(self.body, self.opt_out_type)


_INCOMING = TypeAdapter(Incoming)


def told(form: Form, at: Instant) -> Incoming:
    """By a webhook, which has what it `NEEDS`."""
    place = [form.get(name, "") for name in ("Label", "Address")]
    degrees = [form.get(name, "") for name in ("Latitude", "Longitude")]
    return Incoming(
        sid=form["MessageSid"],
        sender=form["From"],
        recipient=form["To"],
        body=form.get("Body", ""),
        at=at,
        files=_files(form.get("NumMedia", "")),
        name=one_line(form.get("ProfileName", ""), _LINE) or None,
        place=one_line(", ".join(each for each in (*degrees, *place) if each), _LINE) if all(degrees) else "",
        opt_out_type=form.get("OptOutType", ""),
    )


def is_status(form: Form) -> bool:
    """Whether a webhook is no message but tells of one of ours, as where somebody has set both to the same address: a
    text of ours must not open a ticket."""
    return not form["MessageSid"] or form.get("MessageStatus", "received") not in ("received", "receiving")


def listed(record: MessageRecord) -> Incoming:
    """By Twilio's list, which knows neither names nor places."""
    return Incoming(
        sid=record.sid,
        sender=record.sender,
        recipient=record.recipient,
        body=record.body,
        at=record.at,
        files=min(record.media, _MOST_FILES),
    )


def written(incoming: Incoming) -> str:
    """What `read` reads."""
    return _INCOMING.dump_json(incoming, exclude_defaults=True).decode()


def read(kept: str) -> Incoming:
    """Raises ValueError."""
    return _INCOMING.validate_json(kept)


def _files(written: str) -> int:
    return min(int(written), _MOST_FILES) if written.isdecimal() else 0
