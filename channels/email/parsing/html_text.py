"""HTML to text for people: paragraphs, lists, quotes, links. One walk without recursion, linear."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from channels.email.parsing.text_lines import TextLines

_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dir", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
    "li", "main", "menu", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr",
    "ul"
})  # fmt: skip
_SPACED = frozenset({
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "blockquote", "pre", "table"
})  # fmt: skip
"""Blocks with an empty line around them."""
_CELLS = frozenset({"td", "th"})
_UNSEEN = frozenset({
    "script", "style", "head", "title", "template", "noscript", "object", "embed", "iframe", "svg", "math",
    "select", "textarea"
})  # fmt: skip
_HIDDEN = re.compile(r"display\s{0,5}:\s{0,5}none|mso-hide\s{0,5}:\s{0,5}all", re.IGNORECASE)
_LINK = re.compile(r"(?:https?|ftp)://\S{1,2000}", re.IGNORECASE)


def html_to_text(html: str) -> str:
    """The text that a reader of the HTML sees; quotes with `> ` before their lines, links after their words.

    For HTML that `is_readable`."""
    lines = TextLines()
    hides = _HIDDEN.search(html) is not None
    node: LexborNode | None = LexborHTMLParser(html).root
    while node is not None:
        entered = _enter(node, lines, hides=hides)
        child = node.first_child if entered else None
        if child is not None:
            node = child
        else:
            if entered:
                _leave(node, lines)
            node = _after(node, lines)
    return lines.text()


def _after(node: LexborNode, lines: TextLines) -> LexborNode | None:
    """The next node of the document that isn't within this one, those around it being left; None after the last."""
    current: LexborNode | None = node
    while current is not None and current.tag != "html":
        if current.next is not None:
            return current.next
        current = current.parent
        if current is not None:
            _leave(current, lines)
    return None


def _enter(node: LexborNode, lines: TextLines, *, hides: bool) -> bool:
    """Writes what stands before the node's children; whether they are to be read."""
    tag = node.tag or ""
    if tag == "-text":
        lines.write(node.text_content or "")
        return False
    if tag.startswith("-") or tag in _UNSEEN or (hides and _is_hidden(node)):
        return False
    _write_element(node, tag, lines)
    return True


def _write_element(node: LexborNode, tag: str, lines: TextLines) -> None:
    if tag == "br":
        lines.end_line()
    elif tag == "hr":
        lines.rule()
    elif tag == "img":
        lines.write(node.attributes.get("alt") or "")
    elif tag in _BLOCKS:
        lines.begin_block(spaced=tag in _SPACED)
    if tag == "blockquote":
        lines.quote(+1)
    elif tag == "pre":
        lines.preformatted(+1)
    elif tag == "li":
        lines.write("- ")
    elif tag in _CELLS:
        lines.gap()


def _leave(node: LexborNode, lines: TextLines) -> None:
    tag = node.tag or ""
    if tag == "a":
        _write_link(node, lines)
    elif tag == "pre":
        lines.preformatted(-1)
    if tag in _BLOCKS:
        lines.begin_block(spaced=tag in _SPACED)
    if tag == "blockquote":
        lines.quote(-1)


def _is_hidden(node: LexborNode) -> bool:
    style = node.attributes.get("style")
    return bool(style and _HIDDEN.search(style))


def _write_link(node: LexborNode, lines: TextLines) -> None:
    """The address behind a link, where its words don't say it."""
    address = node.attributes.get("href") or ""
    if _LINK.fullmatch(address):
        words = node.text(deep=True)[:3000].strip()
        if words and words.rstrip("/") not in (address.rstrip("/"), address.partition("://")[2].rstrip("/")):
            lines.write(f" <{address}>")
