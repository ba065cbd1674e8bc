"""Names of folders on the wire: modified UTF-7 (RFC 3501 section 5.1.3) in quotes."""

import re
from base64 import b64decode, b64encode

_NOT_ASCII = re.compile(r"[^\x20-\x7e]+")
_SHIFTED = re.compile(r"&([^-]*)-")


def encode_folder(name: str) -> str:
    """`Peticiones&APE-` for `Peticionesñ`."""
    return _NOT_ASCII.sub(_shift, name.replace("&", "&-"))


def decode_folder(name: str) -> str:
    """The name for people; what isn't of that form stays as it is."""
    try:
        return _SHIFTED.sub(_unshift, name)
    except ValueError:
        return name


def quote(text: str) -> str:
    """A quoted string; control characters are the sender's to refuse."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _shift(match: re.Match[str]) -> str:
    packed = b64encode(match[0].encode("utf-16-be")).rstrip(b"=").replace(b"/", b",")
    return f"&{packed.decode()}-"


def _unshift(match: re.Match[str]) -> str:
    packed = match[1].replace(",", "/")
    return b64decode(packed + "=" * (-len(packed) % 4), validate=True).decode("utf-16-be") if packed else "&"
