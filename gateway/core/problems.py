"""Errors told to a client over HTTP, as RFC 9457 problem details: a closed list of types, documented at /problems.

A handler raises `Problem`; the listener answers it in the client's language, as JSON, or as a page to a browser.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.core.texts import Language, mark

PROBLEMS_PATH = "/problems"
MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem. `title` and `detail` are English texts, translated when told."""

    name: str
    status: int
    title: str
    detail: str

    @property
    def uri(self) -> str:
        """The relative reference that names this type, and leads to its description."""
        return f"{PROBLEMS_PATH}#{self.name}"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong: where, as a JSON pointer (RFC 6901), and what, in the client's language."""

    pointer: str
    detail: str


class Problem(Exception):
    """Ends a request with a problem.

    `detail` replaces the type's own and is already in the client's language; `values` fill the type's placeholders;
    `headers` go into the answer; `instance` tells this occurrence from others; `close` ends the connection.
    """

    def __init__(
        self,
        type: ProblemType,  # noqa: A002 (the member's name in RFC 9457)
        detail: str | None = None,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        instance: str | None = None,
        close: bool = False,
        **values: object,
    ) -> None:
        super().__init__(type.name)
        self.type = type
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.instance = instance
        self.close = close
        self.values = values

    def told(self, language: Language) -> dict[str, Any]:
        """The problem's members, ready for JSON."""
        members: dict[str, Any] = {
            "type": self.type.uri,
            "title": language(self.type.title),
            "status": self.type.status,
            "detail": self.detail or language(self.type.detail, **self.values),
        }
        if self.errors:
            members["errors"] = [{"pointer": error.pointer, "detail": error.detail} for error in self.errors]
        if self.instance:
            members["instance"] = self.instance
        return members


BAD_REQUEST = ProblemType(
    "bad-request", 400, mark("Bad request"), mark("The request can't be read: it breaks the rules of HTTP.")
)
MALFORMED = ProblemType(
    "malformed-content", 400, mark("Malformed content"), mark("The content of the request can't be read.")
)
UNAUTHORIZED = ProblemType(
    "unauthorized", 401, mark("Not authorised"), mark("A valid key is needed: Authorization: Bearer KEY.")
)
CROSS_SITE = ProblemType(
    "cross-site", 403, mark("Sent from another site"), mark("This form can only be sent from its own page.")
)
NOT_SIGNED = ProblemType(
    "not-signed", 403, mark("Not signed"), mark("A request to this address needs a valid signature of Twilio's.")
)
NOT_FOUND = ProblemType("not-found", 404, mark("Not found"), mark("There is nothing at this address."))
METHOD_NOT_ALLOWED = ProblemType(
    "method-not-allowed", 405, mark("Method not allowed"), mark("This address takes {allowed} only.")
)
TOO_SLOW = ProblemType(
    "too-slow", 408, mark("Too slow"), mark("The request came too slowly, or stopped before its end.")
)
TOO_LARGE = ProblemType(
    "too-large", 413, mark("Too large"), mark("The content of the request may have at most {limit} bytes.")
)
UNSUPPORTED_TYPE = ProblemType(
    "unsupported-type", 415, mark("Unsupported content type"), mark("The content must be {expected}.")
)
UNSUPPORTED_ENCODING = ProblemType(
    "unsupported-encoding",
    415,
    mark("Unsupported content encoding"),
    mark("The content must be sent as it is, without compression."),
)
EXPECTATION_FAILED = ProblemType(
    "expectation-failed",
    417,
    mark("Expectation failed"),
    mark("The request expects something of this server (Expect) that it doesn't know."),
)
INVALID = ProblemType(
    "invalid-content", 422, mark("Invalid content"), mark("Some of the content is missing or not allowed; see errors.")
)
KEY_REUSED = ProblemType(
    "key-reused",
    422,
    mark("Idempotency key used before"),
    mark("The same Idempotency-Key came before with other content. A new request needs a new key."),
)
TOO_MANY = ProblemType(
    "too-many-requests",
    429,
    mark("Too many requests"),
    mark("So many requests came from your network that we can't take this one now. Try again in {seconds} seconds."),
)
HEAD_TOO_LARGE = ProblemType(
    "head-too-large",
    431,
    mark("Head too large"),
    mark("The address or the headers of the request are longer than this server takes."),
)
INTERNAL = ProblemType(
    "internal-error",
    500,
    mark("Internal error"),
    mark("Something failed on our side. If you report it, please give this number: {number}."),
)
UNAVAILABLE = ProblemType(
    "unavailable",
    503,
    mark("Temporarily unavailable"),
    mark("We can't save requests at the moment. Please try again in a few minutes."),
)
OVERDUE = ProblemType(
    "no-answer-in-time",
    503,
    mark("No answer in time"),
    mark(
        "We could not confirm the request in time. Please send it again, with the same Idempotency-Key if it had one."
    ),
)
TOO_MANY_CONNECTIONS = ProblemType(
    "too-many-connections",
    503,
    mark("Too many connections"),
    mark("Too many connections are open from this address, and all of them are in use. Please try again in a moment."),
)

TYPES = (
    BAD_REQUEST,
    MALFORMED,
    UNAUTHORIZED,
    CROSS_SITE,
    NOT_SIGNED,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    TOO_SLOW,
    TOO_LARGE,
    UNSUPPORTED_TYPE,
    UNSUPPORTED_ENCODING,
    EXPECTATION_FAILED,
    INVALID,
    KEY_REUSED,
    HEAD_TOO_LARGE,
    TOO_MANY,
    INTERNAL,
    UNAVAILABLE,
    OVERDUE,
    TOO_MANY_CONNECTIONS,
)
"""Every type there is, in the order of their status."""
