"""What of a desk's mail its requester gets: nobody is to see which desk serves. Pure, linear.

Kept from the requester are the desk's addresses, its own number of the ticket, our token addresses and Message-IDs, the
signature, and paragraphs at the end of which each line names the desk's domain. What can't be known is read as it was
written: a desk that names itself in a sentence, signs without a mark, or shows its name in a picture. The raw mail has
all of it.
"""

import re
from collections.abc import Sequence
from html import escape

from channels.email.identity import MailIdentity
from channels.email.mail import Mail
from channels.email.reading.reading import ReadFile
from gateway.core.desk_pattern import DeskPattern
from gateway.core.post import DeskContact
from gateway.core.reference import show_reference
from gateway.core.values import dataclass

_PARTS = r"[^\s<>()\[\]{},;:\"'|/\\@]"
_ADDRESS = re.compile(rf"(?:mailto:)?(?<!{_PARTS}){_PARTS}{{1,128}}@{_PARTS}{{1,253}}")
_RULE = re.compile(r"[\s_=*~—–-]*")
_A_MAIL = "message/rfc822"
_LONGEST_FOOTER_LINE = 300


@dataclass(frozen=True, slots=True)
class DeskWords:
    """For the requester."""

    text: str
    files: tuple[ReadFile, ...]


def desk_words(
    mail: Mail, text: str, files: Sequence[ReadFile], desk: DeskContact, identity: MailIdentity, reference: str
) -> DeskWords:
    """`text` is what is new in the mail; `reference` is the ticket's plain one. Never empty where `text` isn't."""
    kept, footer = _without_footer(text.split("\n"), _domains(desk, identity))
    ends = [*footer, *mail.signature.split("\n")]
    end = next((line.strip() for line in ends if not _RULE.fullmatch(line)), "")
    said = "\n".join(_anonymous(line, desk, identity) if "@" in line else line for line in kept)
    if desk.ticket_number:
        said = _without_number(said, mail.subject, desk.ticket_number, show_reference(reference))
    return DeskWords(said, tuple(each for each in files if not _tells(each, mail.html, end)))


def _domains(desk: DeskContact, identity: MailIdentity) -> list[str]:
    """The desk's, but for our own, where it may sit, too."""
    ours = identity.address.rpartition("@")[2].lower()
    found = {each.rpartition("@")[2].lower() for each in (desk.address, *desk.senders)}
    return sorted(found - {ours})


def _without_footer(lines: list[str], domains: Sequence[str]) -> tuple[list[str], list[str]]:
    """The lines before the last paragraphs that name the desk's domain in each of their lines, and those."""
    end, below = len(lines), len(lines)
    while True:
        while below and _RULE.fullmatch(lines[below - 1]):
            below -= 1
        above = below
        while above and not _RULE.fullmatch(lines[above - 1]):
            above -= 1
        if not above or not all(_names(line, domains) for line in lines[above:below]):
            end = below if end < len(lines) else end  # without the rule above what is left out
            return lines[:end], lines[end:]
        end = below = above


def _names(line: str, domains: Sequence[str]) -> bool:
    words = line[:_LONGEST_FOOTER_LINE].lower()
    return any(re.search(rf"(?<![\w-]){re.escape(each)}(?![\w-]|\.\w)", words) for each in domains)


def _anonymous(line: str, desk: DeskContact, identity: MailIdentity) -> str:
    """With the constant address in the place of the desk's, and of those that were made for it."""
    senders = {desk.address.lower(), *desk.senders}
    domains = {f"@{each}" for each in _domains(desk, identity)}

    def instead(found: re.Match[str]) -> str:
        word = found[0].removeprefix("mailto:").rstrip(".")
        after = found[0][len(found[0].rstrip(".")) :]
        if identity.message_ids.read(f"<{word}>"):
            return after
        address = word.lower()
        if address in senders or f"@{address.rpartition('@')[2]}" in domains or any(identity.addresses.tokens([word])):
            return identity.address + after
        return found[0]

    return _ADDRESS.sub(instead, line)


def _without_number(said: str, subject: str, ticket_number: str, shown: str) -> str:
    """The one that the mail shows first is left out wherever it stands, others where patterns are searched for."""
    pattern = DeskPattern(ticket_number, groups=1)
    found = pattern.find(subject, said)
    return pattern.replace(said.replace(found[0], shown) if found and found[0] else said, shown)


def _tells(file: ReadFile, html: str, end: str) -> bool:
    """Whether a file would show who writes: another mail with its header, or a picture after what ends the words."""
    if file.media_type == _A_MAIL:
        return True
    if not file.content_id or not file.media_type.startswith("image/") or not end:
        return False
    place, begins = html.find(f"cid:{file.content_id}"), html.rfind(escape(end, quote=False))
    return 0 <= begins < place
