"""Who a mail channel is in the mails that it sends, and how it knows them again."""

from collections.abc import Callable, Collection

from channels.channel import MailAddresses
from channels.email.threading.addresses import ReplyAddresses, plus_addressing
from channels.email.threading.claims import Claims
from channels.email.threading.message_ids import OwnMessageIds
from channels.email.threading.tokens import REQUESTER, Party, Purpose, ThreadTokens

THREADS = "mail/threads"
"""What the key of threads is derived for: one for all channels, so that a channel may be renamed."""


class MailIdentity:
    """A channel's address, and what it gives out beside it: reply addresses and Message-IDs of tickets.

    `reply_pattern` has `{token}` left of its @, None stands for plus addressing; `key` is secret, of at least 32 bytes,
    and that of all channels, like `everywhere`: what one gives out is known to the others, whose mailboxes get copies.
    `desks` answers the names of the desks that are written to now. Raises ValueError for a pattern or a key that can't
    be used.
    """

    def __init__(
        self,
        name: str,
        address: str,
        reply_pattern: str | None,
        key: bytes,
        desks: Callable[[], Collection[str]],
        everywhere: Collection[MailAddresses] = (),
    ) -> None:
        self.name = name
        """The channel's."""
        self.address = address
        self.addresses = ReplyAddresses(
            reply_pattern or plus_addressing(address), [each.reply_pattern for each in everywhere]
        )
        self.own_addresses = frozenset({address.lower()}).union(*(each.own for each in everywhere))
        """Of all mail channels, those of tickets aside, in lower case."""
        self._key = key
        self._desks = desks
        self._domain = address.rpartition("@")[2]
        self._given_out = ThreadTokens(key)

    @property
    def message_ids(self) -> OwnMessageIds:
        """Those of the requesters and of the desks that there are now."""
        return OwnMessageIds(self._tokens(), self._domain)

    @property
    def claims(self) -> Claims:
        """What finds the claims in mails."""
        return Claims(self._tokens(), self.addresses, self.message_ids)

    def is_ours(self, address: str) -> bool:
        """Whether a mail to it would come to a mail channel."""
        return address.lower() in self.own_addresses or any(self.addresses.tokens([address]))

    def reply_address(self, reference: str, party: Party = REQUESTER) -> str:
        """Where answers about that ticket come in: always the same for the same party."""
        return self.addresses.address(self._given_out.make(Purpose.ADDRESS, reference, party))

    def message_id(self, reference: str, unique: str, party: Party = REQUESTER) -> str:
        """With its angle brackets; the same for every try of the mail that `unique` stands for."""
        return self.message_ids.make(reference, unique, party)

    def _tokens(self) -> ThreadTokens:
        # Reading takes the names of the desks, which a reload may change; making doesn't.
        return ThreadTokens(self._key, self._desks())
