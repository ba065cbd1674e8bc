"""winmail.dat files ([MS-OXTNEF]), made of attributes and properties."""

import struct

from tests.support.raw_mail import encoded

SIGNATURE = b"\x78\x9f\x3e\x22\x01\x00"
RENDERING, TITLE, DATA, ATTACHMENT, PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005, 0x9003
UNICODE, BINARY, OBJECT = 0x1F, 0x102, 0x0D
MAIL_WITHIN = bytes.fromhex("0703020000000000c000000000000046")


def attribute(name: int, content: bytes) -> bytes:
    return struct.pack("<BHHI", 2, name, 6, len(content)) + content + b"\x00\x00"


def properties(*values: tuple[int, int, bytes]) -> bytes:
    written = [
        struct.pack("<HHII", kind, name, 1, len(value)) + value + b"\x00" * (-len(value) % 4)
        for name, kind, value in values
    ]
    return struct.pack("<I", len(values)) + b"".join(written)


def attached(title: str, content: bytes, long_name: str = "") -> bytes:
    own = [(0x3707, UNICODE, long_name.encode("utf-16-le") + b"\x00\x00")] if long_name else []
    return (
        attribute(RENDERING, b"\x00")
        + attribute(TITLE, title.encode() + b"\x00")
        + attribute(DATA, content)
        + attribute(ATTACHMENT, properties(*own))
    )


def mail_with(*attributes: bytes) -> bytes:
    return encoded("application/ms-tnef; name=winmail.dat", SIGNATURE + b"".join(attributes))
