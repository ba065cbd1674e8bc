"""The mime4j set: the structure, and the files' names, against the XML beside each mail.

The set says which parts there are, of which kind (multipart, mail, text, binary), and their raw headers, not their
contents. So compared are the whole tree of kinds, and the files: the binary parts, mails and those texts that aren't
the body by the rules of RFC 8621 (4.1.4), with the names that the standard library finds in the expected headers.
mime4j leaves uuencoded files in their text, which we take out: they are expected by the names in their `begin` lines.
"""

import email
import re
from collections import Counter
from collections.abc import Iterator
from email.header import decode_header, make_header
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

from channels.email.mail import Mail, Part
from gateway.core.values import dataclass
from tests.support.mail_corpus.corpus import FOLDER, Score, Verdict, read

WANTED = 0.95

_UUENCODED = re.compile(rb"^begin [0-7]{3,4} ?([^\r\n]*)\r?\n(?:[!-`][^\r\n]*\r?\n)+(?:[` ]?\r?\n)?end\b", re.MULTILINE)
_ENCODED_WORD = re.compile(r"=\?([^?*]+)(?:\*[^?]*)?\?([^?]*\?[^?]*)\?=")


@dataclass(frozen=True, slots=True)
class _Expected:
    kind: str
    media_type: str
    name: str
    is_attached: bool
    parts: tuple["_Expected", ...] = ()

    def tree(self) -> str:
        return f"{self.kind}({', '.join(part.tree() for part in self.parts)})" if self.parts else self.kind


def score() -> Score:
    mails = sorted((FOLDER / "mime4j").glob("*.msg"))
    return Score("mime4j", WANTED, tuple(_verdict(path) for path in mails))


def _verdict(path: Path) -> Verdict:
    raw = path.read_bytes()
    expected = _expected(fromstring(path.with_name(f"{path.stem}_decoded.xml").read_bytes()), "text/plain")
    mail, reasons = read(raw)
    if mail is not None:
        reasons = (*_structure(expected, mail), *_files(expected, raw, mail))
    return Verdict(path.stem, reasons)


def _expected(element: Element, default: str) -> _Expected:
    header = email.message_from_string(
        "".join(f"{(field.text or '').strip()}\n" for field in element.find("header") or ())
    )
    header.set_default_type(default)
    body = next(child for child in element if child.tag != "header")
    kind = {"text-body": "text", "binary-body": "binary"}.get(body.tag, body.tag)
    inner = "message/rfc822" if header.get_content_subtype() == "digest" else "text/plain"
    parts = [_expected(child, inner) for child in body if child.tag == "body-part"]
    if kind == "message":
        parts = [_expected(body, "text/plain")]
    return _Expected(
        kind,
        header.get_content_type(),
        _decoded(header.get_filename() or ""),
        header.get_content_disposition() == "attachment",
        tuple(parts),
    )


def _decoded(name: str) -> str:
    """Encoded words by the standard library, one by one: it puts a space around those within a word."""
    return _ENCODED_WORD.sub(lambda word: str(make_header(decode_header(f"=?{word[1]}?{word[2]}?="))), name)


def _structure(expected: _Expected, mail: Mail) -> Iterator[str]:
    found = _tree(mail.root)
    if found != expected.tree():
        yield f"structure {found} instead of {expected.tree()}"


def _tree(part: Part) -> str:
    kind = _kind(part)
    return f"{kind}({', '.join(_tree(inner) for inner in part.parts)})" if part.parts else kind


def _kind(part: Part) -> str:
    if part.media_type in ("message/rfc822", "message/global"):
        return "message"
    main = part.media_type.partition("/")[0]
    return main if main in ("multipart", "text") else "binary"


def _files(expected: _Expected, raw: bytes, mail: Mail) -> Iterator[str]:
    wanted = Counter([*_names(expected), *(name.decode().strip() for name in _UUENCODED.findall(raw))])
    found = Counter(file.name for file in mail.files)
    if wanted != found:
        yield f"files {sorted(found.elements())} instead of {sorted(wanted.elements())}"


def _names(part: _Expected, kind: str = "mixed", *, is_first: bool = True) -> Iterator[str]:
    if part.kind == "multipart":
        for number, inner in enumerate(part.parts):
            yield from _names(inner, part.media_type.partition("/")[2], is_first=not number)
    elif not _is_body(part, kind, is_first=is_first):
        yield part.name


def _is_body(part: _Expected, kind: str, *, is_first: bool) -> bool:
    shown = part.kind == "text" and part.media_type in ("text/plain", "text/html") and not part.is_attached
    return shown and (is_first or (kind != "related" and not part.name))
