"""What only the whole file can tell of the phone: that nobody calls himself, and whose requesters are called back."""

from collections.abc import Iterator, Mapping

from config.document import Entry, Node
from config.problems import Problem, one_of, suggest
from config.tree import entries_of, items_of, kind_of, text_of

_VOICE = "voice"
_WITH_NUMBERS = (_VOICE, "sms", "whatsapp")
"""Types of channels that prove their requesters' numbers."""


def phone_checks(sections: Mapping[str, Entry]) -> Iterator[Problem]:
    """Every problem between the channels with numbers, and the providers' phones."""
    channels = entries_of(sections.get("channels"))
    lines = {name: entry for name, entry in channels.items() if kind_of(entry) == _VOICE}
    yield from _in_one_channel(lines)
    for name, provider in entries_of(sections.get("providers")).items():
        yield from _is_another(name, provider, lines)
    callers: dict[str, str] = {}
    for name, line in lines.items():
        yield from _called_back(name, line, channels, callers)


def _numbers(entry: Entry) -> list[Node]:
    return items_of(entries_of(entry).get("numbers"))


def _in_one_channel(lines: Mapping[str, Entry]) -> Iterator[Problem]:
    """A call that was missed would be looked for by both."""
    first: dict[str, str] = {}
    for name, entry in lines.items():
        for index, node in enumerate(_numbers(entry)):
            number = text_of(node)
            if number is not None and first.setdefault(number, name) != name:
                problem = f"this number belongs to the voice channel {first[number]} already"
                yield Problem(problem, node.mark, ("channels", name, "numbers", index))


def _is_another(name: str, provider: Entry, lines: Mapping[str, Entry]) -> Iterator[Problem]:
    """A desk at one of our own numbers would have its calls come back, and so on."""
    dial = entries_of(entries_of(provider).get("voice")).get("dial")
    number = text_of(dial.node) if dial else None
    if dial is None or number is None:
        return
    for channel, line in lines.items():
        if number in map(text_of, _numbers(line)):
            problem = f"this is a number of the voice channel {channel}: it would call itself"
            yield Problem(problem, dial.mark, ("providers", name, "voice", "dial"))


def _called_back(name: str, line: Entry, channels: Mapping[str, Entry], callers: dict[str, str]) -> Iterator[Problem]:
    """`callers` are the lines that call each channel's requesters, as far as is known."""
    proving = {each: entry for each, entry in channels.items() if kind_of(entry) in _WITH_NUMBERS}
    for index, node in enumerate(items_of(entries_of(entries_of(line).get("callback")).get("for_channels"))):
        channel = text_of(node)
        if channel is not None and channel not in proving:
            known = "no channel has this name" if channel not in channels else "this channel proves no number"
            problem = f"{known}{suggest(channel, proving)}{one_of(proving)}"
            yield Problem(problem, node.mark, ("channels", name, "callback", "for_channels", index))
        elif channel is not None and callers.setdefault(channel, name) != name:
            problem = f"the voice channel {callers[channel]} calls these requesters back already"
            yield Problem(problem, node.mark, ("channels", name, "callback", "for_channels", index))
