"""The stalwart sets: headers, attachments and texts against the JSON beside each mail.

What is compared: the subject; the names and addresses of From, To, Cc and Reply-To, in order; how many attachments
there are and each expected name; the body's text. What is normalised, and why:

- Ends of lines are newlines, control characters are left out, spaces at the ends of lines and empty lines around parts
  don't count, nor does how a subject was folded: we store texts for people, Stalwart keeps the bytes' form.
- Runs of U+FFFD are one: decoders differ in how many they write for the same broken bytes.
- Runs of space are one where the text is format=flowed (we join its lines, as RFC 3676 asks) or made of HTML; there the
  expected HTML's words are compared: what is left of it without tags.
- A damaged text (`is_encoding_problem`: cut off, or undecodable; or of a multipart without delimiters) is among the
  expected attachments. We show it in the text, where people look for it: it is expected there.
- An attachment that is expected without a name may have one.
- Where the expected plain text is blank, the expected HTML's words are compared: we show those then.

Four expected results contradict RFC 2046: `CORRECTIONS` has what is compared instead, and each is named with the score.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

from channels.email.mail import Address, Mail
from gateway.core.values import dataclass
from tests.support.mail_corpus.corpus import FOLDER, Score, Verdict, read

Json = dict[str, Any]

SETS = ("rfc", "malformed", "thirdparty")
WANTED = 0.98

_OUTER = "an outer multipart's delimiter ends the parts within, also where theirs hasn't come (RFC 2046, 5.1.2)"


@dataclass(frozen=True, slots=True)
class _Correction:
    """What is to be expected instead, where the expected result runs a part over the delimiter of an outer multipart,
    and so has that delimiter and the header after it as words, or loses the parts that begin there."""

    text: str | None = None
    attachments: tuple[str, ...] | None = None


CORRECTIONS = {
    "malformed/009": _Correction(text="1\n\n22\n\n333"),
    "malformed/011": _Correction(text="1\n\n22\n\n333"),
    "malformed/012": _Correction(attachments=("", "", "")),
    "thirdparty/015": _Correction(attachments=("training-mail.txt", "office-reply.txt", "shop-mail.txt")),
}

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SPACES_AT_ENDS = re.compile(r"[ \t]+$", re.MULTILINE)
_UNSEEN = re.compile(r"<(style|script|title)\b.*?</\1>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_TAGS = re.compile(r"<[^<>]*>")
_REPLACEMENTS = re.compile("\ufffd+")


def score() -> Score:
    return Score("stalwart", WANTED, tuple(_verdict(path) for folder in SETS for path in _mails(folder)))


def _mails(folder: str) -> list[Path]:
    return sorted((FOLDER / "stalwart" / folder).glob("*.eml"))


def _verdict(path: Path) -> Verdict:
    name = f"{path.parent.name}/{path.stem}"
    expected = json.loads(path.with_suffix(".json").read_text())
    mail, reasons = read(path.read_bytes())
    if mail is not None:
        correction = CORRECTIONS.get(name, _Correction())
        reasons = (
            *_headers(expected, mail),
            *_attachments(expected, correction, mail),
            *_text(expected, correction, mail),
        )
    return Verdict(name, reasons, _OUTER if name in CORRECTIONS else "")


def _header(part: Json, name: str) -> Any:
    return next((header["value"] for header in reversed(part["headers"]) if header["name"] == name), None)


def _headers(expected: Json, mail: Mail) -> Iterator[str]:
    root = expected["parts"][0]
    subject = _header(root, "subject")
    wanted = " ".join(subject["Text"].split()) if isinstance(subject, dict) else ""
    if mail.subject != wanted:
        yield f"subject {mail.subject!r} instead of {wanted!r}"
    for name, found in (("from", mail.sender), ("to", mail.to), ("cc", mail.cc), ("reply_to", mail.reply_to)):
        addresses = _addresses(_header(root, name))
        if [(one.name, one.address) for one in found] != addresses:
            yield f"{name} {_shown(found)} instead of {addresses}"


def _addresses(value: Any) -> list[tuple[str, str]]:
    if not isinstance(value, dict):
        return []
    listed = value["Address"].get("List") or [one for group in value["Address"]["Group"] for one in group["addresses"]]
    return [(one["name"] or "", one["address"] or "") for one in listed]


def _shown(found: tuple[Address, ...]) -> list[tuple[str, str]]:
    return [(one.name, one.address) for one in found]


def _parameters(part: Json, header: str) -> dict[str, str]:
    value = _header(part, header)
    attributes = value["ContentType"]["attributes"] if isinstance(value, dict) else None
    return {one["name"]: one["value"] for one in attributes or []}


def _name(part: Json) -> str:
    return (
        _parameters(part, "content_disposition").get("filename") or _parameters(part, "content_type").get("name") or ""
    )


def _is_damaged_text(part: Json) -> bool:
    if not part["body"].keys() & {"Text", "Html"}:
        return False
    declared = _header(part, "content_type")
    kind, subtype = (declared["ContentType"][key] for key in ("c_type", "c_subtype")) if declared else ("text", "plain")
    disposition = _header(part, "content_disposition")
    attached = isinstance(disposition, dict) and disposition["ContentType"]["c_type"] == "attachment"
    damaged = part["is_encoding_problem"] and (kind, subtype) in (("text", "plain"), ("text", "html"))
    return bool(not attached and not _name(part) and (damaged or kind == "multipart"))


def _damaged(expected: Json) -> list[int]:
    return [number for number in expected["attachments"] if _is_damaged_text(expected["parts"][number])]


def _attachments(expected: Json, correction: _Correction, mail: Mail) -> Iterator[str]:
    damaged = _damaged(expected)
    wanted = [_name(expected["parts"][number]) for number in expected["attachments"] if number not in damaged]
    if correction.attachments is not None:
        wanted = list(correction.attachments)
    found = [file.name for file in mail.files]
    missing = Counter(filter(None, wanted)) - Counter(found)
    if len(found) != len(wanted) or missing:
        yield f"attachments {found} instead of {wanted}"


def _text(expected: Json, correction: _Correction, mail: Mail) -> Iterator[str]:
    numbers = sorted({*expected["text_body"], *_damaged(expected)})
    parts = [expected["parts"][number] for number in numbers]
    if not any(part["body"].get("Text", part["body"].get("Html", "")).strip() for part in parts):
        parts = [expected["parts"][number] for number in expected["html_body"]]
    texts = [_plain(part) for part in parts if part["body"].keys() & {"Text", "Html"}]
    loosely = any("Html" in part["body"] or _is_flowed(part) for part in parts)
    wanted = "\n\n".join(text.strip("\n") for text in map(_normalised, texts) if text.strip())
    if correction.text is not None:
        wanted = correction.text
    found = _normalised(mail.text)
    if (wanted.split() != found.split()) if loosely else (wanted != found):
        yield f"text {found[:300]!r} instead of {wanted[:300]!r}"


def _is_flowed(part: Json) -> bool:
    return _parameters(part, "content_type").get("format", "").lower() == "flowed"


def _plain(part: Json) -> str:
    return str(part["body"]["Text"]) if "Text" in part["body"] else _words_of(part["body"]["Html"])


def _normalised(text: str) -> str:
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _REPLACEMENTS.sub("\ufffd", _SPACES_AT_ENDS.sub("", text)).strip("\n")


def _words_of(html: str) -> str:
    return unescape(_TAGS.sub("", _UNSEEN.sub("", html)))
