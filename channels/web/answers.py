"""The answers to a category's own questions: checked, normalised, and shown again."""

import re
from collections.abc import Iterator, Mapping
from datetime import date

from babel.dates import format_date

from channels.web.categories import CategorySettings, FieldSettings
from channels.web.submission import METADATA_VALUE_LENGTH, ONE_LINE, TEXT
from gateway.core.texts import Language, in_language, mark

YES, NO = "yes", "no"
_LINE_LENGTH = 200
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:[.,][0-9]{1,6})?")
_ALLOWED = {"text": re.compile(ONE_LINE), "textarea": re.compile(TEXT)}
_LONGEST = {"text": _LINE_LENGTH, "textarea": METADATA_VALUE_LENGTH}

_FILL_IN = mark("Please fill this in.")
_CHOOSE = mark("Please choose one of these: {choices}.")
_TICK = mark("Please tick this.")
_NUMBER_NEEDED = mark("Please write a number, such as 12 or 2.5.")
_DATE_NEEDED = mark("Please write a date as year, month and day, such as 2026-11-22.")
_YES_OR_NO = mark("This must be yes or no.")
_TOO_LONG = mark("This is too long: at most {max_length} characters, please.")
_SAID = {YES: mark("Yes"), NO: mark("No")}
_CHARACTERS = mark("Control characters aren't allowed here.")


class BadAnswer(ValueError):
    """An answer that won't do; its text is in the reader's language."""


def check_answers(
    category: CategorySettings, given: Mapping[str, str], language: Language
) -> tuple[dict[str, str], dict[str, str]]:
    """The answers by field id as they are kept, and what is wrong by field id. An empty answer is none."""
    answers: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for field in category.fields:
        try:
            answer = _checked(field, given.get(field.id, "").replace("\r\n", "\n").strip(), language)
        except BadAnswer as error:
            wrong[field.id] = str(error)
        else:
            if answer:
                answers[field.id] = answer
    return answers, wrong


def shown_answers(
    category: CategorySettings | None, metadata: Mapping[str, str], language: Language
) -> Iterator[tuple[str, str]]:
    """Each question that was answered, with the answer, for people."""
    for field in category.fields if category else ():
        answer = metadata.get(field.id)
        if answer:
            yield in_language(language.code, field.label), _shown(field, answer, language)


def _checked(field: FieldSettings, answer: str, language: Language) -> str:
    if field.type == "checkbox":
        return _checked_box(field, answer, language)
    if not answer:
        if field.required:
            raise BadAnswer(language(_FILL_IN))
        return ""
    match field.type:
        case "choice":
            return _chosen(field, answer, language)
        case "number":
            if not _NUMBER.fullmatch(answer):
                raise BadAnswer(language(_NUMBER_NEEDED))
            return answer.replace(",", ".")
        case "date":
            return _day(answer, language)
        case _:
            return _written(field, answer, language)


def _checked_box(field: FieldSettings, answer: str, language: Language) -> str:
    if answer not in ("", YES, NO):
        raise BadAnswer(language(_YES_OR_NO))
    if field.required and answer != YES:
        raise BadAnswer(language(_TICK))
    return answer or NO


def _chosen(field: FieldSettings, answer: str, language: Language) -> str:
    if all(choice.id != answer for choice in field.choices):
        raise BadAnswer(language(_CHOOSE, choices=", ".join(choice.id for choice in field.choices)))
    return answer


def _day(answer: str, language: Language) -> str:
    try:
        return date.fromisoformat(answer).isoformat()
    except ValueError:
        raise BadAnswer(language(_DATE_NEEDED)) from None


def _written(field: FieldSettings, answer: str, language: Language) -> str:
    longest = _LONGEST[field.type]
    if len(answer) > longest:
        raise BadAnswer(language(_TOO_LONG, max_length=longest))
    if not _ALLOWED[field.type].fullmatch(answer):
        raise BadAnswer(language(_CHARACTERS))
    return answer


def _shown(field: FieldSettings, answer: str, language: Language) -> str:
    match field.type:
        case "checkbox":
            return language(_SAID.get(answer, answer))
        case "choice":
            labels = {choice.id: choice.label for choice in field.choices}
            return in_language(language.code, labels[answer]) if answer in labels else answer
        case "date":
            return _shown_day(answer, language)
        case _:
            return answer


def _shown_day(answer: str, language: Language) -> str:
    try:
        return format_date(date.fromisoformat(answer), "long", locale=language.code)
    except ValueError:
        return answer
