"""What the incoming side of a mail channel decides about: readings of mails, tickets that there are, and desks."""

from collections.abc import Mapping, Sequence

from channels.email.authentication import Authenticated, Authentication, NotAuthenticated, Why
from channels.email.automatic import Circumstances, weigh
from channels.email.identity import MailIdentity
from channels.email.incoming.clues import find_clues
from channels.email.incoming.desks import Desks
from channels.email.incoming.sorting import Fate, sort
from channels.email.incoming.tickets import Claimed
from channels.email.mail import Mail
from channels.email.notifications.recognise import recognise
from channels.email.reading.reading import ReadFile, Reading
from channels.email.threading.claims import Claim, Strategy
from channels.email.threading.tokens import Party
from gateway.core.delivery import Case
from gateway.core.handoff import Handoff, HandoffState
from gateway.core.post import DeskContact
from gateway.core.ticket import Requester, Ticket
from tests.support.tickets import NOW, make_delivery, make_ticket

PASSED = Authenticated("example.net", "dkim")
UNKNOWN = NotAuthenticated(Why.NO_RESULTS)
DISOWNED = NotAuthenticated(Why.FAILED)
ANA = "ana@example.net"
SUR = DeskContact(
    "sur",
    "desk@sur.example",
    frozenset({"desk@sur.example", "@agents.sur.example"}),
    ticket_number=r"\[SUR#(\d+)\]",
    picked_up="picked up",
    resolved="has been resolved",
)
NORTE = DeskContact("norte", "mesa@norte.example")
DESKS = Desks([SUR, NORTE])
IDENTITY = MailIdentity("mail", "help@example.org", None, b"k" * 32, lambda: ["sur", "norte"])
OF_SUR = Party("sur")


def reading(
    mail: Mail, authentication: Authentication = UNKNOWN, *, envelope: str | None = None, files: Sequence[ReadFile] = ()
) -> Reading:
    """As a reader gives it."""
    notification = recognise(mail)
    outcome = weigh(mail, Circumstances(notification=notification is not None, envelope_sender=envelope))
    return Reading(mail, tuple(files), notification, outcome, authentication, None)


def claimed(
    *, at: str = "sur", number: str | None = None, requester: str = ANA, opened: str | None = "dkim example.net"
) -> Claimed:
    """A ticket of that requester, which that desk has under that number; at "" nobody has it. `opened` is what is known
    of the mail that opened it; None where that was on the web."""
    metadata = {"authenticated": opened} if opened else {}
    by = "mail" if opened else None
    ticket = make_ticket(requester=Requester("Ana", requester), metadata=metadata, answer_by=by)
    copy = Handoff("c" * 32, ticket.id, at, HandoffState.ACCEPTED, NOW, provider_reference=number)
    return Claimed(ticket, Case(make_delivery(ticket.id), ticket, handoffs=(copy,) if at else ()))


class Tickets:
    """Those that there are: by reference, and by the numbers of their desks."""

    def __init__(self, *there: Claimed) -> None:
        self._by_reference = {each.ticket.reference: each for each in there}
        self._by_number = {
            (handoff.provider, handoff.provider_reference): each for each in there for handoff in each.case.handoffs
        }

    def find(self, claims: Sequence[Claim]) -> Mapping[Claim, Claimed]:
        found = {claim: self._claimed(claim) for claim in claims}
        return {claim: each for claim, each in found.items() if each is not None}

    def _claimed(self, claim: Claim) -> Claimed | None:
        if claim.strategy is Strategy.DESK_NUMBER:
            return self._by_number.get((claim.party.desk, claim.key))
        return self._by_reference.get(claim.key)


def fate(read: Reading, *there: Claimed, recipients: Sequence[str] = (), desks: Desks = DESKS) -> Fate:
    """What becomes of a mail while these tickets are there."""
    clues = find_clues(read.mail, read.notification, recipients, IDENTITY, desks)
    return sort(read, clues, Tickets(*there).find(clues.all_claims), desks)


def reply_address(of: Claimed | Ticket, desk: str = "") -> str:
    ticket = of.ticket if isinstance(of, Claimed) else of
    return IDENTITY.reply_address(ticket.reference, Party(desk))


def message_id(of: Claimed, desk: str = "", unique: str = "letter1") -> str:
    return IDENTITY.message_id(of.ticket.reference, unique, Party(desk))
