"""Bounds and lists below a heading, as `relevo check` shows them."""

from collections.abc import Iterable, Iterator

import click

from gateway.cli.language import say
from gateway.cli.terminal import Row
from gateway.core.bound import Bound
from gateway.core.settings import show_duration

INDENT = "  "


def bound_rows(title: str, bound: Bound, *, tenths: bool = False) -> Iterator[Row]:
    """The sum, then its terms; `tenths` of a second are enough where nobody counts milliseconds."""
    yield title, _shown(bound.seconds, tenths), "="
    for term in bound.terms:
        yield INDENT + say(term.words), _shown(term.seconds, tenths), term.formula


def show_list(title: str, items: Iterable[str], colour: str | None = None) -> None:
    """Nothing where there are none."""
    items = list(items)
    if items:
        click.secho(f"{title}:", fg=colour)
    for item in items:
        click.echo(f"{INDENT}- {say(item)}")


def _shown(seconds: float, tenths: bool) -> str:
    return show_duration(round(seconds, 1) if tenths else seconds)
