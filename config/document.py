"""A YAML document as a tree in which every key and value knows its place.

The tree is built from the parser's events rather than by a constructor, because only so can every duplicate key be
reported, tags and odd keys be refused at their place, and depth and size be bounded while reading.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from config.problems import Mark, Path, Problem
from config.scalars import ScalarValue, plain_scalar
from config.syntax import explain_syntax

MAX_DEPTH = 32
MAX_WEIGHT = 20_000
"""Values in the document after aliases are followed; a long text weighs one more for every hundred characters."""

_UNUSABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text, number, truth value or nothing."""

    mark: Mark
    value: ScalarValue


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    mark: Mark
    items: list["Node"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Entry:
    """A key's place, and its value."""

    key_mark: Mark
    node: "Node"

    @property
    def mark(self) -> Mark:
        """Where to look for the value: the value itself, or its key where it is empty or spans several lines."""
        return self.node.mark if isinstance(self.node, Scalar) and self.node.value is not None else self.key_mark


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys, which are always texts, with their values."""

    mark: Mark
    entries: dict[str, Entry] = field(default_factory=dict)


Node = Scalar | Sequence | Mapping


class Unreadable(Exception):
    """The document can't be read on from here."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


def read_document(text: str) -> tuple[Node, list[Problem]]:
    """The tree of the only document in `text`, and what is wrong in it though it can be read on.

    Raises Unreadable at the first thing that makes the rest unreadable.
    """
    reader = _Reader(text)
    return reader.document(), reader.problems


def plain(node: Node) -> Any:
    """The tree without places, ready for JSON."""
    if isinstance(node, Mapping):
        return {key: plain(entry.node) for key, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return node.value


class _Reader:
    def __init__(self, text: str) -> None:
        self.problems: list[Problem] = []
        self._events = _events(text)
        self._anchors: dict[str, Node] = {}
        self._weight = 0

    def document(self) -> Node:
        root: Node = Scalar(Mark(1, 1), None)
        documents = 0
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise Unreadable(_problem("a second document begins here; allowed: one in a file", event))
                root = self._node(next(self._events), (), 0)
        return root

    def _node(self, event: Any, path: Path, depth: int) -> Node:
        if isinstance(event, AliasEvent):
            return self._alias(event, path, depth)
        if event.tag is not None:
            raise Unreadable(_problem("tags (!...) are not allowed; put a text in quotes", event, path))
        node = self._untagged(event, path, depth)
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _untagged(self, event: Any, path: Path, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise Unreadable(_problem(f"nested too deeply; at most {MAX_DEPTH} levels", event))
        if isinstance(event, ScalarEvent):
            return self._scalar(event, path)
        self._weigh(1, event)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(event, path, depth)
        if isinstance(event, MappingStartEvent):
            return self._mapping(event, path, depth)
        raise AssertionError(f"the parser answered with {type(event).__name__}")

    def _scalar(self, event: Any, path: Path) -> Scalar:
        self._weigh(_weight_of(event.value), event)
        if _UNUSABLE.search(event.value):
            self.problems.append(_problem("holds a control character; allowed: printable text", event, path))
        value = plain_scalar(event.value) if event.style is None else _UNUSABLE.sub("?", event.value)
        return Scalar(_mark(event), value)

    def _sequence(self, start: Any, path: Path, depth: int) -> Sequence:
        sequence = Sequence(_mark(start))
        while not isinstance(event := next(self._events), SequenceEndEvent):
            sequence.items.append(self._node(event, (*path, len(sequence.items)), depth + 1))
        return sequence

    def _mapping(self, start: Any, path: Path, depth: int) -> Mapping:
        mapping = Mapping(_mark(start))
        while not isinstance(event := next(self._events), MappingEndEvent):
            key_mark = _mark(event)
            key = self._key(event, path)
            node = self._node(next(self._events), (*path, key), depth + 1)
            if key in mapping.entries:
                first = mapping.entries[key].key_mark
                text = f"this key occurs twice, the first time in line {first.line}; allowed: once"
                self.problems.append(_problem(text, event, path))
            else:
                mapping.entries[key] = Entry(key_mark, node)
        return mapping

    def _key(self, event: Any, path: Path) -> str:
        if not isinstance(event, ScalarEvent) or event.tag is not None:
            raise Unreadable(_problem("this can't be a key; allowed: a plain name", event, path))
        self._scalar(event, path)
        return _UNUSABLE.sub("?", event.value)

    def _alias(self, event: Any, path: Path, depth: int) -> Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            text = "this alias (*) has no anchor (&) that ends before it; put a text that begins with * in quotes"
            raise Unreadable(_problem(text, event, path))
        weight, height = _measure(node)
        self._weigh(weight, event)
        if depth + height > MAX_DEPTH:
            raise Unreadable(_problem(f"nested too deeply; at most {MAX_DEPTH} levels", event))
        return node

    def _weigh(self, weight: int, event: Any) -> None:
        self._weight += weight
        if self._weight > MAX_WEIGHT:
            raise Unreadable(_problem(f"the document is too large; at most {MAX_WEIGHT} values", event))


def _events(text: str) -> Iterator[Any]:
    """The parser's events; whatever it raises becomes Unreadable."""
    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except Exception as error:  # on odd input the parser leaks ValueError and others beside its own errors
        raise Unreadable(explain_syntax(error, text)) from None


def _measure(node: Node) -> tuple[int, int]:
    """Weight and height of a finished tree; the weight that was allowed bounds the work."""
    if isinstance(node, Scalar):
        return _weight_of(str(node.value)), 0
    entries = node.entries if isinstance(node, Mapping) else {}
    children = [entry.node for entry in entries.values()] if isinstance(node, Mapping) else node.items
    measures = [_measure(child) for child in children]
    weight = 1 + sum(_weight_of(key) for key in entries) + sum(weight for weight, _ in measures)
    return weight, 1 + max((height for _, height in measures), default=0)


def _weight_of(text: str) -> int:
    return 1 + len(text) // 100


def _problem(text: str, event: Any, path: Path = ()) -> Problem:
    """Names no more than section and item: a key further in may be a secret that was put there by mistake."""
    return Problem(text, _mark(event), path[:2])


def _mark(event: Any) -> Mark:
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)
