"""The claims that a mail makes of continuing a ticket, strongest first. Nothing is believed here."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import islice

from channels.email.mail import Mail
from channels.email.threading.addresses import ReplyAddresses
from channels.email.threading.message_ids import OwnMessageIds
from channels.email.threading.tokens import REQUESTER, Party, Purpose, ThreadTokens
from channels.references import references_in
from gateway.core.values import dataclass

_DELIVERED = ("delivered-to", "x-original-to", "envelope-to", "x-delivered-to", "x-envelope-to")
_MOST = 10
"""Claims of one mail that are looked into."""
_MOST_LOOKED_AT = 50
"""Addresses of one mail, and identifiers: each that looks like one of ours costs a digest for every desk."""
_MOST_ANSWERED = 5
"""Mails that one mail answers, of which it is asked whether a ticket has them."""


class Strategy(StrEnum):
    """How a mail says which ticket it is about."""

    ADDRESS = "address"
    """By the token in the address that it was sent to."""
    MESSAGE_ID = "message_id"
    """By answering a Message-ID of ours."""
    SUBJECT = "subject"
    """By a reference in its subject."""
    DESK_NUMBER = "desk_number"
    """By the number that a desk has given the ticket."""
    OWN_THREAD = "own_thread"
    """By answering a mail of the requester's own that is in the ticket."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim."""

    strategy: Strategy
    key: str
    """The ticket's plain reference; for DESK_NUMBER the desk's own number, for OWN_THREAD a Message-ID."""
    party: Party = REQUESTER
    """In whose role."""


class Claims:
    """Finds the claims in mails, by what we have given out."""

    def __init__(self, tokens: ThreadTokens, addresses: ReplyAddresses, message_ids: OwnMessageIds) -> None:
        self._tokens = tokens
        self._addresses = addresses
        self._message_ids = message_ids

    def of(
        self,
        mail: Mail,
        recipients: Iterable[str] = (),
        desk_number: Claim | None = None,
        desks: Iterable[str] = (),
    ) -> tuple[Claim, ...]:
        """The claims of a mail; `recipients` are the envelope's, `desk_number` is what a desk's pattern has found,
        `desks` are those whose mail it may be."""
        found = [*self._by_address(mail, recipients), *self._by_message_id(mail)]
        if desk_number is not None:
            found.append(desk_number)
        # One address is less than a desk's whole domain, at which its requester may work, too.
        parties = [REQUESTER, *map(Party, desks)]
        found.extend(Claim(Strategy.SUBJECT, key, party) for key in references_in(mail.subject) for party in parties)
        return tuple(dict.fromkeys([*found[:_MOST], *islice(self._by_own_mails(mail), _MOST_ANSWERED)]))

    def _by_address(self, mail: Mail, recipients: Iterable[str]) -> Iterator[Claim]:
        # A token can't be guessed, so that any place which shows an address will do: blind copies have only these.
        shown = [each.address for each in (*mail.to, *mail.cc)]
        delivered = [value for name in _DELIVERED for value in mail.all(name)]
        looked_at = islice(dict.fromkeys([*recipients, *delivered, *shown]), _MOST_LOOKED_AT)
        for token in self._addresses.tokens(looked_at):
            proof = self._tokens.read(Purpose.ADDRESS, token)
            if proof:
                yield Claim(Strategy.ADDRESS, proof.reference, proof.party)

    def _by_message_id(self, mail: Mail) -> Iterator[Claim]:
        return (Claim(Strategy.MESSAGE_ID, proof.reference, proof.party) for proof in self._message_ids.answered(mail))

    def _by_own_mails(self, mail: Mail) -> Iterator[Claim]:
        for message_id in islice(dict.fromkeys([*mail.in_reply_to, *reversed(mail.references)]), _MOST_LOOKED_AT):
            if self._message_ids.read(message_id) is None:
                yield Claim(Strategy.OWN_THREAD, message_id)
