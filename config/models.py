"""Finding one's way in a settings class by the keys that lead to a value."""

from collections.abc import Mapping as MappingType
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from config.problems import Path


def model_at(model: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """The settings class that describes the mapping at `path` below `model`; None where there is none."""
    annotation: Any = model
    for part in path:
        annotation = _step(annotation, part)
    return _model_in(annotation)


def _step(annotation: Any, part: str | int) -> Any:
    if isinstance(part, int):
        return annotation  # of a list's annotation, the model in it is looked for anyway
    if get_origin(annotation) in (dict, MappingType):
        return get_args(annotation)[1]
    model = _model_in(annotation)
    field = model.model_fields.get(part) if model else None
    return field.annotation if field else None


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The first settings class inside `X | None`, `tuple[X, ...]` and their like."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for each in get_args(annotation) if (model := _model_in(each))), None)
