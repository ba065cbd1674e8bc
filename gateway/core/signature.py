"""Standard Webhooks signatures (https://www.standardwebhooks.com): HMAC-SHA256 over id, timestamp and raw body."""

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime

from standardwebhooks import Webhook, WebhookVerificationError

from gateway.core.clock import Clock

_PREFIX = "whsec_"
_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
KEY_RULE = "a secret is `whsec_` followed by base64, or any other text, which is the key as it stands"


class BadSignature(Exception):
    """The headers are missing, too old, too new or wrong: the sender has not proved that it knows the secret."""


class Signer:
    """Signs and verifies with one shared secret. Raises ValueError for a secret that can't be one; says the rule."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._webhooks = tuple(Webhook(key) for key in _keys(secret))
        self._clock = clock

    def headers(self, message_id: str, body: bytes) -> dict[str, str]:
        """The three headers for a body; the id stays the same when the same message is sent again."""
        # The other side compares with its wall clock, so ours must be told, not the instant that never jumps.
        at = datetime.fromtimestamp(int(self._clock.now() + self._clock.drift()), UTC)
        text = body.decode()
        signatures = " ".join(webhook.sign(message_id, at, text) for webhook in self._webhooks)
        return dict(zip(_HEADERS, (message_id, str(int(at.timestamp())), signatures), strict=True))

    def verify(self, headers: Mapping[str, str], body: bytes) -> str:
        """The message id, once proved. Raises BadSignature; five minutes' difference of clocks are tolerated."""
        signed = {name: headers.get(name, "") for name in _HEADERS}
        for webhook in self._webhooks:
            try:
                webhook.verify(body, signed, json_parse=False)
            except (WebhookVerificationError, ValueError):  # ValueError: malformed base64, lists, UTF-8
                continue
            return signed["webhook-id"]
        raise BadSignature("no valid signature")


def _keys(secret: str) -> tuple[bytes, ...]:
    """The keys that a secret may stand for.

    The reference libraries read a secret without the prefix as base64, other people take it as it stands; so such a
    secret signs both ways (the standard allows several signatures) and either is believed.
    """
    if not secret:
        raise ValueError(f"the secret is empty: {KEY_RULE}")
    if secret.startswith(_PREFIX):
        try:
            key = base64.b64decode(_padded(secret.removeprefix(_PREFIX)), validate=True)
        except ValueError:
            key = b""
        if not key:
            raise ValueError(f"what follows `whsec_` is not base64: {KEY_RULE}")
        return (key,)
    plain = secret.encode()
    try:
        decoded = base64.b64decode(_padded(secret))
    except (binascii.Error, ValueError):
        return (plain,)
    # Decoding drops what isn't base64: of a passphrase too little may be left to be a key.
    return (plain, decoded) if len(decoded) * 2 >= len(secret) else (plain,)


def _padded(text: str) -> str:
    return text + "=" * (-len(text) % 4)
