"""Whether HTML is small and shallow enough to be read as HTML, told without reading it as HTML. Linear."""

import re

from channels.email.parsing.limits import Limits

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]{0,40})")
_ANY_TAG = re.compile(r"<(?:[a-zA-Z/!?][^<>]{0,20000})>?")
_NEVER_CLOSED = frozenset({
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen", "link",
    "meta", "param", "source", "track", "wbr", "p", "li", "dt", "dd", "option", "optgroup", "tr", "td", "th",
    "thead", "tbody", "tfoot", "colgroup", "html", "head", "body", "o:p"
})  # fmt: skip
"""Elements without an end, or whose end is often left out: they don't nest in themselves."""
_ENTITY = {"&lt;": "<", "&gt;": ">", "&nbsp;": " ", "&quot;": '"', "&amp;": "&"}


def is_readable(html: str, limits: Limits) -> bool:
    """Whether the HTML keeps to the caps on its size, its elements, and how many of them are open at once (T16)."""
    if len(html) > limits.html_size:
        return False
    elements = depth = 0
    for tag in _TAG.finditer(html):
        elements += not tag[1]
        if tag[2].lower() not in _NEVER_CLOSED:
            depth = max(depth - 1, 0) if tag[1] else depth + 1
        if elements > limits.html_tags or depth > limits.html_depth:
            return False
    return True


def without_tags(html: str) -> str:
    """What is left of HTML that isn't read: its words."""
    text = _ANY_TAG.sub(" ", html)
    for entity, char in _ENTITY.items():
        text = text.replace(entity, char)
    return text
