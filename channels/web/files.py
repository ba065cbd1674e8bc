"""Files in a form: what is said of them beforehand, and those already sent, kept while the form comes back.

What is kept stands in a hidden field with our signature: only what came with a form can be named there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from channels.web.attachment_settings import AttachmentSettings
from channels.web.multipart import ATTACHMENTS
from channels.web.sizes import in_mebibytes
from gateway.core.clock import Instant
from gateway.core.problems import FieldError
from gateway.core.seal import Seal
from gateway.core.texts import Language, mark
from gateway.core.ticket import Attachment

KEPT_FIELD = "kept"
DROP_FIELD = "drop-{number}"
KEPT_FOR = 12 * 3600.0
"""Seconds: well below the day after which a blob that nothing names is removed."""
_UNKNOWN = "application/octet-stream"

_HINT = mark("At most {count} files of up to {size} MB each: {kinds}.")
_HINT_ONE = mark("One file of up to {size} MB: {kinds}.")
_ANY = mark("of any kind")
_LOST = mark("Your files had been here for too long. Please choose them once more.")
_TOO_MANY = mark("There may be at most {count} files. Please remove some.")
_TOO_MUCH = mark("Together the files may have at most {size} MB. Please remove some.")
_KINDS = (
    ("image/", mark("pictures")),
    ("audio/", mark("sound")),
    ("video/", mark("video")),
    ("application/pdf", "PDF"),
    ("text/", mark("text")),
    ("application/vnd.openxmlformats", mark("office documents")),
    ("application/vnd.oasis", mark("office documents")),
    ("application/msword", mark("office documents")),
    ("application/vnd.ms-", mark("office documents")),
    ("application/rtf", mark("office documents")),
    ("application/zip", "ZIP"),
    ("application/x-zip", "ZIP"),
    ("application/json", mark("text")),
    ("message/rfc822", mark("email")),
)


@dataclass(frozen=True, slots=True)
class FilesOffer:
    """What a form says of files before any is chosen."""

    hint: str
    accept: str
    """For the browser's dialogue."""
    count: int


def offer(settings: AttachmentSettings, language: Language) -> FilesOffer | None:
    """None where no files are taken."""
    if not settings.count:
        return None
    known = [each for each in settings.types if each != _UNKNOWN]
    kinds = ", ".join(dict.fromkeys(language(_kind(each)) for each in known)) or language(_ANY)
    text = _HINT if settings.count > 1 else _HINT_ONE
    hint = language(text, count=settings.count, size=in_mebibytes(settings.size, language), kinds=kinds)
    return FilesOffer(hint, ",".join(known), settings.count)


def lost(language: Language) -> FieldError:
    """The complaint about files that were kept for too long."""
    return FieldError(ATTACHMENTS, language(_LOST))


def too_much(settings: AttachmentSettings, files: Sequence[Attachment], language: Language) -> list[FieldError]:
    """What is wrong with the files of one message taken together."""
    if len(files) > settings.count:
        return [FieldError(ATTACHMENTS, language(_TOO_MANY, count=settings.count))]
    if sum(each.size for each in files) > settings.total:
        return [FieldError(ATTACHMENTS, language(_TOO_MUCH, size=in_mebibytes(settings.total, language)))]
    return []


def _kind(media_type: str) -> str:
    return next((kind for start, kind in _KINDS if media_type.startswith(start)), media_type)


@dataclass(frozen=True, slots=True)
class Kept:
    """Files that were sent with a form which came back."""

    files: tuple[Attachment, ...] = ()
    since: Instant = 0.0
    """When the first of them was sent."""
    lost: bool = False
    """There were some, but they are too old to be sure that they are still there."""


class KeptFiles:
    """Writes and reads the hidden field."""

    def __init__(self, key: bytes) -> None:
        self._seal = Seal(key)

    def write(self, files: Sequence[Attachment], since: Instant) -> str:
        """Nothing where there are no files."""
        if not files:
            return ""
        rows = [[each.name, each.media_type, each.size, each.digest] for each in files]
        return self._seal.write(orjson.dumps([since, rows]))

    def read(self, fields: Mapping[str, str], now: Instant) -> Kept:
        """Those that were kept and not dropped; none of what we did not write."""
        plain = self._seal.read(fields.get(KEPT_FIELD, ""))
        if not plain:
            return Kept()
        since, rows = orjson.loads(plain)
        if now - since > KEPT_FOR:
            return Kept(lost=True)
        files = [Attachment(*row) for row in rows]
        left = [each for number, each in enumerate(files) if DROP_FIELD.format(number=number) not in fields]
        return Kept(tuple(left), since)
