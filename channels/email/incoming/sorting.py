"""What becomes of a mail: one of six fates. Pure, and closed by default: what proves nothing opens its own ticket."""

from collections.abc import Mapping

from channels.email.authentication import Authenticated, Authentication, NotAuthenticated, Why
from channels.email.automatic import Kind
from channels.email.incoming.clues import Answered, Clues
from channels.email.incoming.desk_reports import ROBOTS, DeskWord, desk_word, has_spoken
from channels.email.incoming.desks import Desks, reader_of
from channels.email.incoming.tickets import Claimed, known_of
from channels.email.notifications.notification import Action, Notification, Recipient
from channels.email.reading.reading import Reading
from channels.email.threading.claims import Claim, Strategy
from channels.email.threading.decision import Decision, Thread, decide, sole_sender
from channels.email.threading.tokens import Party
from gateway.core.post import DeskContact
from gateway.core.reference import CANARY_REFERENCE
from gateway.core.values import dataclass

_MOST_BOUNCES = 10
_ANSWERS_BY_ITSELF = frozenset({Kind.AUTO_REPLIED, Kind.NULL_SENDER})
_REPORT = "multipart/report"
_GIVEN_BY_US = frozenset({Strategy.ADDRESS, Strategy.MESSAGE_ID})
"""Claims that only those can make who have got a mail of ours."""
DESK_AUTOMATIC = "desk_automatic"
CANARY = "canary"


@dataclass(frozen=True, slots=True)
class Opens:
    """A new ticket."""

    linked: str | None = None
    """The reference of the ticket that was claimed, and is another one's."""


@dataclass(frozen=True, slots=True)
class Continues:
    """A further message of the requester."""

    claimed: Claimed


@dataclass(frozen=True, slots=True)
class FromDesk:
    """A desk's word on its ticket."""

    claimed: Claimed
    contact: DeskContact
    word: DeskWord


@dataclass(frozen=True, slots=True)
class Bounced:
    """A mail of ours did not arrive, or is late."""

    claimed: Claimed
    party: Party
    recipients: tuple[Recipient, ...]
    unique: str = ""
    """Of the mail; "" where only its ticket is known."""

    @property
    def came_back(self) -> bool:
        """Another try can't mend it."""
        return any(each.action is Action.FAILED and each.hard for each in self.recipients)


