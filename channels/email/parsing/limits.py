"""What one mail may cost. Beyond that it isn't read at all: it stays as it came, for a person to look at (T16)."""

from gateway.core.values import dataclass


class Unparsable(Exception):
    """A mail that goes beyond a cap. The one thing that the parser raises."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        """For machines: `mail_too_big`, `header_too_big`, `too_many_parts`, `too_deep`."""
        self.text = text
        """For people, in English."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps on what is read. What real mail has is far below each."""

    size: int = 50_000_000
    """Bytes of the whole mail, and again of what nested mails come to when decoded."""
    header_size: int = 500_000
    """Bytes of one header, be it the mail's or a part's."""
    headers_size: int = 5_000_000
    """Bytes of all headers together."""
    parts: int = 1_000
    """Nodes of the MIME structure, with those of nested mails and of winmail.dat, and uuencoded files."""
    depth: int = 50
    """Multiparts and mails within each other."""
    html_size: int = 4_000_000
    """Characters of HTML, all parts of a mail together. Beyond this cap and the next two, HTML is only stripped of its
    tags."""
    html_tags: int = 100_000
    """Elements that are opened."""
    html_depth: int = 400
    """Elements within each other."""
