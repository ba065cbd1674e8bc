"""What an administrator writes of where alarms go beside the log."""

import hashlib

from pydantic import Field, SecretStr, field_validator

from gateway.core.clock import SystemClock
from gateway.core.settings import Secret, Settings
from gateway.core.signature import Signer


class WebhookAlarmSettings(Settings):
    """Alarms posted as JSON with a Standard Webhooks signature, until the other side answers 2xx."""

    url: str = Field(pattern=r"^https?://[^\s/?#]+[^\s#]*$", description="Where the JSON is posted.")
    secret: Secret = Field(description="What the signature is made with.")
    allow_private: bool = Field(False, description="Permits a private or loopback address.")

    @field_validator("secret")
    @classmethod
    def _is_a_key(cls, secret: SecretStr) -> SecretStr:
        Signer(secret.get_secret_value(), SystemClock())
        return secret

    @property
    def target(self) -> str:
        """What notices owed to it are filed under: the same after a reload that reorders the alarms."""
        return "webhook:" + hashlib.sha256(self.url.encode()).hexdigest()[:12]


ALARM_TYPES: dict[str, type[Settings]] = {"webhook": WebhookAlarmSettings}
"""The types that `alarms` may have; every alarm is in the log and in the metrics too."""
