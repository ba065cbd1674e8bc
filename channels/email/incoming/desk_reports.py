"""What a desk's mail about its ticket reports. Pure."""

from collections.abc import Collection

from channels.email.automatic import Kind
from channels.email.desk_mail import DeskEvent, DeskReader
from channels.email.mail import Mail
from gateway.core.provider import ReportType
from gateway.core.values import dataclass

ROBOTS = frozenset({Kind.AUTO_REPLIED, Kind.AUTO_GENERATED, Kind.NULL_SENDER})
"""Mails that no person wrote. Lists and bulk mail aren't among them: many desks send all that their people write so."""


@dataclass(frozen=True, slots=True)
class DeskWord:
    """What a desk says; `reports` is empty where that is nothing about the ticket."""

    reports: tuple[ReportType, ...]
    """In the order in which they happened."""
    number: str | None
    """The desk's own of the ticket."""
    generated: bool = False
    """It is taken for an answer only because the number was known before: unless it is what brought the number, come
    again."""


def desk_word(
    mail: Mail, kind: Kind, reader: DeskReader, known_numbers: Collection[str], *, has_files: bool
) -> DeskWord:
    """`known_numbers` are those that the desk is known to have given the ticket."""
    claim = reader.claim(mail)
    # Some desks mark whatever their people write as generated. After the acknowledgement, which brings the number,
    # such a mail is somebody's answer, and to lose one is worse than to pass on a robot's.
    answers = kind is Kind.AUTO_GENERATED and claim is not None and claim.key in known_numbers
    automatic = kind in ROBOTS and not answers
    read = reader.read(mail, automatic=automatic)
    by_person = not automatic and (has_files or bool(mail.reply.strip()))
    return DeskWord(_reports(read.event, by_person=by_person), read.number, generated=answers)


def _reports(event: DeskEvent, *, by_person: bool) -> tuple[ReportType, ...]:
    words = (ReportType.REPLIED,) if by_person else ()
    match event:
        case DeskEvent.ACKNOWLEDGED:
            return (ReportType.ACCEPTED,)
        case DeskEvent.PICKED_UP:
            return (*words, ReportType.PICKED_UP)
        case DeskEvent.RESOLVED:
            return (*words, ReportType.RESOLVED)
        case DeskEvent.REPLIED:
            return (ReportType.REPLIED,)
        case DeskEvent.NOTHING:
            return ()
