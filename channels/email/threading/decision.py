"""Does a mail continue a ticket? `RULES` is the whole answer: what each claim proves, and what else it takes.

A claim without a row, a sender who is nobody in particular, a mail that its own domain disowns: a new ticket, linked to
the one claimed first.
"""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum

from channels.email.authentication import Authenticated, Authentication, NotAuthenticated, Why
from channels.email.mail import Mail
from channels.email.threading.claims import Claim, Strategy
from channels.email.threading.tokens import Party
from gateway.core.values import dataclass


class Side(StrEnum):
    """Whose mail it claims to be."""

    REQUESTER = "requester"
    DESK = "desk"


class Needs(StrEnum):
    """What the sender's domain has to say."""

    PASSED = "passed"
    """Authenticated."""
    NOT_FAILED = "not_failed"
    """Authenticated, or nothing known; not where the domain disowns the mail."""
    PASSED_FROM_THE_START = "passed_from_the_start"
    """Authenticated, as was the mail that opened the ticket: else somebody may have opened it in the sender's name, so
    as to read there what the sender is led to write."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: a claim of that strategy and side holds if the sender is a participant on that side, and as needed."""

    strategy: Strategy
    side: Side
    proves: str
    needs: Needs


RULES = (
    Rule(Strategy.ADDRESS, Side.REQUESTER, "knows the address that only the requester was given", Needs.NOT_FAILED),
    Rule(Strategy.ADDRESS, Side.DESK, "knows the address that only this desk was given", Needs.NOT_FAILED),
    Rule(Strategy.MESSAGE_ID, Side.REQUESTER, "has seen a mail of ours to the requester", Needs.NOT_FAILED),
    Rule(Strategy.MESSAGE_ID, Side.DESK, "has seen a mail of ours to this desk", Needs.NOT_FAILED),
    Rule(Strategy.DESK_NUMBER, Side.DESK, "nothing: a desk's numbers can be guessed", Needs.PASSED),
    Rule(
        Strategy.SUBJECT,
        Side.REQUESTER,
        "nothing: a reference identifies and can be guessed",
        Needs.PASSED_FROM_THE_START,
    ),
    Rule(Strategy.SUBJECT, Side.DESK, "nothing: a reference identifies and can be guessed", Needs.PASSED),
    Rule(Strategy.OWN_THREAD, Side.REQUESTER, "nothing: whoever got that mail can answer it", Needs.PASSED),
)
"""Everybody must be a participant: the requester's address, or an address or domain of the desk."""

_RULE = {(rule.strategy, rule.side): rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of a ticket that was claimed."""

    ticket_id: str
    participants: Mapping[Party, Collection[str]]
    """Addresses in lower case of each party; `@desk.example` stands for all of that domain."""
    opened_authenticated: bool = False
    """By a mail that was authenticated as the requester's."""


class Decision(StrEnum):
    """What becomes of a mail."""

    CONTINUES = "continues"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Thread:
    """The decision and its grounds."""

    decision: Decision
    ticket_id: str | None
    """The ticket that it continues; None for a new one."""
    linked: str | None
    """The ticket that a new one is linked to, since it was claimed."""
    claim: Claim | None
    """What held; for a new ticket, what did not."""
    proof: str
    """In words; "" for a new ticket."""
    authenticated: bool


def decide(mail: Mail, claims: Sequence[Claim], known: Mapping[Claim, Known], authentication: Authentication) -> Thread:
    """The first claim that holds, in the order of their strength. `known` has the tickets that exist."""
    authenticated = isinstance(authentication, Authenticated)
    sender = sole_sender(mail)
    first: Claim | None = None
    for claim in claims:
        ticket = known.get(claim)
        if ticket is None:
            continue
        first = first or claim
        rule = _RULE.get((claim.strategy, Side.DESK if claim.party.desk else Side.REQUESTER))
        takes_part = bool(sender) and _takes_part(sender, ticket.participants.get(claim.party, ()))
        if rule and takes_part and _satisfied(rule.needs, authentication, ticket):
            return Thread(Decision.CONTINUES, ticket.ticket_id, None, claim, rule.proves, authenticated)
    linked = known[first].ticket_id if first else None
    return Thread(Decision.NEW, None, linked, first, "", authenticated)


def sole_sender(mail: Mail) -> str:
    """The address of the one From there is, in lower case; "" where there is none, or more than one (T26). Reply-To and
    Sender are nobody's identity (T07)."""
    return mail.sender[0].address.lower() if len(mail.sender) == 1 and len(mail.all("from")) == 1 else ""


def _takes_part(sender: str, participants: Collection[str]) -> bool:
    return sender in participants or f"@{sender.rpartition('@')[2]}" in participants


def _satisfied(needs: Needs, authentication: Authentication, ticket: Known) -> bool:
    if isinstance(authentication, NotAuthenticated):
        return needs is Needs.NOT_FAILED and authentication.why is not Why.FAILED
    return needs is not Needs.PASSED_FROM_THE_START or ticket.opened_authenticated
