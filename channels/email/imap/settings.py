"""What an administrator may set of a mailbox that is read by IMAP."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from channels.email.given_secret import GivenSecret
from channels.email.oauth_settings import OAuthSettings
from gateway.core.settings import Duration, LocalPath, Settings


class Security(StrEnum):
    """How the connection is protected."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


class After(StrEnum):
    """What becomes of a mail in the mailbox once it is kept."""

    SEEN = "seen"
    MOVE = "move"
    DELETE = "delete"


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("a name without control characters is needed")
    return text


def _listed(value: Any) -> Any:
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def _different(folders: tuple[str, ...]) -> tuple[str, ...]:
    # INBOX is INBOX in any case (RFC 3501 section 5.1); of others the server knows.
    known = ["INBOX" if folder.upper() == "INBOX" else folder for folder in folders]
    if len(set(known)) < len(known):
        raise ValueError("a folder stands in the list twice; allowed: once")
    return tuple(known)


Folder = Annotated[str, StringConstraints(min_length=1, max_length=250), AfterValidator(_printable)]
Folders = Annotated[
    tuple[Folder, ...],
    BeforeValidator(_listed, json_schema_input_type=Folder | tuple[Folder, ...]),
    AfterValidator(_different),
]


class ImapSettings(Settings):
    """A mailbox that is read by IMAP. Mails are found by their number, whoever has read them meanwhile."""

    host: str = Field(min_length=1, max_length=253, description="Name or address of the mail server.")
    port: int = Field(993, ge=1, le=65535, description="Its port; with `starttls` and `none` it is usually 143.")
    security: Security = Field(
        Security.TLS,
        description="`tls` from the first byte, `starttls` before the login, or `none` on a line that is safe anyway.",
    )
    ca_file: LocalPath | None = Field(
        None, description="File (PEM) with the authorities that are trusted beside the system's."
    )
    user: Annotated[str, AfterValidator(_printable)] = Field(min_length=1, max_length=320, description="Login name.")
    password: GivenSecret | None = Field(None, description="Its password. Either this or `oauth` is needed.")
    oauth: OAuthSettings | None = Field(None, description="Where tokens come from, in place of a password.")
    folder: Folders = Field(("INBOX",), min_length=1, max_length=50, description="A folder, or a list of folders.")
    after: After = Field(
        After.SEEN, description="What is done with a mail once it is on disk: mark it read, move it, or delete it."
    )
    move_to: Folder | None = Field(None, description="Folder that mails are moved to; made where it is missing.")
    since: date | None = Field(
        None, description="Mails that came into the mailbox before this day are left alone. Without it all are taken."
    )
    poll: Duration = Field(
        45.0, ge=1, le=3600, description="The mailbox is looked into so often, even if the server announces nothing."
    )
    largest: int = Field(
        52_428_800, ge=65_536, le=536_870_912, description="Bytes that a mail may have; larger ones are reported."
    )

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if (self.password is None) == (self.oauth is None):
            raise ValueError("password or oauth is needed, and not both")
        return self

    @model_validator(mode="after")
    def _moved_out_of_sight(self) -> Self:
        if (self.after is After.MOVE) != (self.move_to is not None):
            raise ValueError("after: move and move_to: FOLDER go together")
        if self.move_to is not None and _different((self.move_to,))[0] in self.folder:
            raise ValueError("move_to: mails would be moved into a folder that is followed")
        return self
