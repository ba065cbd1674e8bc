"""What is wrong with a submission, told for each field in the reader's language."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from gateway.core.problems import FieldError
from gateway.core.texts import Language, mark

_MOST_ERRORS = 20
_POINTER_LENGTH = 200

_BY_TYPE = {
    "missing": mark("This is required."),
    "extra_forbidden": mark("There is no such field."),
    "string_too_short": mark("Please fill this in."),
    "string_too_long": mark("This is too long: at most {max_length} characters, please."),
    "string_type": mark("This must be text."),
    "too_long": mark("There may be at most {max_length} entries."),
    "dict_type": mark("This must be an object."),
    "model_type": mark("This must be an object."),
    "literal_error": mark("This must be low, normal, high or urgent."),
}
_BY_FIELD = {
    "email": mark("Please write an email address such as name@example.org."),
    "phone": mark("Please write a phone number such as +34 600 123 456."),
    "category": mark("This must be a plain name of a-z, 0-9, - and _."),
    "language": mark("This must be a language tag such as es or en-GB."),
    "body": mark("Control characters aren't allowed here, except line breaks and tabs."),
}
_ONE_LINE = mark("Line breaks and control characters aren't allowed here.")
_OTHERWISE = mark("This isn't allowed here.")


def complaints(error: ValidationError, language: Language) -> list[FieldError]:
    """The first errors, each with its JSON pointer."""
    found = error.errors(include_url=False, include_input=False)[:_MOST_ERRORS]
    return [FieldError(_pointer(each["loc"]), _told(each, language)) for each in found]


def _told(error: Any, language: Language) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "string_pattern_mismatch":
        return language(_BY_FIELD.get(error["loc"][-1], _ONE_LINE))
    return language(_BY_TYPE.get(kind, _OTHERWISE), **context)


def _pointer(location: Sequence[int | str]) -> str:
    # Pydantic marks an error in a key, rather than in its value, with a step of its own.
    steps = [str(step).replace("~", "~0").replace("/", "~1") for step in location if step != "[key]"]
    return "".join(f"/{step}" for step in steps)[:_POINTER_LENGTH]
