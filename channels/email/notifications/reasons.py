"""Why a mail was not delivered: a small closed set, and which of them another try can't mend."""

import re
from enum import StrEnum


class Reason(StrEnum):
    """What stood between a mail and its recipient."""

    USER_UNKNOWN = "user_unknown"
    HOST_UNKNOWN = "host_unknown"
    MOVED = "moved"
    NO_MAIL = "no_mail"
    """The host says that it takes no mail at all (RFC 7504, RFC 7505)."""
    MAILBOX_FULL = "mailbox_full"
    MAILBOX_DISABLED = "mailbox_disabled"
    EXPIRED = "expired"
    """Nobody answered for as long as the sending server tried."""
    NETWORK = "network"
    """Name service, routing, a connection that broke off, a loop."""
    RATE = "rate"
    SYSTEM = "system"
    """The receiving server has a trouble of its own."""
    PROGRAM = "program"
    """A local delivery program failed."""
    TOO_BIG = "too_big"
    SPAM = "spam"
    VIRUS = "virus"
    BLOCKED = "blocked"
    """The sending host's address, name or repute isn't liked."""
    AUTHENTICATION = "authentication"
    """SPF, DKIM or DMARC."""
    SENDER = "sender"
    """The sender's address or domain isn't liked."""
    RELAYING = "relaying"
    POLICY = "policy"
    FILTERED = "filtered"
    """The recipient was accepted and the mail refused all the same."""
    CONTENT = "content"
    PROTOCOL = "protocol"
    UNKNOWN = "unknown"


PERMANENT = frozenset({Reason.USER_UNKNOWN, Reason.HOST_UNKNOWN, Reason.MOVED, Reason.NO_MAIL})
"""The address is wrong, and will be at the next try: hard. All else may be mended: soft."""

_BY_DETAIL = {
    # RFC 3463 and the IANA registry "Enumerated Status Codes"
    "1.1": Reason.USER_UNKNOWN,
    "1.2": Reason.HOST_UNKNOWN,
    "1.3": Reason.USER_UNKNOWN,
    "1.6": Reason.MOVED,
    "1.7": Reason.SENDER,
    "1.8": Reason.SENDER,
    "1.9": Reason.RELAYING,
    "1.10": Reason.NO_MAIL,
    "2.1": Reason.MAILBOX_DISABLED,
    "2.2": Reason.MAILBOX_FULL,
    "2.3": Reason.TOO_BIG,
    "3.1": Reason.SYSTEM,
    "3.2": Reason.NO_MAIL,
    "3.3": Reason.SYSTEM,
    "3.4": Reason.TOO_BIG,
    "3.5": Reason.SYSTEM,
    "4.1": Reason.EXPIRED,
    "4.4": Reason.HOST_UNKNOWN,
    "4.5": Reason.RATE,
    "4.7": Reason.EXPIRED,
    "7.8": Reason.POLICY,
    "7.13": Reason.MAILBOX_DISABLED,
    "7.20": Reason.AUTHENTICATION,
    "7.21": Reason.AUTHENTICATION,
    "7.22": Reason.AUTHENTICATION,
    "7.23": Reason.AUTHENTICATION,
    "7.24": Reason.AUTHENTICATION,
    "7.25": Reason.BLOCKED,
    "7.26": Reason.AUTHENTICATION,
    "7.27": Reason.SENDER,
    "7.28": Reason.RATE,
}
_BY_SUBJECT = {
    "3": Reason.SYSTEM,
    "4": Reason.NETWORK,
    "5": Reason.PROTOCOL,
    "6": Reason.CONTENT,
    "7": Reason.POLICY,
}
_BY_REPLY = {
    # RFC 5321, RFC 7504
    "421": Reason.SYSTEM,
    "451": Reason.SYSTEM,
    "452": Reason.SYSTEM,
    "500": Reason.PROTOCOL,
    "501": Reason.PROTOCOL,
    "502": Reason.PROTOCOL,
    "503": Reason.PROTOCOL,
    "504": Reason.PROTOCOL,
    "521": Reason.NO_MAIL,
    "551": Reason.MOVED,
    "552": Reason.MAILBOX_FULL,
    "556": Reason.NO_MAIL,
}
_STATUS = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})")


def reason_of_status(status: str) -> Reason:
    """What an enhanced status code such as 5.1.1 says; UNKNOWN where it says nothing in particular."""
    found = _STATUS.fullmatch(status)
    return _BY_DETAIL.get(f"{found[2]}.{found[3]}", Reason.UNKNOWN) if found else Reason.UNKNOWN


def reason_of_subject(status: str) -> Reason:
    """What the middle of an enhanced status code says of the kind of trouble; UNKNOWN where it leaves that open."""
    found = _STATUS.fullmatch(status)
    return _BY_SUBJECT.get(found[2], Reason.UNKNOWN) if found else Reason.UNKNOWN


def reason_of_reply(reply: str) -> Reason:
    """What a reply code of SMTP says by itself; UNKNOWN for those that may mean anything, as 550 and 554."""
    return _BY_REPLY.get(reply, Reason.UNKNOWN)
