"""One operation of the ops API: its route, what it takes, what it answers. The document is made from the same."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from gateway.core.problems import INVALID, FieldError, Problem
from gateway.web.ops import Ops
from gateway.web.shapes import Shape

JSON = "application/json"


class Query(BaseModel):
    """Query parameters. Unknown ones are refused, so that a misspelt filter isn't taken for none."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoQuery(Query):
    """No parameters."""


class AnyQuery(Query):
    """Parameters that are somebody else's business."""

    model_config = ConfigDict(extra="ignore")


Q = TypeVar("Q", bound=Query)


@dataclass(frozen=True, slots=True)
class Operation(Generic[Q]):
    """A method and path, and who answers it. Those that are not `open` need the bearer token."""

    method: str
    path: str
    summary: str
    handle: Callable[[Ops, web.Request, Q], Awaitable[web.StreamResponse]]
    query: type[Q]
    answer: type[Shape] | None = None
    """The model of the JSON answer, where there is one."""
    media_types: tuple[str, ...] = (JSON,)
    status: int = 200
    problems: tuple[int, ...] = ()
    """Statuses of the problems that it may answer beside those of all operations."""
    open: bool = False
    within: float | None = 10.0
    """Seconds that it may take; None where it has no end, or must not be cut off."""


def parse_query(request: web.Request, model: type[Q]) -> Q:
    """The query parameters. Raises Problem, which names the parameter and what it may be."""
    given = request.rel_url.query
    repeated = [name for name in dict.fromkeys(given) if len(given.getall(name)) > 1]
    if repeated and model is not AnyQuery:
        raise invalid_parameter(*((name, "may be given once only") for name in repeated))
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        flaws = ((str(flaw["loc"][0]), flaw["msg"]) for flaw in error.errors(include_input=False))
        raise invalid_parameter(*flaws) from None


def invalid_parameter(*flaws: tuple[str, str]) -> Problem:
    """The problem for parameters (name and what is wrong) that can't be used."""
    errors = [FieldError(f"/{_pointer(name)}", f"{name[:64]}: {wrong}") for name, wrong in flaws]
    return Problem(INVALID, "A query parameter is unknown or not allowed; see errors.", errors=errors)


def _pointer(name: str) -> str:
    return name[:64].replace("~", "~0").replace("/", "~1")


def answer(shape: Shape, *, status: int = 200) -> web.Response:
    """A model as JSON; nothing here may be kept by caches."""
    return web.Response(
        body=shape.model_dump_json(by_alias=True).encode(),
        status=status,
        content_type=JSON,
        headers={"Cache-Control": "no-store"},
    )
