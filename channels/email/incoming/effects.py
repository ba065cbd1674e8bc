"""What follows from a mail's fate, made durable: the shell around `sorting.py`.

Everything here may be done twice for the same mail, since a crash may come before its last step: dedupe keys and report
ids see to it that the second time changes nothing.
"""

from collections.abc import Sequence
from dataclasses import replace

from channels.channel import Backstage, ChannelContext
from channels.email.incoming.bodies import WHOLE_TEXT, body_of, is_long
from channels.email.incoming.bounds import too_many_replies
from channels.email.incoming.desk_reports import has_spoken
from channels.email.incoming.files import MailFiles, Taken
from channels.email.incoming.messages import Messages, new_words
from channels.email.incoming.sameness import dedupe_key
from channels.email.incoming.sorting import Bounced, Continues, Fate, FromDesk, Held, Noted, Opens
from channels.email.incoming.tickets import Claimed
from channels.email.reading.reading import ReadFile, Reading
from gateway.core.clock import Instant
from gateway.core.delivery import Kind
from gateway.core.errors import InvalidMessage
from gateway.core.events import Event, MailNoted, MessageBounced
from gateway.core.provider import ProviderReport, ReportResult, ReportType
from gateway.core.texts import Texts
from gateway.core.ticket import Acceptance, InboundMessage, Message
from gateway.core.values import dataclass

_TOO_FAST = "too many messages to one ticket within an hour, or a day: so write programs that answer each other"
_NOTHING = Taken()


class Hold(Exception):
    """A person has to look at this mail; the text says why, without personal data."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a mail has become."""

    outcome: str
    """As MailMeasurements.mail_read has it."""
    message_id: str | None = None
    events: tuple[Event, ...] = ()
    """To be recorded with the end of its reading."""


