"""S/MIME mail whose content is wrapped in its signature (RFC 8551, 3.5.2): the content taken out of the CMS envelope.

Nothing is verified here: whether the signature holds is nobody's claim. Walks only the way to the content; no recursion
but over pieces of one octet string, which BER nests by a level or two."""

from gateway.core.values import dataclass

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_DATA = bytes.fromhex("2a864886f70d010701")
_INTEGER, _OCTETS, _OBJECT, _SEQUENCE, _SET, _EXPLICIT = 0x02, 0x04, 0x06, 0x30, 0x31, 0xA0
_CONSTRUCTED = 0x20
_END_OF_CONTENTS = 0x00
_MOST_PIECES = 100_000


class NotSignedData(ValueError):
    """No CMS SignedData with a content that is a mail's part."""


@dataclass(frozen=True, slots=True)
class _Element:
    tag: int
    start: int
    end: int | None
    """None for one of indefinite length, which goes on to its end-of-contents."""


def signed_content(envelope: bytes) -> bytes:
    """The content of a SignedData. Raises `NotSignedData`."""
    try:
        here = _into(envelope, 0, _SEQUENCE)
        here = _past(envelope, here, _OBJECT, _SIGNED_DATA)
        here = _into(envelope, here, _EXPLICIT)
        here = _into(envelope, here, _SEQUENCE)
        here = _past(envelope, here, _INTEGER)
        here = _past(envelope, here, _SET)
        here = _into(envelope, here, _SEQUENCE)
        here = _past(envelope, here, _OBJECT, _DATA)
        here = _into(envelope, here, _EXPLICIT)
        return _octets(envelope, here)
    except IndexError as error:
        raise NotSignedData("the envelope ends too early") from error


def _element(data: bytes, here: int) -> _Element:
    tag, length = data[here], data[here + 1]
    start = here + 2
    if length == 0x80:
        return _Element(tag, start, None)
    if length > 0x80:
        size = length & 0x7F
        if size > 8:
            raise NotSignedData("a length beyond reason")
        length = int.from_bytes(data[start : start + size])
        start += size
    return _Element(tag, start, start + length)


def _into(data: bytes, here: int, tag: int) -> int:
    element = _element(data, here)
    if element.tag != tag:
        raise NotSignedData("another structure")
    return element.start


def _past(data: bytes, here: int, tag: int, content: bytes | None = None) -> int:
    element = _element(data, here)
    if element.tag != tag or element.end is None:
        raise NotSignedData("another structure")
    if content is not None and data[element.start : element.end] != content:
        raise NotSignedData("another content type")
    return element.end


def _octets(data: bytes, here: int) -> bytes:
    """An octet string in one piece, or in those of its constructed form; their nesting doesn't matter to the bytes."""
    first = _element(data, here)
    if first.tag == _OCTETS and first.end is not None:
        if first.end > len(data):
            raise NotSignedData("the envelope ends too early")
        return data[first.start : first.end]
    if first.tag != _OCTETS | _CONSTRUCTED:
        raise NotSignedData("no octet string")
    pieces: list[bytes] = []
    here, stop = first.start, first.end if first.end is not None else len(data)
    while here < stop and len(pieces) < _MOST_PIECES:
        piece = _element(data, here)
        if piece.tag == _OCTETS and piece.end is not None:
            pieces.append(data[piece.start : piece.end])
            here = piece.end
        elif piece.tag in (_OCTETS | _CONSTRUCTED, _END_OF_CONTENTS):
            here = piece.start
        else:
            break
    return b"".join(pieces)
