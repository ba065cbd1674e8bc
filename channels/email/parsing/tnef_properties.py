"""MAPI properties as winmail.dat has them ([MS-OXTNEF], 2.1.3.4). Linear; ends at the first that makes no sense."""

import struct
from collections.abc import Iterator

_UINT = struct.Struct("<I")
_USHORTS = struct.Struct("<HH")
_SIZES = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
"""Bytes of the types of fixed length, with their padding."""
_VARIABLE = frozenset({0x0D, 0x1E, 0x1F, 0x102})
_SEVERAL = 0x1000
_NAMED = 0x8000
UNICODE = 0x1F
_MOST_VALUES = 10_000


def read_properties(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Identifier, type and first value of each property. Raises `struct.error` where the data ends too early."""
    (count,) = _UINT.unpack_from(data, 0)
    here = 4
    for _ in range(min(count, _MOST_VALUES)):
        kind, identifier = _USHORTS.unpack_from(data, here)
        here += 4
        if identifier >= _NAMED:
            here = _after_name(data, here)
        several, kind = bool(kind & _SEVERAL), kind & ~_SEVERAL
        values = 1
        if several or kind in _VARIABLE:
            (values,) = _UINT.unpack_from(data, here)
            here += 4
        if kind not in _VARIABLE and kind not in _SIZES:
            return
        first = b""
        for number in range(min(values, _MOST_VALUES)):
            value, here = _value(data, here, kind)
            if not number:
                first = value
        yield identifier, kind, first


def _value(data: bytes, here: int, kind: int) -> tuple[bytes, int]:
    if kind in _SIZES:
        return data[here : here + _SIZES[kind]], here + _SIZES[kind]
    (length,) = _UINT.unpack_from(data, here)
    here += 4
    if here + length > len(data):
        raise struct.error("a value goes on beyond the end")
    return data[here : here + length], here + length + -length % 4


def _after_name(data: bytes, here: int) -> int:
    """After the GUID and the number or text that name a property of somebody's own."""
    (by_text,) = _UINT.unpack_from(data, here + 16)
    here += 20
    if not by_text:
        return here + 4
    length: int = _UINT.unpack_from(data, here)[0]
    return here + 4 + length + -length % 4
