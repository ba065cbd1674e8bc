"""What a mail says by itself of the tickets that it may be about. Nothing is believed here."""

from collections.abc import Collection, Iterable, Iterator

from channels.email.identity import MailIdentity
from channels.email.incoming.desks import Desks
from channels.email.mail import Mail
from channels.email.notifications.notification import Notification
from channels.email.threading.claims import Claim, Strategy
from channels.email.threading.decision import sole_sender
from channels.email.threading.message_ids import OwnMessageIds
from gateway.core.values import dataclass

_MOST_LOOKED_AT = 50
_MOST_ANSWERED = 10


@dataclass(frozen=True, slots=True)
class Answered:
    """What of our letters to a desk a mail says that it answers: one of them, or any about a reference."""

    provider: str
    unique: str = ""
    """The letter's, see gateway.core.post.Letter; "" where only `reference` is known."""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Clues:
    """Of one mail."""

    own: Claim | None
    """Its Message-ID is one of ours: the mail that bears it is ours, come back."""
    returned: Claim | None
    """The mail of ours that did not arrive, where the mail is a notification."""
    claims: tuple[Claim, ...]
    """Of continuing a ticket, strongest first."""
    answered: tuple[Answered, ...]
    returned_unique: str = ""
    """What makes the returned mail the same mail; "" where only the ticket is known."""

    @property
    def all_claims(self) -> tuple[Claim, ...]:
        """Each once."""
        first = (self.own, self.returned)
        return tuple(dict.fromkeys([*(claim for claim in first if claim is not None), *self.claims]))


def find_clues(
    mail: Mail, notification: Notification | None, recipients: Collection[str], identity: MailIdentity, desks: Desks
) -> Clues:
    """`recipients` are the envelope's."""
    message_ids = identity.message_ids
    sender = sole_sender(mail)
    claims = identity.claims.of(mail, recipients, desks.number_claim(mail, sender), desks.written_by(sender))
    return Clues(
        own=_by(message_ids, mail.message_id),
        returned=_returned(notification, message_ids, claims) if notification else None,
        claims=claims,
        answered=tuple(dict.fromkeys([*_letters(mail, message_ids), *_addressed(claims)]))[:_MOST_ANSWERED],
        returned_unique=_returned_unique(notification, message_ids) if notification else "",
    )


def _by(message_ids: OwnMessageIds, message_id: str) -> Claim | None:
    proof = message_ids.read(message_id)
    return Claim(Strategy.MESSAGE_ID, proof.reference, proof.party) if proof else None


def _returned(notification: Notification, message_ids: OwnMessageIds, claims: tuple[Claim, ...]) -> Claim | None:
    """Some notifications don't return the mail, but come to the address that it was sent from."""
    original = notification.original
    named = _by(message_ids, original.message_id) if original else None
    return named or next((claim for claim in claims if claim.strategy is Strategy.ADDRESS), None)


def _returned_unique(notification: Notification, message_ids: OwnMessageIds) -> str:
    original = notification.original
    return message_ids.unique(original.message_id) if original and message_ids.read(original.message_id) else ""


def _letters(mail: Mail, message_ids: OwnMessageIds) -> Iterator[Answered]:
    for message_id in (*mail.in_reply_to, *reversed(mail.references))[:_MOST_LOOKED_AT]:
        proof = message_ids.read(message_id)
        if proof and proof.party.desk:
            yield Answered(proof.party.desk, message_ids.unique(message_id), proof.reference)


def _addressed(claims: Iterable[Claim]) -> Iterator[Answered]:
    """Some desks' systems name no mail that they answer, but write to where it came from."""
    for claim in claims:
        if claim.strategy is Strategy.ADDRESS and claim.party.desk:
            yield Answered(claim.party.desk, reference=claim.key)
