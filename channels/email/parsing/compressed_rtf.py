"""The compression of Outlook's RTF bodies ([MS-OXRTFCP]): references into a ring of the last 4,096 bytes."""

import struct

_HEADER = struct.Struct("<IIII")
_COMPRESSED, _PLAIN = 0x75465A4C, 0x414C454D
_RING = 4096
_LONGEST = 2_000_000
"""Bytes that are unpacked at most (T18)."""
_AT_THE_START = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans Serif"
    rb"SymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    + b"\r\n"
    + rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
"""What the ring has in it before the first byte."""


def decompress(content: bytes) -> bytes:
    """The RTF. Raises `ValueError` for another format, `struct.error` for too short a content."""
    _, size, form, _ = _HEADER.unpack_from(content, 0)
    body = content[_HEADER.size :]
    if form == _PLAIN:
        return body[:size]
    if form != _COMPRESSED or size > _LONGEST:
        raise ValueError("no compressed RTF that is read here")
    return _unpacked(body, size)


def _unpacked(body: bytes, size: int) -> bytes:
    ring = bytearray(_AT_THE_START.ljust(_RING, b"\x00"))
    write = len(_AT_THE_START)
    unpacked = bytearray()
    here = 0
    while here < len(body) and len(unpacked) < size:
        control = body[here]
        here += 1
        for bit in range(8):
            if control >> bit & 1:
                offset, length = divmod(int.from_bytes(body[here : here + 2].ljust(2, b"\x00")), 16)
                here += 2
                if offset == write or here > len(body):
                    return bytes(unpacked[:size])
                for step in range(length + 2):
                    byte = ring[(offset + step) % _RING]
                    ring[write] = byte
                    write = (write + 1) % _RING
                    unpacked.append(byte)
            elif here < len(body):
                ring[write] = body[here]
                unpacked.append(body[here])
                write = (write + 1) % _RING
                here += 1
    return bytes(unpacked[:size])
