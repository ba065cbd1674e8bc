"""Is a mail's From proved? A fact about it, by what our own receiving server has found, or by DKIM that we checked.

Only a mail with exactly one mailbox in exactly one From has somebody to prove (T26). Only fields with our own
authserv-id count, of the first run of such fields, and of each method only the first field that speaks of it: what
stands further down came with the mail (T27). The server must strip forged ones with its own name, as RFC 8601 section 5
has it.
"""

from collections.abc import Collection, Iterator
from enum import StrEnum

from channels.email.authentication_results import Result, parse_results
from channels.email.mail import Mail
from gateway.core.values import dataclass

_FIELD = "authentication-results"
_MOST_FIELDS = 20


class Why(StrEnum):
    """Why a mail isn't authenticated."""

    NO_SENDER = "no_sender"
    """From has no mailbox, or several, or stands there twice."""
    NO_RESULTS = "no_results"
    """Nobody whom we trust has said anything of it."""
    NOT_ALIGNED = "not_aligned"
    """Nothing that holds is about From's domain."""
    FAILED = "failed"
    """From's domain says by DMARC that the mail isn't its own."""


@dataclass(frozen=True, slots=True)
class Authenticated:
    """From's domain answers for the mail."""

    domain: str
    method: str
    """`dmarc`, `dkim` or `spf`, whichever shows it."""


@dataclass(frozen=True, slots=True)
class NotAuthenticated:
    """It doesn't, or nobody knows."""

    why: Why


Authentication = Authenticated | NotAuthenticated


def authenticate(mail: Mail, authserv_id: str | None, signed_by: Collection[str] = ()) -> Authentication:
    """Whether From's domain answers for the mail. `authserv_id` is the name of our receiving server in its
    Authentication-Results, None where it writes none; `signed_by` are the domains whose DKIM signature we verified."""
    domain = _sender_domain(mail)
    if not domain:
        return NotAuthenticated(Why.NO_SENDER)
    results = list(_trusted_results(mail, authserv_id)) if authserv_id else []
    verdicts = [result.result for result in results if result.method == "dmarc"]
    if verdicts and any(verdict in ("fail", "reject", "quarantine") for verdict in verdicts):
        return NotAuthenticated(Why.FAILED)
    for result in results:
        if result.result == "pass" and _vouches(result, domain):
            return Authenticated(domain, result.method)
    if any(_answers_for(signer.lower().rstrip("."), domain) for signer in signed_by):
        return Authenticated(domain, "dkim")
    return NotAuthenticated(Why.NOT_ALIGNED if results or signed_by else Why.NO_RESULTS)


def _sender_domain(mail: Mail) -> str:
    """In lower case; "" unless there is exactly one From with exactly one mailbox."""
    if len(mail.sender) != 1 or len(mail.all("from")) != 1:
        return ""
    local, _, domain = mail.sender[0].address.rpartition("@")
    return _plain(domain) if local and "@" not in local else ""


def _trusted_results(mail: Mail, authserv_id: str) -> Iterator[Result]:
    """Of the first run of fields, by method only those of the first field that has it."""
    known = set[str]()
    for value in _first_run(mail):
        found = parse_results(value)
        if found is None or found.authserv_id.lower() != authserv_id.lower():
            continue
        methods = {result.method for result in found.results} - known
        yield from (result for result in found.results if result.method in methods)
        known |= methods


def _first_run(mail: Mail) -> Iterator[str]:
    begun = 0
    for header in mail.headers:
        if header.name.lower() == _FIELD and begun < _MOST_FIELDS:
            begun += 1
            yield header.value
        elif begun:
            return


def _vouches(result: Result, domain: str) -> bool:
    match result.method:
        case "dmarc":
            return _plain(_domain_of(result.properties.get("header.from", domain))) == domain
        case "dkim":
            signer = result.properties.get("header.d") or _domain_of(result.properties.get("header.i", ""))
            return _answers_for(_plain(signer), domain)
        case "spf":
            return _answers_for(_plain(_domain_of(result.properties.get("smtp.mailfrom", ""))), domain)
        case _:
            return False


def _domain_of(address: str) -> str:
    return address.rpartition("@")[2]


def _plain(domain: str) -> str:
    return domain.strip().rstrip(".").lower()


def _answers_for(signer: str, domain: str) -> bool:
    """A domain answers for itself and for what is below it. What is above it takes DMARC, whose checker knows which
    domains are everybody's."""
    return "." in signer and (signer == domain or domain.endswith("." + signer))
