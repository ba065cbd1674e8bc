"""Pages of a list, as the REST API gives them (https://www.twilio.com/docs/usage/twilios-response). Pure.

Each page has its items under the list's name, and in `next_page_uri` the path and query of the next, or null. That path
is used with our credentials, so it must be the same list's: no answer sends us anywhere else (T09, T10).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import orjson

from gateway.core.values import dataclass

R = TypeVar("R")


class NotAPage(ValueError):
    """An answer isn't a page of that list; the text says why, without what it holds."""


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """One page."""

    items: Sequence[R]
    following: str | None
    """Path and query of the next; None where this is the last."""


def read_page(body: bytes, name: str, path: str, read: Callable[[Mapping[str, Any]], R]) -> Page[R]:
    """A page of the list `name`, such as `calls`, which is found at `path`. Raises NotAPage."""
    try:
        document = orjson.loads(body)
        items = [read(each) for each in document[name]]
        following = document.get("next_page_uri")
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise NotAPage(f"this is no page of {name}") from error
    if following is not None and not _same_list(following, path):
        raise NotAPage(f"the next page of {name} is said to be elsewhere")
    return Page(items, following)


def read_one(body: bytes, read: Callable[[Mapping[str, Any]], R]) -> R:
    """A single resource. Raises NotAPage."""
    try:
        return read(orjson.loads(body))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise NotAPage("this is not what was asked for") from error


def _same_list(following: object, path: str) -> bool:
    if not isinstance(following, str) or not following.isascii() or not following.isprintable() or " " in following:
        return False
    return following.partition("?")[0] == path and "#" not in following
