"""What a desk's mail about its ticket reports. Pure."""

from channels.email.automatic import Kind
from channels.email.desk_mail import DeskEvent, DeskReader
from channels.email.mail import Mail
from gateway.core.delivery import Case
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
    """It is taken for an answer only because the desk had spoken before: unless this is what it said, come again."""


def has_spoken(case: Case, provider: str) -> bool:
    """Whether that desk has said anything about the ticket yet."""
    copies = (handoff for handoff in case.handoffs if handoff.provider == provider)
    known = any(copy.provider_reference or copy.confirmed_at or copy.picked_up_at for copy in copies)
    return known or any(message.provider == provider for message in case.messages)


def desk_word(mail: Mail, kind: Kind, reader: DeskReader, *, heard: bool, has_files: bool) -> DeskWord:
    """`heard` where the desk has said something about the ticket before."""
    # Some desks mark whatever their people write as generated. After the first, which acknowledges the ticket, such a
    # mail with words is somebody's answer, and to lose one is worse than to pass on a robot's.
    words = has_files or bool(mail.reply.strip())
    answers = kind is Kind.AUTO_GENERATED and heard and words
    read = reader.read(mail, automatic=kind in ROBOTS and not answers)
    event = read.event
    if event is DeskEvent.NOTHING and kind is Kind.AUTO_GENERATED and not heard:
        event = DeskEvent.ACKNOWLEDGED
    by_person = kind not in ROBOTS and words
    return DeskWord(_reports(event, by_person=by_person, words=by_person or answers), read.number, generated=answers)


def _reports(event: DeskEvent, *, by_person: bool, words: bool) -> tuple[ReportType, ...]:
    """Who answers a ticket works on it."""
    replied = (ReportType.REPLIED,) if words else ()
    match event:
        case DeskEvent.ACKNOWLEDGED:
            return (ReportType.ACCEPTED,)
        case DeskEvent.PICKED_UP:
            return (ReportType.PICKED_UP, *replied)
        case DeskEvent.RESOLVED:
            return (*replied, ReportType.RESOLVED)
        case DeskEvent.REPLIED:
            return (ReportType.PICKED_UP, ReportType.REPLIED) if by_person else (ReportType.REPLIED,)
        case DeskEvent.NOTHING:
            return ()
