"""Mails as bytes, for tests of what reads them."""

from base64 import encodebytes

from channels.email.mail import Mail
from channels.email.parsing import Limits, parse


def raw_mail(*fields: str | bytes, body: str | bytes = "") -> bytes:
    """These header lines, an empty line, the body."""
    lines = [field.encode() if isinstance(field, str) else field for field in fields]
    return b"\n".join([*lines, b"", body.encode() if isinstance(body, str) else body])


def parsed(*fields: str | bytes, body: str | bytes = "") -> Mail:
    return parsed_raw(raw_mail(*fields, body=body))


def parsed_raw(raw: bytes) -> Mail:
    return parse(raw, Limits())


def multipart(kind: str, *parts: bytes, boundary: str = "b", fields: tuple[str, ...] = ()) -> bytes:
    """A multipart as a part or mail of its own, properly closed."""
    delimiter = f"--{boundary}\n".encode()
    content = b"".join(delimiter + part + b"\n" for part in parts)
    return raw_mail(
        *fields, f'Content-Type: multipart/{kind}; boundary="{boundary}"', body=content + delimiter[:-1] + b"--\n"
    )


def encoded(media_type: str, content: bytes, *fields: str) -> bytes:
    """A part in base64."""
    return raw_mail(
        f"Content-Type: {media_type}", "Content-Transfer-Encoding: base64", *fields, body=encodebytes(content)
    )
