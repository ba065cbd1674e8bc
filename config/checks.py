"""What only the whole file can tell: names that must exist, be unique or be well formed, and passwords in addresses.

The checks read the tree and not the settings, so that they speak even where other things are wrong.
"""

import re
from collections.abc import Iterator

from config.document import Entry, Mapping, Node, Sequence
from config.mail_checks import mail_checks
from config.phone_checks import phone_checks
from config.problems import Mark, Path, Problem, one_of, suggest
from config.tree import entries_of, items_of, text_of

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_PASSWORD = re.compile(r"^[a-z][a-z0-9+.-]*://[^/?#\s]*:[^/?#\s]+@|^[a-z]\S*[?&]password=", re.IGNORECASE)


def cross_check(root: Node) -> Iterator[Problem]:
    """Every problem between the sections of a document."""
    sections = root.entries if isinstance(root, Mapping) else {}
    for section in ("channels", "providers"):
        yield from _names(section, sections)
    if isinstance(root, Mapping):
        yield from _at_least_one(sections)
    yield from mail_checks(sections)
    yield from phone_checks(sections)
    yield from _policies(sections)
    yield from _passwords(Entry(Mark(1, 1), root), ())


def _names(section: str, sections: dict[str, Entry]) -> Iterator[Problem]:
    for name, entry in entries_of(sections.get(section)).items():
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


def _policies(sections: dict[str, Entry]) -> Iterator[Problem]:
    providers = entries_of(sections.get("providers"))
    first_lines: dict[str, int] = {}
    for index, policy in enumerate(items_of(sections.get("policies"))):
        entries = policy.entries if isinstance(policy, Mapping) else {}
        yield from _policy_name(entries.get("name"), first_lines, ("policies", index, "name"))
        yield from _policy_providers(entries.get("providers"), providers, ("policies", index, "providers"))


def _policy_name(entry: Entry | None, first_lines: dict[str, int], path: Path) -> Iterator[Problem]:
    name = text_of(entry.node) if entry else None
    if entry is None or name is None:
        return
    if name in first_lines:
        yield Problem(f"the policy in line {first_lines[name]} has this name already", entry.mark, path)
    first_lines.setdefault(name, entry.mark.line)


def _policy_providers(entry: Entry | None, providers: dict[str, Entry], path: Path) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, item in enumerate(items_of(entry)):
        name = text_of(item)
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


def _is_empty(node: Node) -> bool:
    if isinstance(node, Mapping):
        return not node.entries
    if isinstance(node, Sequence):
        return not node.items
    return node.value is None
