"""What was wrong with a mail and mended, or cut at a cap: told in `Mail.flaws`, in the order in which it was found."""

from enum import StrEnum


class Flaw(StrEnum):
    UNDECODABLE_CHARSET = "undecodable_charset"
    """The bytes aren't in the declared charset, or nobody knows it: read as the next best one."""
    BROKEN_BASE64 = "broken_base64"
    """Rubbish in base64 or after it; left as it stood where it isn't base64 at all."""
    UNKNOWN_ENCODING = "unknown_encoding"
    """A Content-Transfer-Encoding that nobody knows: left as it stood."""
    STRAY_HEADER_LINE = "stray_header_line"
    """A line in a header that is no field: skipped, the fields after it were read."""
    MISSING_BLANK_LINE = "missing_blank_line"
    """A header that runs into its body: the body begins at the first line that is no field."""
    MISSING_BOUNDARY = "missing_boundary"
    """A multipart that declares none: guessed, or read as text."""
    NO_PARTS = "no_parts"
    """A multipart whose boundary never comes: its text is read as it stands."""
    UNTERMINATED_MULTIPART = "unterminated_multipart"
    """A multipart that ends without its closing delimiter, as mails do that were cut."""
    SEVERAL_CONTENT_TYPES = "several_content_types"
    """A part with more than one Content-Type: the last is taken."""
    BROKEN_TNEF = "broken_tnef"
    """A winmail.dat that could be read only in part, or not at all: kept as a file."""
    BROKEN_SIGNED_DATA = "broken_signed_data"
    """An S/MIME envelope whose content couldn't be read: kept as a file."""
    HTML_NOT_READ = "html_not_read"
    """HTML beyond a cap: its tags were stripped for the text, and it isn't shown as HTML."""


class Flaws:
    """Collects flaws, each once."""

    def __init__(self) -> None:
        self._found: dict[Flaw, None] = {}

    def add(self, flaw: Flaw) -> None:
        self._found[flaw] = None

    def __contains__(self, flaw: Flaw) -> bool:
        return flaw in self._found

    def codes(self) -> tuple[str, ...]:
        return tuple(flaw.value for flaw in self._found)
