"""What only the whole file can tell: names that must exist, be unique or be well formed, and passwords in addresses.

The checks read the tree and not the settings, so that they speak even where other things are wrong.
"""

import re
from collections.abc import Iterator

from config.document import Entry, Mapping, Node, Scalar, Sequence
from config.problems import Mark, Path, Problem, one_of, suggest

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_MAIL = "email"
_PASSWORD = re.compile(r"^[a-z][a-z0-9+.-]*://[^/?#\s]*:[^/?#\s]+@|^[a-z]\S*[?&]password=", re.IGNORECASE)


def cross_check(root: Node) -> Iterator[Problem]:
    """Every problem between the sections of a document."""
    sections = root.entries if isinstance(root, Mapping) else {}
    for section in ("channels", "providers"):
        yield from _names(section, sections)
    if isinstance(root, Mapping):
        yield from _at_least_one(sections)
    yield from _ways(sections)
    yield from _policies(sections)
    yield from _passwords(Entry(Mark(1, 1), root), ())


def _names(section: str, sections: dict[str, Entry]) -> Iterator[Problem]:
    for name, entry in _entries(sections.get(section)).items():
        if not _NAME.fullmatch(name):
            text = "not a name; allowed: at most 64 of a-z, 0-9, - and _, of which the first is a letter or digit"
            yield Problem(text, entry.key_mark, (section, name))


def _at_least_one(sections: dict[str, Entry]) -> Iterator[Problem]:
    for section, item in (("channels", "channel"), ("providers", "provider"), ("policies", "policy")):
        entry = sections.get(section)
        if entry is None:
            yield Problem(f"is missing; at least one {item} is needed", Mark(1, 1), (section,))
        elif _is_empty(entry.node):
            yield Problem(f"is empty; at least one {item} is needed", entry.key_mark, (section,))


def _ways(sections: dict[str, Entry]) -> Iterator[Problem]:
    """The mail channels that providers are reached by."""
    channels = _entries(sections.get("channels"))
    mail = {name: entry for name, entry in channels.items() if _kind(entry) == _MAIL}
    for name, provider in _entries(sections.get("providers")).items():
        via = _entries(provider).get("via") if _kind(provider) == _MAIL else None
        channel = _text(via.node) if via else None
        if via is None or channel is None:
            continue
        path = ("providers", name, "via")
        if channel not in mail:
            known = "no mail channel has this name" if channel not in channels else "this is no mail channel"
            yield Problem(f"{known}{suggest(channel, mail)}{one_of(mail)}", via.mark, path)
        elif "smtp" not in _entries(mail[channel]):
            yield Problem("this mail channel has no smtp, so it can't send anything", via.mark, path)


def _kind(entry: Entry) -> str | None:
    kind = _entries(entry).get("type")
    return _text(kind.node) if kind else None


def _policies(sections: dict[str, Entry]) -> Iterator[Problem]:
    providers = _entries(sections.get("providers"))
    first_lines: dict[str, int] = {}
    for index, policy in enumerate(_items(sections.get("policies"))):
        entries = policy.entries if isinstance(policy, Mapping) else {}
        yield from _policy_name(entries.get("name"), first_lines, ("policies", index, "name"))
        yield from _policy_providers(entries.get("providers"), providers, ("policies", index, "providers"))


def _policy_name(entry: Entry | None, first_lines: dict[str, int], path: Path) -> Iterator[Problem]:
    name = _text(entry.node) if entry else None
    if entry is None or name is None:
        return
    if name in first_lines:
        yield Problem(f"the policy in line {first_lines[name]} has this name already", entry.mark, path)
    first_lines.setdefault(name, entry.mark.line)


def _policy_providers(entry: Entry | None, providers: dict[str, Entry], path: Path) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, item in enumerate(_items(entry)):
        name = _text(item)
        if name is None:
            continue
        if name not in providers:
            text = f"no provider has this name{suggest(name, providers)}{one_of(providers)}"
            yield Problem(text, item.mark, (*path, index))
        elif name in seen:
            yield Problem("this provider stands in the list already; allowed: once", item.mark, (*path, index))
        seen.add(name)


def _passwords(entry: Entry, path: Path) -> Iterator[Problem]:
    node = entry.node
    if isinstance(node, Mapping):
        for key, child in node.entries.items():
            yield from _passwords(child, (*path, key))
    elif isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            yield from _passwords(Entry(item.mark, item), (*path, index))
    elif isinstance(node.value, str) and _PASSWORD.search(node.value):
        yield Problem("an address must not hold a password", entry.mark, path)


def _entries(entry: Entry | None) -> dict[str, Entry]:
    return entry.node.entries if entry and isinstance(entry.node, Mapping) else {}


def _items(entry: Entry | None) -> list[Node]:
    return entry.node.items if entry and isinstance(entry.node, Sequence) else []


def _text(node: Node) -> str | None:
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else None


def _is_empty(node: Node) -> bool:
    if isinstance(node, Mapping):
        return not node.entries
    if isinstance(node, Sequence):
        return not node.items
    return node.value is None
