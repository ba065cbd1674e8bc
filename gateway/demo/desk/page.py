"""The desk's page, made on the server: it works without JavaScript, and a little of that keeps it fresh."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import jinja2

from gateway.core.clock import Instant, iso
from gateway.core.reference import parse_reference, show_reference
from gateway.demo.desk.texts import FAULT_TEXTS, TEXTS
from gateway.demo.desk.ticket import DeskState, DeskTicket


def _shown_reference(reference: str) -> str:
    plain = parse_reference(reference)
    return show_reference(plain) if plain else reference


def _local_time(at: Instant) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%H:%M:%S")


_environment = jinja2.Environment(
    loader=jinja2.PackageLoader("gateway.demo.desk"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
)
_environment.filters.update(reference=_shown_reference, local_time=_local_time, iso=iso)


def render(
    name: str,
    title: str,
    fault: str,
    tickets: Sequence[DeskTicket],
    counts: Mapping[DeskState, int],
    language: str,
) -> str:
    """The whole page, in `es` or else in English; `tickets` newest first."""
    language = "es" if language == "es" else "en"
    return _environment.get_template("desk.html").render(
        name=name,
        title=title,
        fault=fault,
        faults=FAULT_TEXTS[language],
        tickets=tickets,
        counts=counts,
        total=sum(counts.values()),
        language=language,
        other="en" if language == "es" else "es",
        text=TEXTS[language],
    )
