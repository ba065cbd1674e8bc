"""Webhooks as Twilio posts them, signed by its own library."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlencode

from multidict import CIMultiDict, CIMultiDictProxy
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from channels.phone.twilio.signed import Refusal, Trust
from tests.support.twilio_api import ACCOUNT_SID, AUTH_TOKEN

PUBLIC_URL = "https://relevo.example"
VOICE = "/channels/phone/voice"
TRUST = Trust(PUBLIC_URL, ACCOUNT_SID, AUTH_TOKEN)

CALL = {
    "AccountSid": ACCOUNT_SID,
    "ApiVersion": "2010-04-01",
    "CallSid": "CA" + "1b" * 16,
    "CallStatus": "ringing",
    "Called": "+34910000000",
    "Caller": "+34600111222",
    "CallerName": "Ana Pérez & Cía.",
    "Direction": "inbound",
    "From": "+34600111222",
    "FromCity": "",
    "FromCountry": "ES",
    "To": "+34910000000",
}
"""An incoming call (https://www.twilio.com/docs/voice/twiml, Twilio's request to your application)."""


@dataclass
class Post:
    """What arrives."""

    path: str
    headers: CIMultiDict[str]
    body: bytes

    @property
    def judged(self) -> tuple[str, CIMultiDictProxy[str], bytes]:
        """As `Guard.judge` takes it."""
        return self.path, CIMultiDictProxy(self.headers), self.body


@dataclass
class Told:
    """What the guard tells of what it refused."""

    refused: list[tuple[Refusal, str | None]] = field(default_factory=list)

    def __call__(self, refusal: Refusal, signed_for: str | None) -> None:
        self.refused.append((refusal, signed_for))


def signed_form(
    form: Mapping[str, str] = CALL,
    path: str = VOICE,
    *,
    base: str = PUBLIC_URL,
    token: str = AUTH_TOKEN,
    key: str | None = None,
    algorithm: str = "HMAC_SHA1",
) -> Post:
    """A form, signed for `base` and `path`; with `key` as the newer generation of headers has it."""
    signature = RequestValidator(token).compute_signature(base + path, dict(form), algorithm)
    headers = CIMultiDict(
        {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
    )
    if key is not None:
        headers["X-Twilio-Webhooks-Signature-Settings"] = f"key={key},algorithm={algorithm}"
    return Post(path, headers, urlencode(form).encode())


def signed_json(body: bytes, path: str = VOICE, *, base: str = PUBLIC_URL) -> Post:
    """JSON, whose hash is in the address."""
    path = f"{path}?bodySHA256={sha256(body).hexdigest()}"
    signature = RequestValidator(AUTH_TOKEN).compute_signature(base + path, {})
    headers = CIMultiDict({"X-Twilio-Signature": signature, "Content-Type": "application/json"})
    return Post(path, headers, body)
