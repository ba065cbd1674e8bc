"""The parts of a mail, in order."""

from collections.abc import Iterator

from channels.email.mail import Part


def walk(root: Part, *, into_mails: bool = False) -> Iterator[Part]:
    """The root and what is below it; what mails within the mail consist of is theirs, and left out unless asked for."""
    waiting = [root]
    while waiting:
        part = waiting.pop()
        yield part
        if into_mails or not part.media_type.startswith("message/"):
            waiting.extend(reversed(part.parts))
