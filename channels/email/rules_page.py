"""The page `docs/email-rules.md`: the tables by which mails are threaded and weighed, as the code has them."""

from collections.abc import Iterable

from channels.email.automatic import OPENS_NO_TICKET, SIGNS, SURE, Kind, Sign
from channels.email.threading.decision import RULES, Needs, Rule

_INTRODUCTION = """\
# How mails are judged

This page is generated from the tables in the code (`channels/email/threading/decision.py` and
`channels/email/automatic.py`): they are the whole answer.

## Does a mail continue a ticket?

A mail claims a ticket by one or more of these. The first claim of which everything in its row is true decides. The
sender is the one mailbox of the one `From`, never `Reply-To`, `Sender` or `Cc`; it must be the requester's address, or
one of the desk's. *Authenticated* is what your own mail server says in `Authentication-Results` under `authserv_id`, or
a DKIM signature that Relevo checked itself (`check_dkim`).

Where no row is true, the mail is a new ticket, linked to the one that it claimed; nothing of that one is shown to its
sender.
"""
_AUTOMATIC = f"""
## Is a mail automatic?

Each sign that is found speaks for a kind with its weight; at {SURE} in all, the mail is automatic. Relevo never answers
automatic mails. They become tickets all the same, but for the kinds
{", ".join(f"`{kind.value}`" for kind in sorted(OPENS_NO_TICKET))}: these can only say something about a mail of
ours, and are noted on its ticket. So is what answers a mail of ours by itself (`{Kind.AUTO_REPLIED.value}`,
`{Kind.NULL_SENDER.value}`), such as an absence note. Nor does a ticket come of what a help desk's own address, or its
robot, sends.
"""
_NEEDS = {
    Needs.PASSED: "must be authenticated",
    Needs.PASSED_FROM_THE_START: "must be authenticated, and so must have been the mail that opened the ticket",
    Needs.NOT_FAILED: "may be unknown, but not disowned by its domain (DMARC)",
}


def rules_page() -> str:
    """The page's text, in Markdown."""
    threading = _table(("claim", "by", "proves that the sender", "the mail"), map(_rule, RULES))
    signs = _table(("sign", "speaks for", "weight"), map(_sign, SIGNS))
    return "\n".join([_INTRODUCTION, threading, _AUTOMATIC, signs])


def _rule(rule: Rule) -> tuple[str, ...]:
    return f"`{rule.strategy.value}`", rule.side.value, rule.proves, _NEEDS[rule.needs]


def _sign(sign: Sign) -> tuple[str, ...]:
    return f"`{sign.name}`", f"`{sign.kind.value}`", str(sign.weight)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
