"""By which service a text message goes, as Twilio writes its parties. Pure."""

from enum import StrEnum

_PREFIX = "whatsapp:"


class Service(StrEnum):
    """What carries text messages."""

    SMS = "sms"
    WHATSAPP = "whatsapp"

    def written(self, number: str) -> str:
        """A number (E.164) as Twilio wants it."""
        return f"{_PREFIX}{number}" if self is Service.WHATSAPP else number


def service_of(party: str) -> Service:
    """By which the party was written to, or wrote."""
    return Service.WHATSAPP if party.startswith(_PREFIX) else Service.SMS
