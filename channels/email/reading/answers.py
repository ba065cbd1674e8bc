"""A reader's answer, judged by the gateway: all in it has the type and the size that it should, or it is none."""

import stat
from pathlib import Path
from typing import Annotated, Literal

import pydantic

from channels.email.mail import File
from channels.email.reading.orders import LONGEST_WHY, Found
from channels.email.reading.reading import ReadFile, Reading
from gateway.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Declined:
    """Why a reader found nothing, in one of the codes that there are."""

    code: Literal["mail_too_big", "header_too_big", "too_many_parts", "too_deep", "memory", "no_room", "crashed"]
    why: Annotated[str, pydantic.Field(max_length=LONGEST_WHY)]


@dataclass(frozen=True, slots=True)
class _Answer:
    found: Found | None = None
    refused: Declined | None = None


_ANSWERS = pydantic.TypeAdapter(_Answer)


def judge(answer: bytes, folder: Path) -> Reading | Declined:
    """The reading whose files are in `folder`. Raises ValueError for what is no answer."""
    judged = _ANSWERS.validate_json(answer, strict=True)
    found = judged.found
    if found is None:
        if judged.refused is None:
            raise ValueError("an answer that says nothing")
        return judged.refused
    if found.mail.root.parts or found.mail.root.content or any(file.content for file in found.mail.files):
        raise ValueError("an answer with contents")
    files = tuple(_file(file, folder / str(number)) for number, file in enumerate(found.mail.files))
    return Reading(found.mail, files, found.notification, found.outcome, found.authentication, found.language)


def _file(file: File, path: Path) -> ReadFile:
    """Only a plain file of that folder is one: a link might lead anywhere."""
    try:
        status = path.lstat()
    except OSError as error:
        raise ValueError("a file that isn't there") from error
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
        raise ValueError("a file that is none")
    return ReadFile(file.name, file.media_type, file.inline, file.content_id, status.st_size, path)
