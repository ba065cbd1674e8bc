"""What somebody hands in, through the API or the form: one strict model, checked the same way for both.

The patterns run in pydantic's regular expressions, which are linear in time.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from channels.web.settings import WebSettings
from gateway.core.ticket import DedupeKey, InboundMessage, Priority, Requester
from gateway.core.unseen import UNSEEN

NAME_LENGTH = 200
EMAIL_LENGTH = 254
PHONE_LENGTH = 32
CATEGORY_LENGTH = 64
METADATA_ENTRIES = 32
METADATA_KEY_LENGTH = 64
METADATA_VALUE_LENGTH = 500
MOST_MEMBERS = 64
"""No valid document has as many members, so one that has is not looked at any further."""

ONE_LINE = rf"^[^\x00-\x1f\x7f-\x9f\u2028\u2029{UNSEEN}]*$"
TEXT = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$"
_LABEL = r"[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?"
_EMAIL = rf"^[^\s@<>()\[\],;:\\\x22\x00-\x1f\x7f-\x9f{UNSEEN}]{{1,64}}@{_LABEL}(?:\.{_LABEL})+$"
_PHONE = r"^[+(]?[0-9][0-9 ()./-]{3,}[0-9]$"
_PLAIN_ID = r"^[a-z0-9_-]*$"
"""It gets into events and the log, where nothing that a stranger wrote has a place."""
_LANGUAGE = r"^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}$"

_PRIORITIES = {priority.label: priority for priority in Priority}
_STRICT = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


def _checked(pattern: str, length: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=length, pattern=pattern)


def unix_lines(value: Any) -> Any:
    """Browsers and Windows end a line with CR LF; we keep LF."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


class RequesterFields(BaseModel):
    """Who asks."""

    model_config = _STRICT

    name: Annotated[str, _checked(ONE_LINE, NAME_LENGTH)] | None = None
    email: Annotated[str, _checked(_EMAIL, EMAIL_LENGTH)] | None = None
    phone: Annotated[str, _checked(_PHONE, PHONE_LENGTH)] | None = None


class Submission(BaseModel):
    """A request for help; its texts are as long as the settings allow (see `submission_model`)."""

    model_config = _STRICT

    subject: str
    body: str
    requester: RequesterFields = Field(default_factory=RequesterFields)
    language: Annotated[str, _checked(_LANGUAGE, 35)] | None = None
    category: Annotated[str, _checked(ONE_LINE, CATEGORY_LENGTH)] | None = None
    priority: Literal["low", "normal", "high", "urgent"] = "normal"
    metadata: Annotated[
        dict[
            Annotated[str, _checked(ONE_LINE, METADATA_KEY_LENGTH)],
            Annotated[str, StringConstraints(max_length=METADATA_VALUE_LENGTH, pattern=TEXT)],
        ],
        Field(max_length=METADATA_ENTRIES, default_factory=dict),
    ]

    def message(self, channel: str, dedupe: DedupeKey | None) -> InboundMessage:
        """The same for intake."""
        requester = self.requester
        return InboundMessage(  # by position: Python pays for a class's keywords as much as for making its instance
            channel,
            self.body,
            self.subject,
            Requester(requester.name, requester.email, requester.phone),
            self.language,
            self.category,
            _PRIORITIES[self.priority],
            self.metadata,
            dedupe=dedupe,
        )


def submission_model(settings: WebSettings) -> type[Submission]:
    """The model with the lengths that the settings allow; made once for a channel."""
    category_like = ONE_LINE if settings.categories else _PLAIN_ID  # where there are some, it must be one of them

    class LimitedSubmission(Submission):
        subject: Annotated[str, _checked(ONE_LINE, settings.subject_length)]
        body: Annotated[str, _checked(TEXT, settings.message_length), BeforeValidator(unix_lines)]
        category: Annotated[str, _checked(category_like, CATEGORY_LENGTH)] | None = None

    return LimitedSubmission


class Reply(BaseModel):
    """A further message of the requester."""

    model_config = _STRICT

    body: str


def reply_model(settings: WebSettings) -> type[Reply]:
    """The model with the length that the settings allow."""

    class LimitedReply(Reply):
        body: Annotated[str, _checked(TEXT, settings.message_length), BeforeValidator(unix_lines)]

    return LimitedReply
