"""Who is cut off where clients leave more unread than there is memory for. Pure."""

from collections import Counter
from collections.abc import Hashable, Mapping

from gateway.listener.places import Place


def crowding(unread: Mapping[Place, int], most: int) -> list[Place]:
    """Those to be ended so that no more than `most` of all the bytes in `unread` are left: of the address with most of
    them first, and of one address the one with most."""
    excess = sum(unread.values()) - most
    if excess <= 0:
        return []
    of_address: Counter[Hashable] = Counter()
    for place, size in unread.items():
        of_address[place.address] += size
    ended = []
    for place in sorted(unread, key=lambda place: (of_address[place.address], unread[place]), reverse=True):
        if excess <= 0:
            break
        ended.append(place)
        excess -= unread[place]
    return ended
