"""The words of letters to help desks: a ticket, a further message, a withdrawal, a canary."""

from collections.abc import Sequence

from channels.email.composing.layouts import Layouts, Written, one_line, title_of
from gateway.core.reference import CANARY_REFERENCE, show_reference
from gateway.core.texts import Language, mark
from gateway.core.ticket import Direction, Message, Priority, Requester, Ticket
from gateway.core.values import dataclass

_PRIORITIES = {
    Priority.LOW: mark("low"),
    Priority.NORMAL: mark("normal"),
    Priority.HIGH: mark("high"),
    Priority.URGENT: mark("urgent"),
}
_LONGEST_FACT = 500


@dataclass(frozen=True, slots=True)
class Told:
    """One message, as a desk is told it."""

    message: Message
    at: str
    """When it was written, as it is shown."""
    files: Sequence[str] = ()
    """Names of those that go along."""
    left_out: Sequence[str] = ()
    """Names of those that can't."""


class LetterTemplates:
    """Writes letters in a ticket's language, or another."""

    def __init__(self, layouts: Layouts) -> None:
        self._layouts = layouts

    def ticket(self, language: str, ticket: Ticket, told: Sequence[Told], received_at: str) -> Written:
        """A ticket with what was said so far; `received_at` is the time as it is shown."""
        say = self._layouts.texts.get(language)
        shown = show_reference(ticket.reference)
        opening = say("A new request for you, with the reference {reference}.", reference=shown)
        facts = [*_facts(say, ticket), (say("Received"), received_at), *_metadata(ticket)]
        return self._write(say, ticket, _title(say, ticket), [opening], facts, told, _how_to_answer(say, self._name))

    def message(self, language: str, ticket: Ticket, told: Told, tag: str = "") -> Written:
        """A further message of the requester; `tag` is the desk's own mark of its ticket in a subject."""
        say = self._layouts.texts.get(language)
        opening = say("The requester writes again about {reference}.", reference=show_reference(ticket.reference))
        subject = _answering(say, ticket, tag)
        return self._write(say, ticket, subject, [opening], (), [told], _how_to_answer(say, self._name))

    def withdrawal(self, language: str, ticket: Ticket, tag: str = "") -> Written:
        """Somebody else has the ticket now."""
        say = self._layouts.texts.get(language)
        opening = [
            say("Another team has the request {reference} now.", reference=show_reference(ticket.reference)),
            say("Please close it if you have it, and don't answer the requester."),
        ]
        note = say("{organisation} sent this automatically.", organisation=self._name)
        return self._write(say, ticket, _answering(say, ticket, tag), opening, (), (), note)

    def canary(self, language: str) -> Written:
        """Nobody's ticket."""
        say = self._layouts.texts.get(language)
        opening = [
            say("This mail checks that requests reach you. There is nothing to do."),
            say("Your system's own confirmation is all the answer that is needed; please close what it opens."),
        ]
        title = say("Check of the mail service")
        subject = f"{title} [{show_reference(CANARY_REFERENCE)}]"
        note = say("{organisation} sent this automatically.", organisation=self._name)
        return self._layouts.write(
            "letter", say, CANARY_REFERENCE, subject, paragraphs=opening, facts=(), messages=(), note=note
        )

    def try_out(self, language: str) -> None:
        """Raises what a layout that can't be filled raises."""
        requester = Requester("A", "a@example.org", "1")
        ticket = Ticket("", CANARY_REFERENCE, "mail", "", requester, 0.0, "", 0.0, 0.0, metadata={"a": "b"})
        message = Message("", "", 1, Direction.INBOUND, "mail", "", 0.0)
        self.ticket(language, ticket, [Told(message, "", ("a",), ("b",))], "")

    @property
    def _name(self) -> str:
        return self._layouts.organisation

    def _write(
        self,
        say: Language,
        ticket: Ticket,
        subject: str,
        paragraphs: Sequence[str],
        facts: Sequence[tuple[str, str]],
        told: Sequence[Told],
        note: str,
    ) -> Written:
        messages = [self._message(say, each, ticket.requester) for each in told]
        return self._layouts.write(
            "letter", say, ticket.reference, subject, paragraphs=paragraphs, facts=facts, messages=messages, note=note
        )

    def _message(self, say: Language, told: Told, requester: Requester) -> dict[str, object]:
        """Of what another desk answered, only the organisation is told."""
        asks = told.message.direction is Direction.INBOUND
        author = (requester.name or requester.email or say("Requester")) if asks else self._name
        files = []
        if told.files:
            files.append(say("Files: {names}", names=", ".join(map(_short, told.files))))
        if told.left_out:
            files.append(say("Files that can't be sent by mail: {names}", names=", ".join(map(_short, told.left_out))))
        return {
            "author": _short(author),
            "at": told.at,
            "lines": told.message.body.strip().splitlines(),
            "files": files,
        }


def _facts(say: Language, ticket: Ticket) -> list[tuple[str, str]]:
    requester = ticket.requester
    known = [
        (say("Requester"), requester.name),
        (say("Mail"), requester.email),
        (say("Phone"), requester.phone),
        (say("Category"), ticket.category),
        (say("Priority"), say(_PRIORITIES[ticket.priority])),
        (say("Language"), ticket.language),
        (say("Channel"), ticket.channel),
    ]
    return [(name, _short(value)) for name, value in known if value]


def _metadata(ticket: Ticket) -> list[tuple[str, str]]:
    return [(_short(name), _short(value)) for name, value in ticket.metadata.items()]


def _short(value: str) -> str:
    return one_line(value)[:_LONGEST_FACT]


def _how_to_answer(say: Language, organisation: str) -> str:
    return say(
        "To answer the requester, reply to this mail. Your answer goes on in the name of {organisation}.",
        organisation=organisation,
    )


def _title(say: Language, ticket: Ticket) -> str:
    title = title_of(ticket.subject, ticket.reference) or say("Request")
    return f"{title} [{show_reference(ticket.reference)}]"


def _answering(say: Language, ticket: Ticket, tag: str) -> str:
    return " ".join(filter(None, ("Re:", _title(say, ticket), one_line(tag))))
