"""Webhooks are believed only with Twilio's signature, over the address that we are configured to have (T11, T12).

What a request says of its own address (Host, X-Forwarded-*) plays no part in believing it; it only helps to say why a
signature is wrong. Both generations of headers are read: signed with the account's auth token, or with a shared key,
which X-Twilio-Webhooks-Signature-Settings names (https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys).
"""

import hashlib
import hmac
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import field
from enum import StrEnum
from urllib.parse import urlsplit

from aiohttp import web
from multidict import CIMultiDictProxy
from twilio.request_validator import (  # type: ignore[import-untyped]
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)

from channels.body import read_body
from channels.phone.twilio.form import (
    BODY_HASH,
    Form,
    Malformed,
    event_key,
    has_swallowed_another,
    read_form,
    read_json,
    read_query,
)
from gateway.core.problems import NOT_SIGNED, Problem
from gateway.core.values import dataclass

CONTENT_LIMIT = 64 * 1024
"""Bytes of one webhook; the longest that Twilio sends, a transcription, is a tenth of it."""
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"
_DEFAULT_PORTS = {"https": 443, "http": 80}


class Refusal(StrEnum):
    """Why a webhook was refused."""

    UNSIGNED = "unsigned"
    """It has no signature, or several: a stranger, or a proxy that drops headers."""
    MALFORMED = "malformed"
    """Not what Twilio sends, such as a parameter that comes twice."""
    OTHER_ACCOUNT = "other_account"
    """Its AccountSid isn't ours."""
    OTHER_ADDRESS = "other_address"
    """The secret is ours, the address isn't the configured one."""
    OTHER_KEY = "other_key"
    """Signed with a shared key that isn't configured."""
    WRONG = "wrong"
    """It names our account, and the signature is none of ours."""

    @property
    def looks_like_misconfiguration(self) -> bool:
        """Twilio itself may have sent it: somebody should look."""
        return self in (Refusal.OTHER_ADDRESS, Refusal.OTHER_KEY, Refusal.OTHER_ACCOUNT, Refusal.WRONG)


class NotTwilio(Exception):
    """A webhook isn't believed. `signed_for` is where it was signed for, scheme and host, where that could be found."""

    def __init__(self, refusal: Refusal, signed_for: str | None = None) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
        self.signed_for = signed_for


@dataclass(frozen=True, slots=True)
class Trust:
    """What webhooks are verified with."""

    public_url: str
    """Where Twilio reaches us, without a final slash."""
    account_sid: str
    auth_token: str = field(repr=False)
    shared_keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Secrets by the id of the key that signs, such as webhooks_sharedkey_01h9...: they are valid beside the token."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """One that is Twilio's."""

    path: str
    query: Mapping[str, str]
    """What we had put into the address ourselves."""
    form: Form
    place: str
    """Path and query as they came."""

    @property
    def key(self) -> str:
        """See `event_key`."""
        return event_key(self.place, self.form)


