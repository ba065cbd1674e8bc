"""What an administrator may set of a mail channel."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from channels.channel import MailAddresses
from channels.email.imap.settings import ImapSettings
from channels.email.mailable import mailable
from channels.email.reception.settings import ListenerSettings
from channels.email.sending.settings import SmtpSettings
from channels.email.threading.addresses import ReplyAddresses, plus_addressing
from gateway.core.settings import Duration, Settings

_DAY = 86_400.0


def _address(written: str) -> str:
    try:
        return mailable(written)
    except ValueError:
        raise ValueError("an address is needed, such as help@example.org") from None


def _reply_address(written: str) -> str:
    ReplyAddresses(written)
    _address(written.replace("{token}", "token"))
    return written


def _listed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _different(mailboxes: tuple[ImapSettings, ...]) -> tuple[ImapSettings, ...]:
    accounts = [(each.host.lower(), each.user) for each in mailboxes]
    if len(set(accounts)) < len(accounts):
        raise ValueError("a mailbox stands in the list twice; several folders of it go into one `folder` list")
    return mailboxes


Mailboxes = Annotated[
    tuple[ImapSettings, ...],
    BeforeValidator(_listed, json_schema_input_type=ImapSettings | tuple[ImapSettings, ...]),
    AfterValidator(_different),
]
_OneLine = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]


class EmailSettings(Settings):
    """A mail address that people write to. Its mails come from a mailbox (`imap`), from a mail server that delivers to
    Relevo (`listener`), or both; answers leave by `smtp`."""

    address: Annotated[str, AfterValidator(_address)] = Field(
        description="The address that people write to, and that all answers come from, such as help@example.org."
    )
    name: Annotated[_OneLine, StringConstraints(max_length=100)] | None = Field(
        None, description="Name that people see beside the address; without it the organisation's."
    )
    imap: Mailboxes = Field((), max_length=20, description="The mailbox that is read, or a list of mailboxes.")
    listener: ListenerSettings | None = Field(
        None, description="Where a mail server delivers to Relevo, in place of a mailbox or beside it."
    )
    smtp: SmtpSettings | None = Field(
        None, description="The server that takes our mail. Without it requesters are not answered by mail."
    )
    backup_smtp: SmtpSettings | None = Field(
        None, description="Another server, for what the first can't take now or refuses."
    )
    reply_address: Annotated[str, AfterValidator(_reply_address)] | None = Field(
        None,
        description="Form of the address that a ticket's answers go to, such as reply-{token}@example.org, for mail "
        "servers without plus addressing; without it help+{token}@example.org. Mails to all such addresses must come "
        "in here.",
    )
    authserv_id: Annotated[_OneLine, StringConstraints(max_length=255)] | None = Field(
        None,
        description="Name by which your receiving mail server signs its Authentication-Results, such as "
        "mx.example.org; those of others are not believed.",
    )
    check_dkim: bool = Field(
        False, description="Check DKIM signatures here, for mail servers that don't. Needs the extra `dkim`, and DNS."
    )
    acknowledge: bool = Field(
        True, description="Answer each new request with its reference; automatic mails are never answered."
    )
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")] = Field(
        "es", description="Language of requests whose own can't be told."
    )
    category: Annotated[_OneLine, StringConstraints(max_length=64)] | None = Field(
        None, description="Category of this channel's tickets. Nothing in a mail can set it."
    )
    priority: Literal["low", "normal", "high", "urgent"] = Field(
        "normal", description="Priority of this channel's tickets. Nothing in a mail can set it."
    )
    most_files: int = Field(
        50, ge=0, le=200, description="Files that are taken of one mail; the others stay with the mail as it came."
    )
    keep_raw: Duration = Field(
        90 * _DAY, ge=_DAY, description="How long mails are kept as they came, once they have been read."
    )
    parsers: int = Field(1, ge=1, le=32, description="Processes that read mails.")
    parse_within: Duration = Field(
        10.0, ge=0.5, le=300, description="How long the reading of one mail may take before it goes to quarantine."
    )
    parse_memory: int = Field(
        536_870_912, ge=268_435_456, description="Bytes of memory that a process which reads mails may have."
    )

    @model_validator(mode="after")
    def _a_way_in(self) -> Self:
        if not self.imap and self.listener is None:
            raise ValueError("imap or listener is needed, or both: else no mail comes in")
        return self

    @model_validator(mode="after")
    def _a_first_way_out(self) -> Self:
        if self.backup_smtp is not None and self.smtp is None:
            raise ValueError("backup_smtp goes with smtp")
        return self

    @model_validator(mode="after")
    def _room_for_a_token(self) -> Self:
        if self.reply_address is None:
            try:
                ReplyAddresses(self.reply_pattern)
            except ValueError as error:
                raise ValueError(f"{error}; set reply_address") from None
        return self

    @property
    def reply_pattern(self) -> str:
        """The form of tickets' reply addresses, with `{token}`."""
        return self.reply_address or plus_addressing(self.address)

    @property
    def proves_senders(self) -> bool:
        """Whether it is told, or finds out, whose a mail is."""
        return self.authserv_id is not None or self.check_dkim

    @property
    def own_addresses(self) -> frozenset[str]:
        """The addresses that mails for this channel are sent to, those of tickets aside, in lower case."""
        also = self.listener.recipients if self.listener else ()
        return frozenset(each.lower() for each in (self.address, *also))

    @property
    def mail_addresses(self) -> MailAddresses:
        """Where its mails come in, for the other mail channels."""
        return MailAddresses(self.own_addresses, self.reply_pattern)
