"""HTML that may be shown to people: nothing runs, nothing is loaded from elsewhere (T03)."""

from html import escape

import nh3

_TAGS = frozenset({
    "a", "abbr", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center", "cite", "code", "col",
    "colgroup", "dd", "del", "div", "dl", "dt", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i",
    "img", "ins", "kbd", "li", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strike", "strong", "sub",
    "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var"
})  # fmt: skip
_WITHOUT_CONTENT = {"script", "style", "title", "head", "noscript", "template", "object", "iframe", "svg", "math"}
_ATTRIBUTES = {
    "*": {"dir", "lang", "title", "align"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "valign"},
    "th": {"colspan", "rowspan", "valign"},
    "ol": {"start", "type"},
    "font": {"color", "size"},
}
_SCHEMES = {"http", "https", "mailto", "tel", "cid"}


def _filter(tag: str, attribute: str, value: str) -> str | None:
    """Images only out of the mail itself; links anywhere, for a person to follow."""
    scheme = value.strip().partition(":")[0].lower()
    if tag == "img" and attribute == "src":
        return value if scheme == "cid" else None
    if attribute == "href":
        return value if scheme in _SCHEMES - {"cid"} else None
    return value


def sanitise(html: str) -> str:
    """For HTML that `is_readable`: nh3 nests as deep as the HTML does."""
    return nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags=_WITHOUT_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=_filter,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    ).strip()


def text_as_html(text: str) -> str:
    """A plain part that stands between others of HTML."""
    return "<p>" + escape(text, quote=False).replace("\n", "<br>\n") + "</p>"
