"""The desk's page, made on the server: it works without JavaScript, and a little of that keeps it fresh."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

import jinja2

from gateway.core.clock import Instant, iso
from gateway.core.reference import parse_reference, show_reference
from gateway.core.texts import mark
from gateway.demo.desk.faults import FAULTS
from gateway.demo.desk.files import DeskFile
from gateway.demo.desk.language import TEXTS
from gateway.demo.desk.ticket import DeskState, DeskTicket
from gateway.demo.pages import LANGUAGES, other_language

_STATES = {
    DeskState.OPEN: mark("open"),
    DeskState.PICKED_UP: mark("picked up"),
    DeskState.RESOLVED: mark("resolved"),
    DeskState.WITHDRAWN: mark("withdrawn"),
}
_COUNTS = {
    DeskState.OPEN: mark("Open"),
    DeskState.PICKED_UP: mark("Picked up"),
    DeskState.RESOLVED: mark("Resolved"),
    DeskState.WITHDRAWN: mark("Withdrawn"),
}
"""What stands above the number of tickets in a state; of many, which Spanish words show."""


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
    files: Mapping[str, Sequence[DeskFile]] = MappingProxyType({}),
) -> str:
    """The whole page, in `language` or else in English; `tickets` newest first, `files` by the desk's reference."""
    spoken = TEXTS.get(language)
    other = other_language(spoken.code)
    return _environment.get_template("desk.html").render(
        _=spoken,
        name=name,
        title=title,
        fault=fault,
        faults=FAULTS,
        state_names=_STATES,
        count_names=_COUNTS,
        tickets=tickets,
        files=files,
        counts=counts,
        total=sum(counts.values()),
        language=spoken.code,
        other=other,
        other_name=LANGUAGES[other],
    )