class Guard:
    """Lets in what Twilio has signed for one account. `refused` is told of every other one."""

    def __init__(self, trust: Trust, refused: Callable[[Refusal, str | None], None]) -> None:
        self._account_sid = trust.account_sid
        self._token = RequestValidator(trust.auth_token)
        self._shared_keys = {key: RequestValidator(secret) for key, secret in trust.shared_keys.items()}
        self._bases = _both_ways(trust.public_url)
        self._refused = refused

    async def receive(self, request: web.Request, needs: Collection[str] = ()) -> Webhook:
        """The webhook, once proved. `needs` are the parameters that Twilio always sends to that place. Raises Problem:
        403, and 413 for what is too long."""
        body = await read_body(request, CONTENT_LIMIT)
        try:
            return self.judge(request.raw_path, request.headers, body, needs)
        except NotTwilio as error:
            self._refused(error.refusal, error.signed_for)
            raise Problem(NOT_SIGNED) from error

    def judge(self, raw_path: str, headers: CIMultiDictProxy[str], body: bytes, needs: Collection[str] = ()) -> Webhook:
        """`raw_path` is path and query as they came. Raises NotTwilio."""
        given = headers.getall(SIGNATURE_HEADER, [])
        if len(given) != 1:
            raise NotTwilio(Refusal.UNSIGNED)
        path, _, query_text = raw_path.partition("?")
        try:
            query, form, signed = _said(query_text, headers.get("Content-Type", ""), body)
        except Malformed as error:
            raise NotTwilio(Refusal.MALFORMED) from error
        check = _Check(self._signer(headers), headers.get(SIGNATURE_SETTINGS_HEADER), given[0], signed)
        usual, other = self._bases
        if not (check.holds(usual + raw_path) or check.holds(other + raw_path)):
            raise self._why(check, raw_path, headers, form)
        # What is JSON is signed as a whole, and need not name the account.
        if form.get("AccountSid", self._account_sid) != self._account_sid:
            raise NotTwilio(Refusal.OTHER_ACCOUNT)
        if not all(name in form for name in needs) or has_swallowed_another(form):
            raise NotTwilio(Refusal.MALFORMED)
        return Webhook(path, query, form, raw_path)

    def _signer(self, headers: CIMultiDictProxy[str]) -> RequestValidator:
        settings = dict(
            part.strip().partition("=")[::2] for part in headers.get(SIGNATURE_SETTINGS_HEADER, "").split(",")
        )
        if not settings.get("key"):
            return self._token
        try:
            return self._shared_keys[settings["key"]]
        except KeyError:
            raise NotTwilio(Refusal.OTHER_KEY) from None

    def _why(self, check: "_Check", raw_path: str, headers: CIMultiDictProxy[str], form: Form) -> NotTwilio:
        if form.get("AccountSid", self._account_sid) != self._account_sid:
            return NotTwilio(Refusal.OTHER_ACCOUNT)  # strangers don't know ours, and shall cost no more than this
        for address in _elsewhere(self._bases, raw_path, headers):
            if check.holds(address):
                parts = urlsplit(address)
                return NotTwilio(Refusal.OTHER_ADDRESS, f"{parts.scheme}://{parts.netloc}")
        return NotTwilio(Refusal.WRONG)


class _Check:
    """One signature, to be compared for several addresses. The parameters are put behind them here: the library, which
    knows frameworks where one can come twice, takes ten times as long.

    The library's own `validate` makes both addresses anew each time, cuts IPv6 hosts at their first colon, and compares
    a JSON body's hash only where it was handed the body as text.
    """

    def __init__(self, signer: RequestValidator, settings: str | None, given: str, signed: Form) -> None:
        self._signer = signer
        self._algorithm = get_signature_algorithm(settings)
        self._given = given.encode("utf-8", "replace")
        self._signed = "".join([name + signed[name] for name in sorted(signed)])

    def holds(self, address: str) -> bool:
        try:
            computed = self._signer.compute_signature(address + self._signed, {}, self._algorithm)
        except (ValueError, UnicodeEncodeError):  # an algorithm that there isn't, an address that is none
            return False
        return hmac.compare_digest(computed.encode(), self._given)


def _said(query_text: str, content_type: str, body: bytes) -> tuple[Mapping[str, str], Form, Form]:
    """The query, the parameters, and those of them that the signature covers by themselves. Raises Malformed."""
    query = read_query(query_text)
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == _FORM:
        form = read_form(body)
        if BODY_HASH in query or "AccountSid" not in form:
            raise Malformed("no form of Twilio's")
        return query, form, form
    if media_type != _JSON or BODY_HASH not in query:
        raise Malformed("neither a form, nor JSON whose hash is signed")
    if not hmac.compare_digest(hashlib.sha256(body).hexdigest(), query[BODY_HASH].lower()):
        raise Malformed("the content isn't the one that was signed")
    return query, read_json(body), Form()


def _both_ways(url: str) -> tuple[str, str]:
    """An address with its port and without, the written way first: Twilio signs now this, now that."""
    parts = urlsplit(url)
    port = parts.port
    host = parts.netloc.removesuffix(f":{port}") if port else parts.netloc
    bare = f"{parts.scheme}://{host}{parts.path}"
    whole = f"{parts.scheme}://{host}:{port or _DEFAULT_PORTS[parts.scheme]}{parts.path}"
    return (whole, bare) if port else (bare, whole)


def _elsewhere(bases: tuple[str, str], raw_path: str, headers: CIMultiDictProxy[str]) -> Iterator[str]:
    """Addresses that a request may have been signed for where a proxy or the configuration is at fault."""
    path, mark, query = raw_path.partition("?")
    slash = f"{path.removesuffix('/')}{'' if path.endswith('/') else '/'}{mark}{query}"
    yield from (base + slash for base in bases)
    hosts = dict.fromkeys(headers.get(name, "").partition(",")[0].strip() for name in ("Host", "X-Forwarded-Host"))
    for host in hosts:
        if host:
            yield from (f"{scheme}://{host}{raw_path}" for scheme in _DEFAULT_PORTS)