class Effects:
    """Of the mails of one channel; `language` is the channel's."""

    def __init__(
        self,
        context: ChannelContext,
        backstage: Backstage,
        messages: Messages,
        files: MailFiles,
        texts: Texts,
        language: str,
    ) -> None:
        self._context = context
        self._backstage = backstage
        self._messages = messages
        self._files = files
        self._texts = texts
        self._language = language

    async def follow(self, fate: Fate, reading: Reading, mail_id: str, kept_at: Instant) -> Done:
        """`mail_id` is the raw mail's; `kept_at` is when it became durable, and so when what it says was said. Raises
        Hold, and the store's errors."""
        now = self._context.clock.now()
        match fate:
            case Opens(linked):
                return await self._opened(reading, mail_id, linked, kept_at)
            case Continues(claimed):
                return await self._continued(reading, mail_id, claimed, kept_at)
            case FromDesk():
                return await self._reported(reading, mail_id, fate, min(kept_at, now))
            case Bounced():
                await self._give_to_another(fate, now)
                return Done("bounce", events=_bounces(fate, self._context.name, now))
            case Noted(kind, about):
                ticket = about.ticket if about else None
                noted = MailNoted(
                    at=now,
                    ticket_id=ticket.id if ticket else None,
                    reference=ticket.reference if ticket else None,
                    channel=self._context.name,
                    kind=kind,
                )
                return Done(kind, events=(noted,))
            case Held(reason):
                raise Hold(reason)

    async def _give_to_another(self, fate: Bounced, now: Instant) -> None:
        """A ticket whose letter came back, and of which its desk has said nothing. Persons are never switched off by a
        bounce, nor is a desk: it is only this ticket that isn't there."""
        desk = fate.party.desk
        if not (desk and fate.unique and fate.came_back) or has_spoken(fate.claimed.case, desk):
            return
        if await self._backstage.store.letter_returned(fate.unique, now, "its letter came back"):
            self._backstage.owed(Kind.TICKET)

    async def _opened(self, reading: Reading, mail_id: str, linked: str | None, kept_at: Instant) -> Done:
        taken = await self._take(reading.files, reading.mail.text)
        dedupe = dedupe_key(reading.mail, taken.attachments, mail_id)
        return await self._received(self._messages.first(reading, taken, dedupe, linked, kept_at), "ticket")

    async def _continued(self, reading: Reading, mail_id: str, claimed: Claimed, kept_at: Instant) -> Done:
        taken = await self._take(reading.files, new_words(reading.mail))
        dedupe = dedupe_key(reading.mail, taken.attachments, mail_id)
        return await self._received(self._messages.further(reading, taken, dedupe, claimed, kept_at), "message")

    async def _received(self, message: InboundMessage, outcome: str) -> Done:
        try:
            receipt = await self._context.intake.receive(message)
        except InvalidMessage as error:
            raise Hold(f"it can't be taken: {error}") from error
        match receipt.acceptance:
            case Acceptance.NEW:
                if message.acknowledge:
                    self._backstage.owed(Kind.ACKNOWLEDGEMENT)
                return Done(outcome, receipt.message_id)
            case Acceptance.DUPLICATE:
                return Done("duplicate", receipt.message_id)
            case Acceptance.FULL:
                raise Hold(_TOO_FAST)
            case Acceptance.CONFLICT:
                raise Hold("it was here before, with other words")

    async def _reported(self, reading: Reading, mail_id: str, fate: FromDesk, at: Instant) -> Done:
        if fate.word.generated and await self._is_what_it_said_first(reading, mail_id, fate, at):
            return Done("duplicate")
        reports = await self._reports(reading, mail_id, fate, at)
        results = [await self._tell(report, fate.claimed.case.messages) for report in reports]
        return Done("duplicate" if set(results) == {ReportResult.DUPLICATE} else "report")

    async def _is_what_it_said_first(self, reading: Reading, mail_id: str, fate: FromDesk, at: Instant) -> bool:
        """Whether the mail was read before, when the desk had not spoken yet, and so taken for a robot's."""
        for kind in (ReportType.ACCEPTED, ReportType.PICKED_UP, ReportType.RESOLVED):
            if kind in fate.word.reports:
                continue
            before = self._report(reading, mail_id, fate, kind, at)
            if await self._context.intake.foresee(before) is ReportResult.DUPLICATE:
                return True
        return False

    async def _reports(self, reading: Reading, mail_id: str, fate: FromDesk, at: Instant) -> list[ProviderReport]:
        reports = []
        for each in fate.word.reports:
            if each is ReportType.REPLIED:
                said = self._messages.of_desk(reading, fate.contact, fate.claimed.ticket.reference)
                taken = await self._take(said.files, said.text)
                language = self._texts.get(fate.claimed.ticket.language or self._language)
                plain = self._report(reading, mail_id, fate, each, at, taken)
                reports.append(replace(plain, body=body_of(said.text, taken, language), attachments=taken.attachments))
            else:
                reports.append(self._report(reading, mail_id, fate, each, at))
        return reports

    def _report(
        self, reading: Reading, mail_id: str, fate: FromDesk, kind: ReportType, at: Instant, taken: Taken = _NOTHING
    ) -> ProviderReport:
        """Without words, and without an author: nobody is to see which desk writes."""
        key = dedupe_key(reading.mail, taken.attachments, mail_id)
        return ProviderReport(
            provider=fate.contact.provider,
            report_id=f"{key.scope} {key.key} {kind}",
            type=kind,
            at=at,
            reference=fate.claimed.ticket.reference,
            provider_reference=fate.word.number,
        )

    async def _tell(self, report: ProviderReport, messages: Sequence[Message]) -> ReportResult:
        intake = self._context.intake
        if report.type is ReportType.REPLIED and too_many_replies(messages, report.provider, report.at):
            if await intake.foresee(report) is not ReportResult.DUPLICATE:
                raise Hold(_TOO_FAST)
            return ReportResult.DUPLICATE
        result = await intake.report(report)
        if result is ReportResult.NOT_FOUND and report.provider_reference is not None:
            # The thread has proved which ticket it is; the number is another where a desk has merged two of its own.
            report = replace(report, provider_reference=None)
            result = await intake.report(report)
        if result is ReportResult.NOT_FOUND and report.type is ReportType.REPLIED:
            # We believed that it hasn't got the ticket: who answers it has.
            has_it = replace(report, type=ReportType.ACCEPTED, report_id=f"{report.report_id} has it", body=None)
            await intake.report(replace(has_it, attachments=()))
            result = await intake.report(report)
        if result is ReportResult.NOT_FOUND:
            raise Hold(f"from the desk {report.provider}, about a ticket that it has no more")
        if result is ReportResult.FULL:
            raise Hold("the ticket has as many replies as it may have")
        return result

    async def _take(self, files: Sequence[ReadFile], text: str) -> Taken:
        whole = await self._files.text(WHOLE_TEXT, text) if is_long(text) else None
        return await self._files.take(files, whole)


def _bounces(fate: Bounced, channel: str, now: Instant) -> tuple[Event, ...]:
    ticket = fate.claimed.ticket
    return tuple(
        MessageBounced(
            at=now,
            ticket_id=ticket.id,
            reference=ticket.reference,
            channel=channel,
            party=fate.party.desk or "requester",
            action=each.action.value,
            status=each.status,
            hard=each.hard,
        )
        for each in fate.recipients
    )
