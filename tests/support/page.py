"""A page as a test looks at it: its elements, and what must never be in it."""

from html.parser import HTMLParser


class Elements(HTMLParser):
    """Every start tag of a page, with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]

    def by_id(self, identifier: str) -> dict[str, str | None]:
        [attributes] = [attributes for _, attributes in self.found if attributes.get("id") == identifier]
        return attributes


def assert_no_active_content(page: str) -> None:
    """Nothing runs but our own script, from its own file."""
    elements = Elements(page)
    for script in elements.all("script"):
        assert str(script.get("src")).startswith("/static/"), script
    for tag in ("iframe", "object", "embed", "base"):
        assert not elements.all(tag)
    assert not [each for each in elements.all("img") if not str(each.get("src")).startswith("/static/")]
    for tag, attributes in elements.found:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], (tag, attributes)
        assert "autofocus" not in attributes
        assert not str(attributes.get("href") or "").lower().lstrip().startswith("javascript:")
