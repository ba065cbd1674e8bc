"""What only the whole file can tell of mail: by which channels help desks are reached, and that none is ourselves."""

import re
from collections.abc import Iterator, Mapping

from config.document import Entry, Node
from config.problems import Mark, Path, Problem, one_of, suggest
from config.tree import entries_of, items_of, kind_of, text_of

_MAIL = "email"
_TOKEN = "{token}"  # noqa: S105 (a place in an address)


def mail_checks(sections: Mapping[str, Entry]) -> Iterator[Problem]:
    """Every problem between the channels and the providers that go by mail."""
    channels = entries_of(sections.get("channels"))
    mail = {name: entry for name, entry in channels.items() if kind_of(entry) == _MAIL}
    for name, provider in entries_of(sections.get("providers")).items():
        if kind_of(provider) == _MAIL:
            yield from _way(name, provider, channels, mail)
            yield from _is_another(name, provider, mail)


def _way(name: str, provider: Entry, channels: Mapping[str, Entry], mail: Mapping[str, Entry]) -> Iterator[Problem]:
    via = entries_of(provider).get("via")
    channel = text_of(via.node) if via else None
    if via is None or channel is None:
        return
    path = ("providers", name, "via")
    if channel not in mail:
        known = "no mail channel has this name" if channel not in channels else "this is no mail channel"
        yield Problem(f"{known}{suggest(channel, mail)}{one_of(mail)}", via.mark, path)
    elif "smtp" not in entries_of(mail[channel]):
        yield Problem("this mail channel has no smtp, so it can't send anything", via.mark, path)


def _is_another(name: str, provider: Entry, mail: Mapping[str, Entry]) -> Iterator[Problem]:
    """A desk at one of our own addresses would have its letters come back as tickets, and so on."""
    ours = {channel: _own_addresses(entry) for channel, entry in mail.items()}
    given = entries_of(provider)
    address, senders = given.get("address"), items_of(given.get("senders"))
    places: list[tuple[Path, Node, Mark]] = [(("address",), address.node, address.mark)] if address else []
    places += [(("senders", index), node, node.mark) for index, node in enumerate(senders)]
    for keys, node, mark in places:
        written = (text_of(node) or "").strip()
        channel = next((each for each, own in ours.items() if written and own.fullmatch(written)), None)
        if channel is not None:
            problem = f"this is an address of the mail channel {channel}: letters to it would come in as requests"
            yield Problem(problem, mark, ("providers", name, *keys))


def _own_addresses(channel: Entry) -> re.Pattern[str]:
    """Matches where mails for this channel are sent to, its tickets' reply addresses among them."""
    given = entries_of(channel)
    address, reply = _text_of(given.get("address")), _text_of(given.get("reply_address"))
    local, _, domain = address.rpartition("@")
    listened = [text_of(each) or "" for each in items_of(entries_of(given.get("listener")).get("recipients"))]
    forms = [address, reply or f"{local}+{_TOKEN}@{domain}", *listened]
    return re.compile("|".join(re.escape(each).replace(re.escape(_TOKEN), "[^@]+") for each in forms), re.IGNORECASE)


def _text_of(entry: Entry | None) -> str:
    return (text_of(entry.node) if entry else None) or ""
