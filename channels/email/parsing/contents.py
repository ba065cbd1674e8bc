"""What the leaves of a structure contain, decoded; mails and signed data that are wrapped in them taken apart too."""

from collections.abc import Iterator

from channels.email.parsing.flaws import Flaw, Flaws
from channels.email.parsing.limits import Limits, Unparsable
from channels.email.parsing.signed_data import NotSignedData, signed_content
from channels.email.parsing.structure import MAIL_TYPES, Node, Scanner
from channels.email.parsing.transfer import decode_transfer, is_encoded

SIGNED_DATA = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})


def read_contents(root: Node, scanner: Scanner, limits: Limits, flaws: Flaws) -> None:
    """Decodes every leaf. Raises `Unparsable` beyond a cap."""
    left = limits.size
    waiting = [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        waiting += [(part, depth + 1) for part in reversed(node.parts)]
        if node.parts:
            continue
        node.content = decode_transfer(node.body, node.encoding, flaws)
        wrapped = _wrapped(node, flaws)
        if wrapped:
            left -= len(wrapped)
            if left < 0:
                raise Unparsable("mail_too_big", f"the mails within come to more than {limits.size} bytes")
            node.parts.append(scanner.scan(wrapped, depth + 1))
            waiting.append((node.parts[0], depth + 1))


def _wrapped(node: Node, flaws: Flaws) -> bytes:
    """A mail or part that was encoded as a whole; nothing where the node is none such."""
    if node.media_type in MAIL_TYPES and is_encoded(node.encoding):
        return node.content
    if node.media_type in SIGNED_DATA and node.content_type.get("smime-type") in ("", "signed-data"):
        try:
            return signed_content(node.content)
        except NotSignedData:
            flaws.add(Flaw.BROKEN_SIGNED_DATA)
    return b""


def in_order(root: Node) -> Iterator[Node]:
    """Every node, each before those within it."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.parts)
