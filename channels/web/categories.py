"""Categories, as an administrator writes them: what a request may be about, what is then asked, and first aid."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from gateway.core.settings import LocalText, Settings

_Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
FieldType = Literal["text", "textarea", "choice", "number", "date", "checkbox"]


class ChoiceSettings(Settings):
    """One of the answers to choose from."""

    id: _Id = Field(description="What the desk is told.")
    label: LocalText = Field(description="What people choose, in one or in each language.")


class FieldSettings(Settings):
    """A question of its own."""

    id: _Id = Field(description="The answer's name in the ticket's metadata.")
    label: LocalText = Field(description="The question, in one or in each language.")
    type: FieldType = Field("text", description="What kind of answer it takes.")
    required: bool = Field(False, description="Whether there must be an answer; a checkbox must be ticked.")
    choices: tuple[ChoiceSettings, ...] = Field((), max_length=50, description="The answers of a `choice`.")
    help: LocalText | None = Field(None, description="A hint below the question.")

    @model_validator(mode="after")
    def _choices_where_chosen(self) -> Self:
        if (self.type == "choice") != bool(self.choices):
            raise ValueError("a field of type choice needs choices, and no other may have any")
        _require_unique("choices", (choice.id for choice in self.choices))
        return self


class CategorySettings(Settings):
    """What a request may be about."""

    id: _Id = Field(description="Its name in policies, in the API and at the desks.")
    name: LocalText = Field(description="What people choose, in one or in each language.")
    help: LocalText | None = Field(None, description="A line below the name, such as some examples.")
    priority: Literal["low", "normal", "high", "urgent"] | None = Field(
        None, description="Priority of its tickets, unless a program that uses the API says another."
    )
    fields: tuple[FieldSettings, ...] = Field((), max_length=20, description="What is asked beside the usual.")
    steps: tuple[LocalText, ...] = Field(
        (), max_length=10, description="First aid, shown before the form: what may solve it without a ticket."
    )

    @model_validator(mode="after")
    def _unique_fields(self) -> Self:
        _require_unique("fields", (field.id for field in self.fields))
        return self


class Categories:
    """The categories of a web channel, by id; empty where none are configured."""

    def __init__(self, settings: Sequence[CategorySettings]) -> None:
        self.all: Mapping[str, CategorySettings] = {category.id: category for category in settings}

    def __bool__(self) -> bool:
        return bool(self.all)

    def get(self, category_id: str | None) -> CategorySettings | None:
        return self.all.get(category_id or "")


def _require_unique(what: str, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for each in ids:
        if each in seen:
            raise ValueError(f"{what}: the id {each} stands there twice")
        seen.add(each)


def unique_categories(categories: tuple[CategorySettings, ...]) -> tuple[CategorySettings, ...]:
    """Raises ValueError where two have the same id."""
    _require_unique("categories", (category.id for category in categories))
    return categories
