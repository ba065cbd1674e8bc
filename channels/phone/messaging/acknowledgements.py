"""Who is told automatically that a message has come, and how often (T35): nobody unless the configuration wants it,
and then ordinary subscribers of the permitted countries, each a few times a day. Pure."""

import hmac

from channels.phone.messaging.service import Service
from channels.phone.settings import TextSettings
from channels.phone.twilio.numbers import objection
from gateway.core.ticket import Allowance

_A_DAY = 86_400.0
_EACH = 3


class Acknowledgements:
    """Of one channel; `key` is secret, so that the counters show nobody's number."""

    def __init__(self, settings: TextSettings, key: bytes) -> None:
        self._settings = settings
        self._key = key

    def of(self, phone: str, service: Service) -> tuple[Allowance, ...]:
        """What one more takes; none where there is to be none."""
        settings = self._settings
        if not settings.acknowledge or objection(phone, settings.countries, texts=service is Service.SMS):
            return ()
        return (
            Allowance(self._digest(phone), _EACH, _A_DAY),
            Allowance(self._digest(""), settings.most_a_day, _A_DAY),
        )

    def _digest(self, plain: str) -> str:
        return hmac.digest(self._key, plain.encode(), "sha256").hex()
