"""What an administrator may set of the files that people send along."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from gateway.core.settings import Settings

_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]*/(?:\*|[a-z0-9][a-z0-9.+-]*)")
_OFFICE = "application/vnd.openxmlformats-officedocument"

COMMON_TYPES = (
    "image/*",
    "audio/*",
    "video/*",
    "text/plain",
    "text/csv",
    "application/pdf",
    "application/zip",
    "application/x-zip-compressed",
    "application/json",
    "application/rtf",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.ms-outlook",
    f"{_OFFICE}.wordprocessingml.document",
    f"{_OFFICE}.spreadsheetml.sheet",
    f"{_OFFICE}.presentationml.presentation",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.presentation",
    "message/rfc822",
    "application/octet-stream",
)


def _media_type(text: str) -> str:
    if not _TYPE.fullmatch(text):
        raise ValueError("a media type in lower case is needed, such as application/pdf or image/*")
    return text


class AttachmentSettings(Settings):
    """How many files, how big, and of which types."""

    count: int = Field(5, ge=0, le=20, description="Files that one message may have; 0 for none.")
    size: int = Field(10_485_760, ge=1024, le=104_857_600, description="Bytes that one file may have.")
    total: int = Field(
        26_214_400, ge=1024, le=524_288_000, description="Bytes that the files of one message may have together."
    )
    types: tuple[Annotated[str, AfterValidator(_media_type)], ...] = Field(
        COMMON_TYPES,
        description="Media types that are taken, as browsers declare them; `application/octet-stream` is what they say "
        "of files that they don't know. Whatever is declared, nothing that a browser could execute is ever shown.",
    )

    @model_validator(mode="after")
    def _one_file_fits(self) -> Self:
        if self.total < self.size:
            raise ValueError("total must be at least size: else no file may be as big as size says")
        return self

    def takes(self, media_type: str) -> bool:
        """Whether files declared as this type are taken."""
        return media_type in self.types or f"{media_type.partition('/')[0]}/*" in self.types
