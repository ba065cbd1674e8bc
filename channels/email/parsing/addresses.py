"""Address lists: RFC 5322 with its obsolete syntax, and what stands in real headers. Linear, no recursion."""

import re

from channels.email.mail import Address
from channels.email.parsing.address_tokens import Kind, Token, tokens
from channels.email.parsing.encoded_words import decode_words

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_AROUND_SIGN = re.compile(r" ?([@.]) ?")
_SPACES = re.compile(r"\s+")
_SCHEME = "mailto:"


def parse_addresses(text: str) -> tuple[Address, ...]:
    """Every mailbox of an address list, in order, with the group that it stands in.

    Encoded words are decoded after the list is taken apart, so that what they hide can't add an address (T26)."""
    found: list[Address] = []
    group = ""
    waiting: list[Token] = []
    addressed = False
    for token in tokens(text):
        if token.kind is Kind.COLON:
            if not addressed:
                group, waiting = ("" if _is_scheme(waiting) else _phrase(waiting)), []
        elif token.kind is Kind.SEMICOLON:
            found += _mailboxes(waiting, group)
            group, waiting, addressed = "", [], False
        elif token.kind is Kind.COMMA and addressed:
            found += _mailboxes(waiting, group)
            waiting, addressed = [], False
        else:
            waiting.append(token)
            addressed = addressed or _is_address(token)
    return (*found, *_mailboxes(waiting, group))


def _is_address(token: Token) -> bool:
    """Whether a mailbox comes to its address here, so that a comma ends it: `Doe, John <j@x>` hasn't at its comma."""
    return token.kind is Kind.ANGLE or (token.kind is Kind.WORD and "@" in token.text)


def _is_scheme(waiting: list[Token]) -> bool:
    return len(waiting) == 1 and waiting[0].text.lower() == "mailto"


def _mailboxes(waiting: list[Token], group: str) -> list[Address]:
    segments = _segments(waiting)
    found: list[Address] = []
    for number, segment in enumerate(segments):
        following = segments[number + 1] if number + 1 < len(segments) else []
        if segment and _is_surname(segment, following):
            following[:0] = [*segment, Token(Kind.WORD, ",", spaced=False)]
        elif any(token.kind is Kind.ANGLE for token in segment):
            found += _with_angles(segment, group)
        elif segment:
            found += _bare(segment, group)
    return found


def _segments(waiting: list[Token]) -> list[list[Token]]:
    segments: list[list[Token]] = [[]]
    for token in waiting:
        if token.kind is Kind.COMMA:
            segments.append([])
        else:
            segments[-1].append(token)
    return segments


def _is_surname(segment: list[Token], following: list[Token]) -> bool:
    """Whether a segment is the first half of a name with a comma that should have been quoted."""
    return (
        all(token.kind in (Kind.WORD, Kind.QUOTED) and "@" not in token.text for token in segment)
        and bool(following)
        and following[0].kind in (Kind.WORD, Kind.QUOTED)
        and "@" not in following[0].text
        and any(token.kind is Kind.ANGLE for token in following)
    )


def _with_angles(segment: list[Token], group: str) -> list[Address]:
    """Each address in angle brackets with the name before it. An address without brackets before one that differs is
    one more mailbox, whose comma is missing: nobody shall take the first for the second (T26)."""
    found: list[Address] = []
    name: list[Token] = []
    comments: list[str] = []
    angles = sum(token.kind is Kind.ANGLE for token in segment)
    for number, token in enumerate(segment):
        if token.kind is Kind.COMMENT:
            comments.append(token.text)
        elif token.kind is not Kind.ANGLE:
            name.append(token)
        else:
            angles -= 1
            if not angles:
                comments += [later.text for later in segment[number:] if later.kind is Kind.COMMENT]
            address = _address(token.text)
            found += [
                Address("", word.text, group)
                for word in name
                if word.kind is Kind.WORD and _ADDRESS.fullmatch(word.text) and _differ(word.text, address)
            ]
            called = _with_comments(_phrase(name), comments)
            if called or address:
                found.append(Address(called, address, group))
            name, comments = [], []
    return found


def _differ(written: str, address: str) -> bool:
    return written.strip("'.").lower() != address.lower() and not written.startswith("=?")


def _bare(segment: list[Token], group: str) -> list[Address]:
    """A mailbox without angle brackets: `user@host (Name)`, also with space around its signs; or only a name."""
    if len(segment) == 2 and segment[0].kind is Kind.QUOTED and segment[1].text.startswith("@"):
        return [Address("", f'"{segment[0].text}"{segment[1].text}', group)]
    comments = [token.text for token in segment if token.kind is Kind.COMMENT]
    written = "".join(_spaced(token, quotes=True) for token in segment if token.kind is not Kind.COMMENT)
    words = _AROUND_SIGN.sub(r"\1", written).split() if "@" in written else []
    addresses = [word for word in words if _ADDRESS.fullmatch(word)]
    if not addresses:
        phrase = _phrase([token for token in segment if token.kind is not Kind.COMMENT])
        name = _with_comments(phrase, comments)
        return [Address(name, "", group)] if name else []
    others = decode_words(" ".join(word for word in words if word not in addresses)) if len(addresses) == 1 else ""
    name = _with_comments(others.replace('"', ""), comments) if len(addresses) == 1 else ""
    return [Address(name, _address(address), group) for address in addresses]


def _spaced(token: Token, *, quotes: bool) -> str:
    text = f'"{token.text}"' if quotes and token.kind is Kind.QUOTED else token.text
    return f" {text}" if token.spaced else text


def _phrase(name: list[Token]) -> str:
    written = "".join(_spaced(token, quotes=False) for token in name)
    return _one_line(decode_words(written))


def _with_comments(phrase: str, comments: list[str]) -> str:
    """The name; a comment is one where nothing else is, as it was in the first mails (`user@host (Name)`)."""
    comment = _one_line(decode_words(" ".join(comments)))
    return f"{phrase} ({comment})" if phrase and comment else phrase or comment


def _one_line(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


def _address(text: str) -> str:
    """What stands in angle brackets, without a route of old (`@relay:user@host`), scheme or space."""
    address = decode_words(text).strip()
    if address[:7].lower() == _SCHEME:
        address = address[7:]
    if address.startswith("@") and ":" in address:
        address = address.rpartition(":")[2]
    return address if '"' in address else _SPACES.sub("", address)
