"""Which parts of a mail are its body and which are files: the rules of RFC 8621 (4.1.4), which JMAP servers go by."""

from dataclasses import field

from channels.email.parsing.contents import SIGNED_DATA
from channels.email.parsing.structure import Node
from gateway.core.values import dataclass

PLAIN, HTML = "text/plain", "text/html"


@dataclass(slots=True)
class Bodies:
    text: list[Node] = field(default_factory=list)
    """What a reader of plain text sees, in order; HTML where there is nothing else."""
    html: list[Node] = field(default_factory=list)
    """What a reader of HTML sees, in order; plain text where there is nothing else."""
    files: list[Node] = field(default_factory=list)


def choose_bodies(root: Node) -> Bodies:
    """The recursion is as deep as multiparts nest, which `Limits.depth` bounds."""
    bodies = Bodies()
    _choose([root], "mixed", bodies.text, bodies.html, bodies, in_alternative=False)
    return bodies


def _choose(
    parts: list[Node],
    kind: str,
    text: list[Node] | None,
    html: list[Node] | None,
    bodies: Bodies,
    *,
    in_alternative: bool,
) -> None:
    """Sorts the parts of one multipart. `text` or `html` is None where the other form is already in hand."""
    before = (len(text or ()), len(html or ()))
    for number, part in enumerate(parts):
        if part.parts and (part.is_multipart or part.media_type in SIGNED_DATA):
            inner = part.media_type.removeprefix("multipart/")
            if not part.is_multipart:
                bodies.files.append(part)
            _choose(
                _root_first(part), inner, text, html, bodies, in_alternative=in_alternative or inner == "alternative"
            )
        elif not _is_body(part, kind, is_first=not number):
            bodies.files.append(part)
        elif kind == "alternative":
            wanted = html if _is_html(part) else text
            if wanted is not None:
                wanted.append(part)
        else:
            if in_alternative:
                text, html = (None, html) if _is_html(part) else (text, None)
            for wanted in (text, html):
                if wanted is not None:
                    wanted.append(part)
    if kind == "alternative" and text is not None and html is not None:
        _lend(text, html, before)


def _lend(text: list[Node], html: list[Node], before: tuple[int, int]) -> None:
    """An alternative in one form only serves both readers."""
    if len(text) == before[0]:
        text += html[before[1] :]
    elif len(html) == before[1]:
        html += text[before[0] :]


def _root_first(part: Node) -> list[Node]:
    """The parts; those of a multipart/related with the one first that its `start` says is the root (RFC 2387, 3.2)."""
    start = part.content_type.get("start").strip("<>")
    if part.media_type != "multipart/related" or not start:
        return part.parts
    return sorted(part.parts, key=lambda one: one.content_id != start)


def _is_body(part: Node, kind: str, *, is_first: bool) -> bool:
    """Text without a name, or at the beginning; in a multipart/related only its root."""
    if part.disposition.value == "attachment":
        return False
    if part.is_multipart:
        return True
    return part.media_type in (PLAIN, HTML) and (is_first or (kind != "related" and not part.name))


def _is_html(part: Node) -> bool:
    return part.media_type == HTML
