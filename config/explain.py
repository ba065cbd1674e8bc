"""What the validation found, in our words and at its place in the file."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from config.document import Entry, Mapping, Scalar, Sequence
from config.models import model_at
from config.problems import Path, Problem, one_of, suggest
from gateway.core.settings import show_duration

_FOLLOWS = "default_factory_not_called"
"""Only follows from another error in the same mapping."""

_TOO_FEW = "too_short"
"""Only follows where one of the items is wrong: pydantic doesn't count that one."""

_TYPES = {
    "string_type": 'a text is needed; one that looks like a number goes in quotes, such as "12"',
    "int_type": "a whole number is needed, such as 3",
    "int_from_float": "a whole number is needed, such as 3",
    "float_type": "a number is needed, such as 0.5",
    "bool_type": "true or false is needed",
    "tuple_type": "a list is needed, such as [es, en]",
    "list_type": "a list is needed, such as [es, en]",
    "dict_type": "a mapping is needed, such as {key: value}",
}

_NUMBER_BOUNDS = {
    "greater_than": ("gt", "must be more than {}"),
    "greater_than_equal": ("ge", "must be at least {}"),
    "less_than": ("lt", "must be less than {}"),
    "less_than_equal": ("le", "must be at most {}"),
}

_OTHER_BOUNDS = {
    "too_short": ("min_length", "too few items; at least {}"),
    "too_long": ("max_length", "too many items; at most {}"),
    "string_too_short": ("min_length", "too few characters; at least {}"),
    "string_too_long": ("max_length", "too many characters; at most {}"),
    "string_pattern_mismatch": ("pattern", "this is not allowed; it must match {}"),
    "enum": ("expected", "this is not allowed; allowed: {}"),
    "literal_error": ("expected", "this is not allowed; allowed: {}"),
}


def explain(error: ValidationError, entry: Entry, path: Path, model: type[BaseModel]) -> Iterator[Problem]:
    """The problems of the mapping in `entry`, found at `path`, that was validated as `model`."""
    details = error.errors(include_url=False, include_input=False)
    owners = {detail["loc"][:-1] for detail in details}
    for detail in details:
        if detail["type"] != _FOLLOWS and not (detail["type"] == _TOO_FEW and detail["loc"] in owners):
            yield _problem(dict(detail), entry, path, model)


def _problem(detail: dict[str, Any], entry: Entry, path: Path, model: type[BaseModel]) -> Problem:
    location: Path = detail["loc"]
    found, rest = _follow(entry, location)
    kind = detail["type"]
    owner = model_at(model, location[:-1])
    if kind == "missing" and len(rest) == 1:
        return Problem("is missing" + _meaning(owner, rest[0]), found.key_mark, path + location)
    if kind == "extra_forbidden" and not rest:
        keys = owner.model_fields if owner else ()
        text = f"unknown key{suggest(str(location[-1]), keys)}{one_of(keys)}"
        return Problem(text, found.key_mark, path + location)
    followed = location[: len(location) - len(rest)]
    duration = not rest and isinstance(found.node, Scalar) and isinstance(found.node.value, str)
    return Problem(_words(detail, model_at(model, location), duration), found.mark, path + followed)


def _words(detail: dict[str, Any], model: type[BaseModel] | None, duration: bool) -> str:
    """`duration`: a number that bounds what is written as a text bounds a duration."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind in ("model_type", "model_attributes_type"):
        return "a mapping is needed, such as {key: value}" + one_of(model.model_fields if model else ())
    if kind in _NUMBER_BOUNDS:
        key, words = _NUMBER_BOUNDS[kind]
        return words.format(show_duration(context[key]) if duration else f"{context[key]:g}")
    if kind in _OTHER_BOUNDS:
        key, words = _OTHER_BOUNDS[kind]
        return words.format(context[key])
    return _TYPES.get(kind, str(detail["msg"]))


def _meaning(owner: type[BaseModel] | None, key: str | int) -> str:
    field = owner.model_fields.get(str(key)) if owner else None
    return f"; {field.description}" if field and field.description else ""


def _follow(entry: Entry, location: Path) -> tuple[Entry, Path]:
    """The entry that `location` leads to as far as the file goes, and what is left of it."""
    for index, part in enumerate(location):
        step = _child(entry, part)
        if step is None:
            return entry, location[index:]
        entry = step
    return entry, ()


def _child(entry: Entry, part: str | int) -> Entry | None:
    node = entry.node
    if isinstance(node, Mapping):
        # One mapping may stand for a list of one.
        return entry if part == 0 else node.entries.get(str(part))
    if isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
        return Entry(node.items[part].mark, node.items[part])
    return None
