"""TwiML as it is read by whoever follows it."""

from dataclasses import dataclass
from urllib.parse import urljoin

# A document of the gateway's own making, at most 64 KiB of it; expat bounds what entities may grow to.
from xml.etree import ElementTree as Xml

MOST_CHARACTERS = 64 * 1024
"""What Twilio reads of a document."""


class NotTwiML(Exception):
    """An answer that can't be followed; the text says why."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One element."""

    name: str
    attributes: dict[str, str]
    text: str
    inside: tuple["Verb", ...]

    def seconds(self, attribute: str, default: float) -> float:
        """Raises NotTwiML."""
        try:
            return float(self.attributes.get(attribute, default))
        except ValueError:
            raise NotTwiML(f"{attribute} of {self.name} is no number") from None


@dataclass(frozen=True, slots=True)
class Document:
    """What an address answered."""

    url: str
    verbs: tuple[Verb, ...]

    def address(self, written: str | None) -> str:
        """An absolute address; this document's own where none is written."""
        return urljoin(self.url, written) if written else self.url


def read_document(url: str, text: str) -> Document:
    """Raises NotTwiML."""
    if len(text) > MOST_CHARACTERS:
        raise NotTwiML("the document is too long")
    try:
        root = Xml.fromstring(text)  # noqa: S314 (see above)
    except Xml.ParseError as error:
        raise NotTwiML(f"the document is no XML: {error}") from error
    if root.tag != "Response":
        raise NotTwiML(f"the document is a {root.tag}, not a Response")
    return Document(url, tuple(_verb(each) for each in root))


def _verb(element: Xml.Element) -> Verb:
    text = " ".join("".join(element.itertext()).split())
    return Verb(element.tag, dict(element.attrib), text, tuple(_verb(each) for each in element))
