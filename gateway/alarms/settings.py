"""What an administrator writes of where alarms go beside the log."""

import hashlib
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator
from yarl import URL

from gateway.core.addresses import require_no_private_host
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

    @model_validator(mode="after")
    def _address_is_permitted(self) -> Self:
        if not self.allow_private:
            require_no_private_host(URL(self.url).host or "")
        return self

    @property
    def target(self) -> str:
        """What notices owed to it are filed under: the same after a reload that reorders the alarms."""
        return "webhook:" + hashlib.sha256(self.url.encode()).hexdigest()[:12]


ALARM_TYPES: dict[str, type[Settings]] = {"webhook": WebhookAlarmSettings}
"""The types that `alarms` may have; every alarm is in the log and in the metrics too."""
