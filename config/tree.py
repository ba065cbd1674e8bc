"""Reading a document's tree where it may be wrong: what isn't as it should be is empty."""

from config.document import Entry, Mapping, Node, Scalar, Sequence


def entries_of(entry: Entry | None) -> dict[str, Entry]:
    """Of a mapping."""
    return entry.node.entries if entry and isinstance(entry.node, Mapping) else {}


def items_of(entry: Entry | None) -> list[Node]:
    """Of a list."""
    return entry.node.items if entry and isinstance(entry.node, Sequence) else []


def text_of(node: Node) -> str | None:
    """None where it is anything else."""
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else None


def kind_of(entry: Entry) -> str | None:
    """The `type` of a channel or a provider."""
    kind = entries_of(entry).get("type")
    return text_of(kind.node) if kind else None
