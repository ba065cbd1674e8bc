"""Reading a form with files: the fields, and the files on disk as blobs, within every limit."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import web

from channels.web.allowance import Keeping
from channels.web.attachment_settings import AttachmentSettings
from channels.web.content import FORM, NOT_A_FORM, media_type_of, parse_form, read_content
from channels.web.parts import NotMultipart, Part, Parts
from channels.web.sizes import in_mebibytes
from gateway.core.arriving import Arriving
from gateway.core.attachments import clean_name, declared_type, judge_type
from gateway.core.errors import ContentTooLarge, StoreUnavailable
from gateway.core.problems import INVALID, MALFORMED, TOO_LARGE, UNAVAILABLE, FieldError, Problem, ProblemType
from gateway.core.texts import Language, mark
from gateway.core.ticket import Attachment

MULTIPART = "multipart/form-data"
ATTACHMENTS = "/attachments"
"""Where complaints about files point."""
_MOST_PARTS = 64
_OVERHEAD = 64 * 1024
"""Bytes for what stands between the parts."""

_TOO_MANY = mark("“{name}” is one file too many: there may be at most {count}.")
_TOO_BIG = mark("“{name}” is too big: a file may have at most {size} MB.")
_TOO_MUCH = mark("With “{name}” the files are too big: together they may have at most {size} MB.")
_NOT_TAKEN = mark("“{name}” is of a kind that can't be sent here ({type}).")
_ENCODED = mark("“{name}” is encoded in a way that isn't taken here.")
_NOT_SAVED = mark("“{name}” can't be saved at the moment. Send your text without it, or try again in a few minutes.")
_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]*)"|([^\s;]*))', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FormLimits:
    """What a form may bring: `fields` is the bytes of all its fields together."""

    fields: int
    files: AttachmentSettings

    @property
    def body(self) -> int:
        """Bytes of the whole content: room for one file too many, so that it can be named in the complaint."""
        files = self.files.total + self.files.size if self.files.count else 0
        return self.fields + files + _OVERHEAD


class FilesRefused(Problem):
    """Some files can't be taken; `errors` say which, and why. The rest of the form was read, and is here."""

    def __init__(
        self,
        type: ProblemType,  # noqa: A002 (as in Problem)
        errors: list[FieldError],
        fields: dict[str, str],
        attachments: list[Attachment],
    ) -> None:
        super().__init__(type, errors=errors)
        self.fields = fields
        self.attachments = attachments


async def read_form(
    request: web.Request, limits: FormLimits, blobs: Keeping, language: Language
) -> tuple[dict[str, str], list[Attachment]]:
    """The fields without surrounding white space, and the files, whose blobs are durable; empty inputs are left out.

    Takes multipart/form-data, and urlencoded forms, which have no files. Raises FilesRefused (422, or 503 where files
    can't be kept now), any other Problem for what is no form or too much of one, and StoreFailed.
    """
    if media_type_of(request) != MULTIPART:
        return parse_form(await read_content(request, FORM, limits.fields), language), []
    reading = _Reading(request, limits, blobs, language)
    try:
        await reading.run()
    except (NotMultipart, UnicodeDecodeError):
        raise Problem(MALFORMED, language(NOT_A_FORM), close=True) from None
    if reading.errors:
        raise FilesRefused(reading.refusal, reading.errors, reading.fields, reading.attachments)
    return reading.fields, reading.attachments


class _Reading:
    """One form while it comes in."""

    def __init__(self, request: web.Request, limits: FormLimits, blobs: Keeping, language: Language) -> None:
        self.fields: dict[str, str] = {}
        self.attachments: list[Attachment] = []
        self.errors: list[FieldError] = []
        self.refusal = INVALID
        self._request = request
        self._limits = limits
        self._blobs = blobs
        self._language = language
        self._received = 0
        self._fields_left = limits.fields

    async def run(self) -> None:
        if (self._request.content_length or 0) > self._limits.body:
            raise self._too_large()
        parts = Parts(self._read, self._boundary())
        count = 0
        while part := await parts.next():
            count += 1
            if count > _MOST_PARTS:
                raise NotMultipart("too many parts")
            if part.filename is None:
                self.fields[part.name] = await self._value(part, parts.content())
            else:
                await self._file(part, part.filename, parts.content())

    def _boundary(self) -> str:
        found = _BOUNDARY.search(self._request.headers.get("Content-Type", ""))
        return (found[1] or found[2] or "") if found else ""

    async def _read(self) -> bytes:
        """Some more bytes; too many end it."""
        chunk = await self._request.content.readany()
        self._received += len(chunk)
        if self._received > self._limits.body:
            raise self._too_large()
        return chunk

    async def _value(self, part: Part, content: AsyncIterator[bytes]) -> str:
        value = bytearray()
        async for chunk in content:
            value += chunk
            if len(value) > self._fields_left:
                raise self._too_large()
        self._fields_left -= len(value)
        if part.encoded:
            raise NotMultipart("a field is encoded")
        return value.decode().strip()

    async def _file(self, part: Part, filename: str, content: AsyncIterator[bytes]) -> None:
        """Keep it, or complain of it; its content is read to the end all the same, since fields may follow."""
        arriving = await Arriving.begin(content)
        if filename or arriving.head:
            name = clean_name(filename)
            try:
                await self._keep(part, name, arriving)
            except ContentTooLarge:
                self._complain_of_size(name)
            except StoreUnavailable:
                self.refusal = UNAVAILABLE
                self._complain(_NOT_SAVED, name=name)
        async for _ in arriving:
            pass

    async def _keep(self, part: Part, name: str, arriving: Arriving) -> None:
        files = self._limits.files
        media_type = declared_type(part.content_type)
        if len(self.attachments) >= files.count:
            self._complain(_TOO_MANY, name=name, count=files.count)
        elif not files.takes(media_type):
            self._complain(_NOT_TAKEN, name=name, type=media_type)
        elif part.encoded:
            self._complain(_ENCODED, name=name)
        else:
            blob = await self._blobs.put(arriving, self._room())
            media_type = judge_type(media_type, arriving.head)
            self.attachments.append(Attachment(name, media_type, blob.size, blob.digest))

    def _room(self) -> int:
        """Bytes that the next file may have."""
        return min(self._limits.files.size, self._limits.files.total - sum(each.size for each in self.attachments))

    def _complain_of_size(self, name: str) -> None:
        files = self._limits.files
        text, size = (_TOO_BIG, files.size) if self._room() == files.size else (_TOO_MUCH, files.total)
        self._complain(text, name=name, size=in_mebibytes(size, self._language))

    def _complain(self, text: str, **values: object) -> None:
        self.errors.append(FieldError(ATTACHMENTS, self._language(text, **values)))

    def _too_large(self) -> Problem:
        return Problem(TOO_LARGE, limit=self._limits.body, close=True)
