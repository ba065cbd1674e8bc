"""Which recipients are ours: nothing else is taken, so that nobody relays through us."""

from collections.abc import Iterable

_SLOT = "{token}"


class OurAddresses:
    """The channel's addresses, each with anything after a plus in its local part, and those of the form of
    `reply_pattern`, which has `{token}` where a ticket's token stands. Case plays no part."""

    def __init__(self, addresses: Iterable[str], reply_pattern: str = "") -> None:
        self._addresses = frozenset(each.lower() for each in addresses)
        self._before, slot, self._after = reply_pattern.lower().partition(_SLOT)
        self._has_pattern = bool(slot)

    def __contains__(self, address: str) -> bool:
        wanted = address.lower()
        local, _, domain = wanted.rpartition("@")
        return f"{local.partition('+')[0]}@{domain}" in self._addresses or self._fits(wanted)

    def _fits(self, address: str) -> bool:
        """What stands for the token is looked at later: a wrong one makes a new ticket, not a lost mail."""
        longer = len(address) > len(self._before) + len(self._after)
        return self._has_pattern and longer and address.startswith(self._before) and address.endswith(self._after)
