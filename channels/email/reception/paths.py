"""The arguments of MAIL and RCPT (RFC 5321 section 4.1.2), and the extensions' parameters that we understand."""

import re
from collections.abc import Mapping

from gateway.core.values import dataclass

_PLAIN = r'[^\s<>@"\x00-\x1f\x7f]'
_PATH = re.compile(
    r'<(?:@[^\s<>":\x00-\x1f\x7f]+:)?'  # a source route, to be ignored
    rf'(?P<address>(?:"(?:[^"\\\x00-\x1f\x7f]|\\[ -~])*"|{_PLAIN}+)(?:@{_PLAIN}+)?)?>'
    r"(?: +(?P<parameters>[^\x00-\x1f\x7f]*))?"
)
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^\s=]+))?")
_LONGEST = 320
_BODIES = ("7BIT", "8BITMIME")


class Rejected(Exception):
    """A command that can't be obeyed; `reply` says why, with its codes."""

    def __init__(self, reply: str) -> None:
        super().__init__(reply)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Path:
    """An envelope address; "" is the null reverse-path `<>`."""

    address: str
    parameters: Mapping[str, str]
    """By their names in capitals; "" for those without a value."""


def parse_sender(argument: str | None, size_limit: int) -> Path:
    """`FROM:<a@example.org> SIZE=1000 BODY=8BITMIME RET=HDRS`. Raises Rejected."""
    path = _parse(argument, "FROM:", ("SIZE", "BODY", "SMTPUTF8", "RET", "ENVID"))
    size = path.parameters.get("SIZE", "0")
    if not (size.isascii() and size.isdigit() and len(size) <= 20):
        raise Rejected("501 5.5.4 SIZE needs a number")
    if int(size) > size_limit:
        raise Rejected(f"552 5.3.4 a mail may have {size_limit} bytes")
    if path.parameters.get("BODY", "7BIT").upper() not in _BODIES:
        raise Rejected("501 5.5.4 BODY is 7BIT or 8BITMIME")
    if not path.address.isascii() and "SMTPUTF8" not in path.parameters:
        raise Rejected("553 5.6.7 this address needs SMTPUTF8")
    return path


def parse_recipient(argument: str | None) -> Path:
    """`TO:<a@example.org> NOTIFY=NEVER ORCPT=rfc822;a@example.org`. Raises Rejected."""
    path = _parse(argument, "TO:", ("NOTIFY", "ORCPT"))
    if not path.address:
        raise Rejected("501 5.1.3 a recipient is needed")
    return path


def _parse(argument: str | None, keyword: str, known: tuple[str, ...]) -> Path:
    written = argument or ""
    found = _PATH.fullmatch(written[len(keyword) :].lstrip(" "))
    if found is None or written[: len(keyword)].upper() != keyword:
        raise Rejected(f"501 5.5.4 syntax: {keyword}<address>")
    address = found["address"] or ""
    if len(address) > _LONGEST or not address.isprintable():
        raise Rejected("553 5.1.3 not an address")
    return Path(address, _parameters(found["parameters"] or "", known))


def _parameters(written: str, known: tuple[str, ...]) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for each in written.split():
        found = _PARAMETER.fullmatch(each)
        if found is None or found[1].upper() in parameters:
            raise Rejected("501 5.5.4 parameters can't be read")
        if found[1].upper() not in known:
            raise Rejected("555 5.5.4 parameter not known")
        parameters[found[1].upper()] = found[2] or ""
    return parameters