@dataclass(frozen=True, slots=True)
class Noted:
    """No message: only that it came is recorded."""

    kind: str
    """As in MailNoted."""
    claimed: Claimed | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A person has to look."""

    reason: str
    """Without personal data."""


Fate = Opens | Continues | FromDesk | Bounced | Noted | Held


def sort(reading: Reading, clues: Clues, found: Mapping[Claim, Claimed], desks: Desks) -> Fate:
    """`found` are the tickets that there are, of those that the clues lead to."""
    if clues.own is not None:
        if reading.mail.all("resent-from"):
            return Held("a mail of ours that somebody has sent back to us")
        return Noted(Kind.OWN.value, found.get(clues.own))
    thread = decide(reading.mail, clues.claims, known_of(found, desks), reading.authentication)
    if reading.notification is not None:
        if not _is_forwarded(reading, thread):
            return _of_notification(reading, reading.notification, clues, found)
        if thread.claim is not None and thread.claim.party.desk:
            return Held(f"a notification that somebody at the desk {thread.claim.party.desk} has forwarded")
    if reading.outcome.kind is Kind.RECEIPT and reading.mail.root.media_type == _REPORT:
        return Noted(Kind.RECEIPT.value, _first_given(clues, found))
    if thread.decision is Decision.CONTINUES and thread.claim is not None:
        return _continuing(reading, thread.claim, found[thread.claim], desks)
    return _of_nothing(reading, clues, thread, found, desks)


def answered_by_desk(clues: Clues, sender: str, authentication: Authentication, desks: Desks) -> list[Answered]:
    """Of what a mail says it answers, that whose desk it is from. `sender` is the sole one."""
    if authentication == NotAuthenticated(Why.FAILED):
        return []
    answered = [each for each in clues.answered if desks.is_from(each.provider, sender)]
    if isinstance(authentication, Authenticated):
        by_subject = (claim for claim in clues.claims if claim.strategy is Strategy.SUBJECT and claim.party.desk)
        answered.extend(Answered(claim.party.desk, reference=claim.key) for claim in by_subject)
    return answered


def _is_forwarded(reading: Reading, thread: Thread) -> bool:
    """Whether somebody of the ticket has sent a notification on to it, with words of their own."""
    if thread.decision is not Decision.CONTINUES or thread.claim is None or reading.mail.root.media_type == _REPORT:
        return False
    of_systems = {"null_sender", "system_address"} if thread.claim.party.desk else {"null_sender"}
    return of_systems.isdisjoint(reading.outcome.signs)


def _is_of_system(reading: Reading) -> bool:
    """Whether surely no person has sent a notification: a postmaster is one, too, and may ask for help."""
    signs = reading.outcome.signs
    return "null_sender" in signs or ("system_address" in signs and reading.mail.root.media_type == _REPORT)


def _of_notification(
    reading: Reading, notification: Notification, clues: Clues, found: Mapping[Claim, Claimed]
) -> Bounced | Noted | Held:
    returned = clues.returned
    claimed = found.get(returned) if returned else None
    bad = [each for each in notification.recipients if each.action in (Action.FAILED, Action.DELAYED)]
    if claimed is None and not _is_of_system(reading):
        return Held("a notification about no mail of ours, and not from a mail system: somebody may have forwarded it")
    if returned is None or claimed is None or not bad:
        return Noted(Kind.NOTIFICATION.value, claimed)
    return Bounced(claimed, returned.party, tuple(bad[:_MOST_BOUNCES]), clues.returned_unique)


def _continuing(reading: Reading, claim: Claim, claimed: Claimed, desks: Desks) -> Continues | FromDesk | Noted:
    kind = reading.outcome.kind
    if not claim.party.desk:
        return Noted(kind.value, claimed) if kind in _ANSWERS_BY_ITSELF else Continues(claimed)
    contact = desks.contact(claim.party.desk)
    heard = has_spoken(claimed.case, contact.provider)
    word = desk_word(reading.mail, kind, reader_of(contact), heard=heard, has_files=bool(reading.files))
    return FromDesk(claimed, contact, word) if word.reports else Noted(DESK_AUTOMATIC, claimed)


def _of_nothing(
    reading: Reading, clues: Clues, thread: Thread, found: Mapping[Claim, Claimed], desks: Desks
) -> Opens | Noted | Held:
    """A mail that continues no ticket, whatever it claims."""
    sender, kind = sole_sender(reading.mail), reading.outcome.kind
    if any(claim.key == CANARY_REFERENCE and desks.is_from(claim.party.desk, sender) for claim in clues.claims):
        return Noted(CANARY)
    given = next((claim for claim in clues.claims if claim.strategy in _GIVEN_BY_US), None)
    if given is not None and given.party.desk and given in found:
        # Whoever it is, a ticket of theirs would go to a desk, whose robot answers, and so on.
        return Held(f"about the ticket of the desk {given.party.desk}, from an address that isn't known as the desk's")
    if kind in _ANSWERS_BY_ITSELF and given is not None and given in found:
        return Noted(kind.value, found[given])
    numbered = any(_is_number(claim, found) for claim in clues.claims)
    return _of_desk(sender, kind, desks, numbered=numbered) or Opens(_linked(thread, found))


def _is_number(claim: Claim, found: Mapping[Claim, Claimed]) -> bool:
    """Whether it is a desk's number, or ours of a ticket that the desk has or had."""
    if claim.strategy is Strategy.DESK_NUMBER:
        return True
    handoffs = found[claim].case.handoffs if claim.strategy is Strategy.SUBJECT and claim in found else ()
    return any(handoff.provider == claim.party.desk for handoff in handoffs)


def _of_desk(sender: str, kind: Kind, desks: Desks, *, numbered: bool) -> Noted | Held | None:
    """What a desk writes about no ticket would be handed to it as a ticket, which its robot would answer, and so on.
    Somebody at a desk's domain may ask for help like anybody, but not with a ticket's number, nor by a robot. A robot's
    mail with a number may be the acknowledgement that was to teach us that number."""
    contact = desks.writing_from(sender)
    if contact is None:
        return None
    if kind in ROBOTS and not numbered:
        return Noted(DESK_AUTOMATIC)
    if numbered or desks.writing_as(sender) is not None:
        return Held(f"from the desk {contact.provider}, and about no ticket that it has")
    return None


def _first_given(clues: Clues, found: Mapping[Claim, Claimed]) -> Claimed | None:
    return next((found[claim] for claim in clues.claims if claim.strategy in _GIVEN_BY_US and claim in found), None)


def _linked(thread: Thread, found: Mapping[Claim, Claimed]) -> str | None:
    return found[thread.claim].ticket.reference if thread.claim is not None and thread.linked is not None else None
