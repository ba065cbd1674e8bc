"""Mail to help desks: what a provider of type `email` and the mail channel that it goes by say to each other."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Protocol

from gateway.core.clock import Instant
from gateway.core.handoff import Handoff
from gateway.core.smtp_server import SmtpServer
from gateway.core.ticket import Message, Ticket
from gateway.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Deferred:
    """Surely not taken; later it may be."""

    why: str
    """Without addresses."""
    step: str
    """Where: resolve, connect, tls, greeting, login are about the relay; sender, recipient, content about the mail;
    store is our own."""
    code: int | None = None
    """The reply's; None where there was none."""
    wait: float | None = None
    """Seconds that the server wants us to wait, where it says so or is greylisting."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Surely not taken, and trying again is no use."""

    why: str
    """Without addresses."""
    step: str
    code: int
    status: str = ""
    """Enhanced, such as 5.1.1; "" where the reply has none."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The relay has it, for all recipients but those in `not_for`."""

    reply: str
    """Without addresses; often it names the relay's queue id."""
    not_for: Mapping[str, Deferred | Refused] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unknown:
    """The content was under way or out, and no answer came: the relay may have taken it. Its Message-ID makes a second
    copy recognisable."""

    why: str


Outcome = Sent | Deferred | Refused | Unknown


@dataclass(frozen=True, slots=True)
class DeskContact:
    """A help desk that is reached by mail, as the channel needs to know it to recognise its mails."""

    provider: str
    """Its name in the configuration."""
    address: str
    """Where letters go."""
    senders: frozenset[str] = frozenset()
    """Whose mails are the desk's, in lower case: addresses, and `@desk.example` for all of a domain."""
    ticket_number: str | None = None
    """Patterns, see `gateway/core/desk_pattern.py`: the desk's own number of a ticket, with one group,"""
    picked_up: str | None = None
    """that somebody works on it,"""
    resolved: str | None = None
    """and that it is resolved."""


class Purpose(StrEnum):
    """What a letter is for."""

    TICKET = "ticket"
    """A ticket with its messages."""
    MESSAGE = "message"
    """A further message of the requester."""
    WITHDRAWAL = "withdrawal"
    """Somebody else has the ticket now."""
    CANARY = "canary"
    """Nobody's ticket: whoever answers it shows that the desk works."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to a desk."""

    to: DeskContact
    purpose: Purpose
    unique: str
    """What makes it the same letter when it is sent again: lower-case letters and digits, such as a hand-off's id. A
    canary's is a new id."""
    ticket: Ticket | None = None
    """Of a new ticket's letter; of further ones the hand-off tells which it is, and a canary has none."""
    handoff: Handoff | None = None
    messages: tuple[Message, ...] = ()
    """Those to be told: of a ticket all, of a further message that one."""


class Post(Protocol):
    """A mail channel, as providers use it."""

    async def send(self, letter: Letter) -> Outcome:
        """One try; the mail is the same on every one, its Message-ID included. Raises nothing but cancellation: where
        an attachment can't be read now, or the store is away, it is Deferred."""

    async def acknowledged(self, provider: str, unique: str, ticket_id: str | None = None) -> None:
        """Returns once a mail of that desk has been read that answers that letter; of a hand-off's letter, which has
        its ticket, by whichever gateway."""

    async def canary_answered(self, provider: str) -> str:
        """The newest canary to that desk that was answered, whichever gateway sent it and read the answer: its
        `unique`, in whose order canaries are made; "" where none was. Raises StoreUnavailable, StoreFailed."""

    def deaf_until(self) -> Instant:
        """When trouble with taking mails in ended, or now while there is any: what was answered before may be unread
        yet."""

    async def probe(self, server: SmtpServer | None, *, allow_private: bool) -> None:
        """Does that server (None: the channel's own relay) answer as one that takes mail? Raises ProviderUnavailable;
        the caller bounds the time."""
